import argparse
import json
from pathlib import Path

import pytest

from pixguard.errors import UsageError
from pixguard.jobs.release_arguments import add_place, place_of, public_key_of, status_of
from pixguard.release.errors import ReleaseError
from pixguard.release.place import PUBLIC_KEY

S3 = {"endpoint": "http://127.0.0.1:1", "access_key": "a", "secret_key": "b", "region": "us-east-1"}


def options(*arguments: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("--public-key", type=Path)
    add_place(parser)
    return parser.parse_args(arguments)


def test_a_repository_given_by_hand_needs_no_plane(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://s3.example")
    place = place_of(options("--git", "/x.git", "--env", "dev", "--author", "Ana"))
    assert (place.git, place.environment, place.author, place.access.endpoint) == (
        "/x.git", "dev", "Ana", "http://s3.example",
    )  # fmt: skip


def test_the_key_is_the_one_named_or_the_environments_or_the_planes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(PUBLIC_KEY, raising=False)
    (tmp_path / "plane.json").write_text(json.dumps({"git": "/x", "s3": S3, "public_key": "/plane.pub"}))
    given = options("--state", str(tmp_path))
    assert public_key_of(given, place_of(given)) == Path("/plane.pub")
    monkeypatch.setenv(PUBLIC_KEY, "/environment.pub")
    assert public_key_of(given, place_of(given)) == Path("/environment.pub")
    named = options("--state", str(tmp_path), "--public-key", "/named.pub")
    assert public_key_of(named, place_of(named)) == Path("/named.pub")
    monkeypatch.delenv(PUBLIC_KEY)
    bare = options("--git", "/x.git")
    with pytest.raises(UsageError, match="which key signed"):
        public_key_of(bare, place_of(bare))


def test_a_job_that_was_started_by_itself_ends_with_one_line(caplog: pytest.LogCaptureFixture) -> None:
    def failing() -> int:
        raise ReleaseError("the store is down")

    assert status_of(failing) == 1
    assert caplog.messages == ["the store is down"]
    assert status_of(lambda: 3) == 3
