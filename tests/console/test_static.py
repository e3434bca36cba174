"""What is sent to browsers: complete in both languages, nothing from elsewhere, no way from text to markup."""

import json
import re
from pathlib import Path

import pytest

from pixguard.console.verdicts import SITUATIONS
from pixguard.console.watched import STATES
from pixguard.release.message import ACTIONS
from pixguard.rollout.guards import GUARDS

STATIC = Path(__file__).parents[2] / "components" / "pixguard" / "console" / "static"
TEXTS = json.loads((STATIC / "texts.json").read_text())
SCRIPTS = sorted(STATIC.glob("*.js"))
NEEDS = ("ready", "applied", "stored", "seconds", "pairs", "stable_healthy", "requests", "timed_requests",
         "logged_decisions", "errors_bounded", "failures_bounded")  # fmt: skip
KINDS = ("away", "nothing", "not_ready", "canary", "rolled_back", "serving")


def holes(text: str) -> set[str]:
    return set(re.findall(r"\{(\w+)\}", text))


def test_both_languages_have_every_text_with_the_same_holes() -> None:
    assert TEXTS.keys() == {"en", "pt"}
    assert TEXTS["en"].keys() == TEXTS["pt"].keys()
    for key, text in TEXTS["en"].items():
        assert text.strip(), key
        assert TEXTS["pt"][key].strip(), key
        assert holes(text) == holes(TEXTS["pt"][key]), key


def test_every_text_that_the_page_asks_for_is_there_and_none_is_left_over() -> None:
    code = "\n".join(path.read_text() for path in SCRIPTS)
    asked = set(re.findall(r'\bt\("([\w. ]+)"', code))
    assert asked <= TEXTS["en"].keys()
    plain = {key for key in TEXTS["en"] if "." not in key}
    assert {key for key in plain if f'"{key}"' not in code} == set()


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("state", KINDS), ("check", (*GUARDS, *NEEDS)), ("situation", SITUATIONS), ("drift", STATES),
        ("action", (*ACTIONS, "by hand")), ("outcome", ("passed", "undecided", "failed")),
        ("role", ("stable", "canary", "leaving")),
        ("rule", ("expected_loss", "device_payment_limit", "device_day_limit", "night_limit")),
    ],
)  # fmt: skip
def test_every_word_of_the_server_has_a_text(kind: str, words: tuple[str, ...]) -> None:
    assert {f"{kind}.{word}" for word in words} == {key for key in TEXTS["en"] if key.startswith(f"{kind}.")}


def test_the_page_knows_the_situations_of_the_contract() -> None:
    assert f"const SITUATIONS = {json.dumps(list(SITUATIONS))};" in (STATIC / "held.js").read_text()


def test_nothing_comes_from_elsewhere_and_no_text_becomes_markup() -> None:
    for path in STATIC.iterdir():
        text = path.read_text()
        elsewhere = re.findall(r"(?:https?:)?//[\w.-]+\.\w+", re.sub(r"^\s*//.*$", "", text, flags=re.M))
        assert [each for each in elsewhere if "www.w3.org" not in each] == [], path.name
        for forbidden in ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "new Function"):
            assert forbidden not in text, (path.name, forbidden)
    page = (STATIC / "index.html").read_text()
    assert not re.search(r"\son\w+=|\sstyle=|<style|<script(?![^>]*src=)", page)


def test_every_module_is_small_and_is_imported_by_its_name() -> None:
    for path in SCRIPTS:
        text = path.read_text()
        assert len(text.splitlines()) <= 300, path.name
        for name in re.findall(r'from "\./([\w.]+)"', text):
            assert (STATIC / name).is_file(), (path.name, name)
