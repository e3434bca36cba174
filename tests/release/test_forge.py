"""Pull requests against a local fake of GitHub's API."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from pixguard.release.errors import ForgeError, RateLimitError
from pixguard.release.forge import Forge

from .fake_github import TOKEN, Fake, github
from .repository import git, make_repository, path_of


@pytest.fixture
def fake(tmp_path: Path) -> Iterator[Fake]:
    bare = make_repository(tmp_path)
    with github(bare, tmp_path / "scratch") as running:
        yield running


def forge(fake: Fake, retries: int = 3) -> Forge:
    return Forge("acme/pixguard", TOKEN, fake.url, retries=retries, pause_s=0)


def test_a_pull_request_is_made_once_and_then_brought_up_to_date(fake: Fake) -> None:
    ours = forge(fake)
    first = ours.ensure("pixguard/prod/v1", "main", "title", "body")
    assert ours.ensure("pixguard/prod/v1", "main", "title", "body") == first
    assert fake.calls.count("POST /repos/acme/pixguard/pulls") == 1
    assert not [call for call in fake.calls if call.startswith("PATCH")], "what says the same is left alone"
    ours.ensure("pixguard/prod/v1", "main", "title", "more evidence")
    assert fake.pulls[1]["body"] == "more evidence"
    assert (first.number, first.url) == (1, "https://github.test/acme/pixguard/pull/1")
    assert fake.tokens == {f"token {TOKEN}"}


def test_open_ones_are_listed_by_branch_and_closed_with_a_word(fake: Fake) -> None:
    ours = forge(fake)
    ours.ensure("pixguard/prod/v1", "main", "title", "body")
    ours.ensure("somebody/else", "main", "title", "body")
    (pull,) = ours.open_pulls("pixguard/prod/")
    ours.close(pull, "superseded")
    assert fake.comments == {1: ["superseded"]}
    assert [each.branch for each in ours.open_pulls("")] == ["somebody/else"]


def test_merging_takes_the_commit_that_was_meant_or_none(fake: Fake, tmp_path: Path) -> None:
    work = tmp_path / "seed"
    git(work, "checkout", "--quiet", "-b", "change")
    (work / path_of("prod")).write_text("changed\n")
    git(work, "commit", "--quiet", "-am", "change")
    git(work, "push", "--quiet", str(fake.bare), "change")
    pull = forge(fake).ensure("change", "main", "title", "body")
    with pytest.raises(ForgeError, match="409 Head branch was modified"):
        forge(fake).merge(pull, "0" * 40)
    fake.protected = True
    with pytest.raises(ForgeError, match="405 At least 1 approving review"):
        forge(fake).merge(pull, git(work, "rev-parse", "HEAD"))
    fake.protected = False
    forge(fake).merge(pull, git(work, "rev-parse", "HEAD"))
    assert git(fake.bare, "show", f"main:{path_of('prod')}") == "changed"


def test_a_server_error_on_reading_is_tried_again(fake: Fake) -> None:
    fake.trouble["GET"] = [(502, {}, {"message": "bad gateway"})]
    assert forge(fake).open_pulls("") == []


def test_refusals_name_the_reason_and_never_the_token(fake: Fake) -> None:
    for status, body, said in (
        (401, {"message": "Bad credentials"}, "401 Bad credentials"),
        (404, {"message": "Not Found"}, "404 Not Found"),
        (422, {"message": "Validation Failed", "errors": [{"message": "No commits between"}]}, "No commits between"),
    ):
        fake.trouble["POST"] = [(status, {}, body)]
        with pytest.raises(ForgeError, match=said) as caught:
            forge(fake).ensure("b", "main", "t", "b")
        assert TOKEN not in str(caught.value)
    assert not fake.pulls


def test_a_limit_that_ends_soon_is_waited_for_and_a_long_one_is_told(fake: Fake) -> None:
    message = {"message": "API rate limit exceeded for user"}
    soon, late = (str(int(time.time()) + seconds) for seconds in (1, 3000))
    fake.trouble["GET"] = [(403, {"X-RateLimit-Reset": soon}, message)]
    assert forge(fake).open_pulls("") == []
    fake.trouble["GET"] = [(403, {"X-RateLimit-Reset": late}, message)]
    with pytest.raises(RateLimitError, match="try again later"):
        forge(fake).open_pulls("")


def test_a_forge_that_is_down_is_a_clear_error(fake: Fake) -> None:
    with pytest.raises(ForgeError, match="does not answer, could not list"):
        Forge("acme/pixguard", TOKEN, "http://127.0.0.1:9", retries=0, pause_s=0).open_pulls("")
