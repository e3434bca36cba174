import os
import sys
from pathlib import Path

import pytest

from pixguard.errors import UsageError
from pixguard.feature_store import apply_repository, open_store
from pixguard.features import FEATURE_SETS

REPOSITORY = Path(__file__).parents[1] / "feature_repo"


def test_a_lake_gets_the_store_of_its_own(tmp_path: Path) -> None:
    store = open_store(tmp_path / "lake", REPOSITORY)
    assert store.config.offline_store.type == "pixguard.offline_store.AsOfOfflineStore"
    assert store.config.online_store.path == str(tmp_path / "lake" / "feast" / "online.db")


def test_a_cluster_gets_spark_and_redis(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIXGUARD_REDIS", "redis:6379")
    monkeypatch.setenv("PIXGUARD_REGISTRY", f"sqlite:///{tmp_path / 'registry.db'}")
    config = open_store("s3a://bucket/lake/", REPOSITORY, "feature_store.cluster.yaml").config
    assert config.offline_store.type == "spark"
    assert (config.online_store.type, config.online_store.connection_string) == ("redis", "redis:6379")


def test_what_is_missing_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PIXGUARD_REGISTRY", raising=False)
    with pytest.raises(UsageError, match="wants the environment variable PIXGUARD_REGISTRY"):
        open_store(tmp_path, REPOSITORY, "feature_store.cluster.yaml")
    with pytest.raises(UsageError, match="name the folder of the feature repository"):
        open_store(tmp_path, tmp_path / "nowhere")


def test_applying_registers_everything_twice_the_same_and_leaves_the_process_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PIXGUARD_LAKE", raising=False)
    (tmp_path / "lake").mkdir()
    before = (Path.cwd(), list(sys.path), dict(os.environ))
    for _ in range(2):
        store = apply_repository(tmp_path / "lake", REPOSITORY)
        assert {service.name for service in store.list_feature_services()} == {f"fraud_{name}" for name in FEATURE_SETS}
    assert (Path.cwd(), list(sys.path), dict(os.environ)) == before
    assert not {"entities", "sources", "views", "services"} & set(sys.modules)
    assert not list(REPOSITORY.glob("*.db"))
