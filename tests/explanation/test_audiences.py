"""What a customer, an analyst and an auditor are told."""

import json
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from pixguard import cli
from pixguard.decision_log import Record, read_segments
from pixguard.explanation.customer import for_customer, weighed
from pixguard.explanation.incidents import at_stake, drivers, incidents
from pixguard.explanation.themes import Theme
from pixguard.features import PIX
from tests.explanation.conftest import LoggedWorld

Explain = Callable[..., tuple[int, str]]


@pytest.fixture
def explain(logged: LoggedWorld, capsys: pytest.CaptureFixture[str]) -> Explain:
    def call(*arguments: str) -> tuple[int, str]:
        places = ["--decisions", str(logged.decisions), "--versions", str(logged.world.version.folder.parent)]
        status = cli.main(["explain", *arguments, *places, "--public-key", str(logged.world.public_key)])
        captured = capsys.readouterr()
        return status, captured.out + captured.err

    return call


def customer(logged: LoggedWorld, record: Record, language: str) -> str:
    version = logged.versions.open(record.version)
    return for_customer(record, version.recompute(record), version.names, PIX, language)


@pytest.mark.parametrize("language", ["pt", "en"])
def test_no_customer_reads_a_token_a_feature_a_probability_or_the_models_name(
    logged: LoggedWorld, language: str
) -> None:
    for record in read_segments(logged.decisions):
        text = customer(logged, record, language)
        assert record.end_to_end_id in text
        told = text.replace(record.end_to_end_id, "")
        assert not re.search(r"k\d+\.[0-9a-f]{32}|_|score|v[0-9a-f]{12}|" + re.escape(str(record.probability)), told)
        amounts = re.findall(r"R\$ [\d.,]+\d", told)
        assert len(amounts) == 1  # the customer's own
        assert "art. 20" in told


def test_the_words_follow_the_decision_and_what_was_missing(logged: LoggedWorld) -> None:
    record = next(iter(read_segments(logged.decisions)))
    held = customer(logged, replace(record, decision="hold", rules=["expected_loss"]), "pt")
    assert "retido por um curto período" in held
    limited = customer(logged, replace(record, decision="reject", rules=["device_day_limit"]), "en")
    assert "refused" in limited
    assert "A limit of the rules of Pix applies" in limited
    assert Theme.LIMITS.text("en") in limited
    poor = customer(logged, replace(record, degraded=["store_timeout"]), "en")
    assert "was not available" in poor
    assert "was not available" not in customer(logged, record, "en")


def test_what_weighed_pushed_towards_the_decision(logged: LoggedWorld) -> None:
    for record in read_segments(logged.decisions):
        version = logged.versions.open(record.version)
        again = version.recompute(record)
        up = weighed(replace(record, decision="hold", rules=["expected_loss"]), again, version.names, PIX)
        down = weighed(replace(record, decision="approve", rules=["expected_loss"]), again, version.names, PIX)
        assert up
        assert not set(up) & set(down)


def test_the_command_tells_each_audience(logged: LoggedWorld, explain: Explain) -> None:
    name = logged.ids[3]
    status, analyst = explain(name)
    assert status == 0
    assert "bit-equal: yes" in analyst
    assert "The payer's own past" in analyst
    status, text = explain(name, "--for", "customer", "--language", "pt", "--json")
    assert status == 0
    assert json.loads(text)["text"].startswith("Seu Pix de R$")
    status, text = explain(name, "--for", "auditor", "--json")
    found = json.loads(text)
    assert status == 0
    assert found["recomputed"]["bit_equal"] is True
    assert found["version"]["signature"] == "verified"
    assert found["provenance"]["version"] == logged.world.version.name
    assert found["log"]["line"] == 4
    assert "code_commit" in explain(name, "--for", "auditor")[1]
    status, text = explain(name, "--json", "--language", "pt")
    assert len(json.loads(text)["factors"]) == len(PIX.names)


def test_the_command_makes_the_whole_log_again(explain: Explain) -> None:
    status, text = explain("--all")
    assert status == 0
    assert "80 of 80 decisions bit-equal" in text
    assert json.loads(explain("--all", "--json", "--limit", "5")[1])["differing"] == {}


def test_wrong_calls_are_told(explain: Explain) -> None:
    assert explain("--all", "--day", "2026-01-01") == (2, "pixguard: explain what? Give one END_TO_END_ID, --all or "
                                                         "--day YYYY-MM-DD\n")  # fmt: skip
    assert explain("E" + "1" * 31)[0] == 1


def test_a_decision_that_comes_out_otherwise_is_told_to_no_customer(
    logged: LoggedWorld, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (segment,) = logged.decisions.glob("*/*.jsonl")
    (tmp_path / "r1").mkdir()
    line = segment.read_bytes().splitlines(keepends=True)[0].replace(b'"score":0.', b'"score":0.1')
    (tmp_path / "r1" / "a.jsonl").write_bytes(line)
    places = ["--versions", str(logged.world.version.folder), "--public-key", str(logged.world.public_key)]
    call = ["explain", logged.ids[0], "--decisions", str(tmp_path), *places]
    assert cli.main([*call, "--for", "customer"]) == 1
    assert "look at it with --for auditor" in capsys.readouterr().err
    assert cli.main([*call, "--for", "analyst"]) == 1
    assert "bit-equal: NO, score" in capsys.readouterr().out


def test_a_days_gravest_decisions_are_ordered_by_what_was_at_stake(logged: LoggedWorld) -> None:
    records = list(read_segments(logged.decisions))
    day = date.fromisoformat(records[0].decided_at[:10])
    held = [replace(record, decision="hold") for record in records]
    found = incidents(held, day, 7)
    stakes = [incident.at_stake_centavos for incident in found]
    assert stakes == sorted(at_stake(r) for r in {r.end_to_end_id: r for r in held if not r.replay}.values())[:-8:-1]
    for incident in found:
        told = sum(reason["contribution"] for reason in incident.record.reasons)
        again = logged.versions.open(incident.record.version).recompute(incident.record)
        assert incident.record.base + told + incident.rest == pytest.approx(again.explained.log_odds, abs=1e-3)
    driving = drivers(found)
    assert driving[0].mean_size == max(driver.mean_size for driver in driving)
    assert incidents(held, date(2020, 1, 1), 7) == []


def test_the_days_page_escapes_and_asks_for_nothing_from_outside(
    logged: LoggedWorld, explain: Explain, tmp_path: Path
) -> None:
    day = next(iter(read_segments(logged.decisions))).decided_at[:10]
    assert explain("--day", day, "--top", "5", "--html", str(tmp_path / "day.html"))[0] == 0
    html = (tmp_path / "day.html").read_text()
    assert "default-src 'none'" in html
    assert not re.search(r"<script|https?://|src=|href=|url\(", html)
    assert f"{day}: " in explain("--day", day)[1]
