"""Versions in a real S3 server: whole, signed, never overwritten."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pixguard.overlay import Placed
from pixguard.provenance import SignatureError, load_version
from pixguard.provenance.files import SIGNATURE
from pixguard.release.errors import ConflictError, MissingError, StoreError
from pixguard.release.store import Store, StoreAccess

from .seaweed import free_ports, seaweed
from .versions import keep

pytestmark = pytest.mark.filterwarnings("ignore:datetime.datetime.utcnow:DeprecationWarning")


@pytest.fixture(scope="module")
def access(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StoreAccess]:
    with seaweed(tmp_path_factory.mktemp("seaweed")) as running:
        yield running


@pytest.fixture
def store(access: StoreAccess, request: pytest.FixtureRequest) -> Iterator[Store]:
    bucket = request.node.name.replace("_", "-")[:50].strip("-")
    made = Store(Placed("v000000000000", f"s3://{bucket}/pix-fraud/v000000000000/"), access)
    made._s3.create_bucket(Bucket=bucket)
    yield made
    made._s3.delete_bucket(Bucket=bucket)  # it takes seven volumes, and the server has few on a full disk


def objects(store: Store) -> dict[str, bytes]:
    bucket = store._neighbour.uri.split("/")[2]
    found: list[dict[str, Any]] = store._s3.list_objects_v2(Bucket=bucket).get("Contents", [])
    return {each["Key"]: store._s3.get_object(Bucket=bucket, Key=each["Key"])["Body"].read() for each in found}


def test_a_version_is_uploaded_once_and_verified(store: Store, tmp_path: Path) -> None:
    kept, key = keep(tmp_path)
    assert not store.holds(kept.name)
    placed = store.put(kept, key)
    assert placed.uri.endswith(f"/pix-fraud/{kept.name}/")
    assert store.holds(kept.name)
    before = objects(store)
    assert set(before) == {f"pix-fraud/{kept.name}/{path.name}" for path in kept.folder.iterdir()}
    assert store.put(kept, key) == placed
    assert objects(store) == before


def test_kserve_reads_what_was_uploaded(store: Store, access: StoreAccess, tmp_path: Path) -> None:
    """In a process of its own, as the initialiser runs: it forks, and a fork of a process with threads may hang."""
    kept, key = keep(tmp_path)
    placed = store.put(kept, key)
    environment = os.environ | {
        "AWS_ENDPOINT_URL": access.endpoint, "AWS_ACCESS_KEY_ID": access.access_key or "",
        "AWS_SECRET_ACCESS_KEY": access.secret_key or "", "AWS_DEFAULT_REGION": "us-east-1",
    }  # fmt: skip
    fetch = "import sys; from kserve_storage import Storage; Storage.download(sys.argv[1], sys.argv[2])"
    pulled = str(tmp_path / "pulled")
    subprocess.run([sys.executable, "-c", fetch, placed.uri, pulled], check=True, timeout=120, env=environment)
    assert load_version(Path(pulled), key).name == kept.name


def test_an_upload_that_was_cut_off_is_no_version_and_is_finished(store: Store, tmp_path: Path) -> None:
    kept, key = keep(tmp_path)
    real, written = store._write, []

    def cut(placed: Placed, file: str, content: bytes) -> None:
        written.append(file)
        if len(written) > 4:
            raise KeyboardInterrupt
        real(placed, file, content)

    store._write = cut  # type: ignore[method-assign]
    with pytest.raises(KeyboardInterrupt):
        store.put(kept, key)
    store._write = real  # type: ignore[method-assign]
    assert SIGNATURE not in written
    assert not store.holds(kept.name)
    with pytest.raises(SignatureError):
        store.verify(kept.name, key)
    store.put(kept, key)
    store.verify(kept.name, key)


def test_other_content_under_the_name_is_never_overwritten(store: Store, tmp_path: Path) -> None:
    kept, key = keep(tmp_path)
    store.put(kept, key)
    before = objects(store)
    other, _ = keep(tmp_path / "other", seed=b"other")
    forged = tmp_path / "forged"
    shutil.copytree(other.folder, forged)
    changed = type(kept)(**{**{name: getattr(kept, name) for name in kept.__dataclass_fields__}, "folder": forged})
    with pytest.raises(ConflictError, match="has other content there"):
        store.put(changed, key)
    (tmp_path / "extra").mkdir()
    bucket = store._neighbour.uri.split("/")[2]
    store._s3.put_object(Bucket=bucket, Key=f"pix-fraud/{kept.name}/extra", Body=b"x")
    with pytest.raises(ConflictError, match="holds extra"):
        store.put(kept, key)
    with pytest.raises(SignatureError):
        store.verify(kept.name, key)
    assert {name: each for name, each in objects(store).items() if not name.endswith("extra")} == before


def test_two_uploads_at_once_agree_or_one_is_told(store: Store, tmp_path: Path) -> None:
    kept, key = keep(tmp_path)
    listed = store._listed
    store._listed = lambda placed: set()  # type: ignore[method-assign]  # what the slower one saw
    store._write(store._neighbour.beside(kept.name), "policy.json", (kept.folder / "policy.json").read_bytes())
    store._write(store._neighbour.beside(kept.name), "policy.json", (kept.folder / "policy.json").read_bytes())
    with pytest.raises(ConflictError):
        store._write(store._neighbour.beside(kept.name), "policy.json", b"other")
    store._listed = listed  # type: ignore[method-assign]
    store.put(kept, key)


def test_a_missing_version_bucket_or_store_is_a_clear_error(store: Store, access: StoreAccess, tmp_path: Path) -> None:
    kept, key = keep(tmp_path)
    with pytest.raises(MissingError, match="propose its folder again"):
        store.verify(kept.name, key)
    wrong = StoreAccess(access.endpoint, access.access_key, "wrong")
    with pytest.raises(StoreError, match=r"refuses .*SignatureDoesNotMatch"):
        Store(store._neighbour, wrong).holds(kept.name)
    down = StoreAccess(f"http://127.0.0.1:{free_ports(1)[0]}", "a", "b")
    with pytest.raises(StoreError, match="does not answer"):
        Store(store._neighbour, down).put(kept, key)
    with pytest.raises(StoreError, match="kept in s3"):
        Store(Placed("v1", "gs://bucket/v1"), access).holds("v1")
    assert "wrong" not in repr(wrong)
