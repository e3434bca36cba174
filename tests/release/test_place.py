import json
from pathlib import Path

import pytest

from pixguard.release.errors import ReleaseError
from pixguard.release.place import Place, plane_access, read_plane
from pixguard.release.store import StoreAccess

from .repository import make_repository

S3 = {"endpoint": "http://127.0.0.1:1", "access_key": "a", "secret_key": "hidden", "region": "us-east-1", "more": 1}


def test_the_planes_addresses_are_read(tmp_path: Path) -> None:
    (tmp_path / "plane.json").write_text(json.dumps({"git": "/x", "s3": S3}))
    plane = read_plane(tmp_path)
    assert plane_access(plane) == StoreAccess("http://127.0.0.1:1", "a", "hidden", "us-east-1")
    assert "hidden" not in repr(Place("laptop", "/x", plane=plane, access=plane_access(plane)))


@pytest.mark.parametrize("text", [None, "{", "[]", json.dumps({"git": "/x"}), json.dumps({"git": 1, "s3": S3})])
def test_without_a_plane_one_is_told_how_to_start_it(tmp_path: Path, text: str | None) -> None:
    if text is not None:
        (tmp_path / "plane.json").write_text(text)
    with pytest.raises(ReleaseError, match="pixguard up"):
        read_plane(tmp_path)


def test_a_cluster_is_reached_by_the_environments_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://s3.example")
    assert Place("dev", "/x").access == StoreAccess("http://s3.example")


def test_prod_wants_a_token(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PIXGUARD_GITHUB_TOKEN", raising=False)
    place = Place("prod", str(make_repository(tmp_path)), github="acme/pixguard")
    with pytest.raises(ReleaseError, match="set PIXGUARD_GITHUB_TOKEN"), place.desk():
        pass
