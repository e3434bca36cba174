"""The repository as users meet it: apply in one process, fetch and push in another, read in a third."""

import json
import os
import runpy
import subprocess
import sys
from pathlib import Path

import pytest

from pixguard.errors import UsageError
from pixguard.features import BOOK, FEATURE_SETS
from tests import small_lake

ROOT = Path(__file__).parents[2]
REPOSITORY = ROOT / "feature_repo"
PAYMENTS = small_lake.payments(300)

FETCH = """
import json, sys
from pathlib import Path
import pandas as pd
from feast.data_source import PushMode
from pixguard.feature_store import apply_repository, open_store
from pixguard.features import FEATURE_SETS
from pixguard.retrieval import retrieve
from tests import small_lake

lake, configuration = Path(sys.argv[1]), sys.argv[2]
opened = apply_repository if sys.argv[3:] == ["apply"] else open_store
store = opened(lake, Path("feature_repo"), configuration)
keys = small_lake.payments(300).select(["end_to_end_id", "event_time"]).to_pandas()
keys = keys.rename(columns={"event_time": "event_timestamp"}).sample(frac=1, random_state=0)
fetched = retrieve(store, FEATURE_SETS["book"], keys).to_pandas()
print(json.dumps(fetched.set_index("end_to_end_id").T.to_dict("list")))
"""
PUSH = """
state = {"account_id": ["k1.a"], "tiles": [bytes(range(256))], "newest_event_us": [7]}
state["event_time"] = [pd.Timestamp("2026-01-01T00:00Z")]
store.push("pix_account_state_push", pd.DataFrame(state), to=PushMode.ONLINE)
"""
READ = """
import sys
from pixguard.feature_store import open_store

features = ["pix_account_state:tiles", "pix_account_state:newest_event_us"]
rows = [{"account_id": "k1.a"}, {"account_id": "k1.unknown"}]
found = open_store(sys.argv[1]).get_online_features(features=features, entity_rows=rows).to_dict()
assert found["tiles"] == [bytes(range(256)), None], found["tiles"]
assert found["newest_event_us"] == [7, None], found
"""


def fresh(*command: str, **environment: str) -> str:
    done = subprocess.run(
        [sys.executable, *command],
        cwd=ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A lake with the book's features, to which the repository was applied."""
    lake = small_lake.write_lake(tmp_path_factory.mktemp("feast") / "lake", PAYMENTS)
    small_lake.write_features(lake, PAYMENTS, BOOK)
    apply = ("-m", "feast.cli.cli", "-c", str(REPOSITORY), "apply", "--skip-source-validation")
    said = fresh(*apply, PIXGUARD_LAKE=str(lake))
    assert all(f"fraud_{name}" in said for name in FEATURE_SETS)
    return lake


def check_fetched(said: str) -> None:
    fetched = json.loads(said.strip().splitlines()[-1])
    assert len(fetched) == 300
    for i, payment in enumerate(PAYMENTS["end_to_end_id"].to_pylist()):
        assert fetched[payment] == [i % 50] * len(BOOK.aggregates)


def test_history_and_online_state_from_fresh_processes(lake: Path) -> None:
    check_fetched(fresh("-c", FETCH + PUSH, str(lake), "feature_store.yaml"))
    fresh("-c", READ, str(lake))


def test_a_cluster_reads_the_same_lake_with_spark(lake: Path, tmp_path: Path) -> None:
    places = {
        "PIXGUARD_OFFLINE": "spark",
        "PIXGUARD_REDIS": "127.0.0.1:6379",
        "PIXGUARD_REGISTRY": f"sqlite:///{tmp_path / 'registry.db'}",
    }
    check_fetched(fresh("-c", FETCH, str(lake), "feature_store.cluster.yaml", "apply", **places))


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("PIXGUARD_LAKE", "", "PIXGUARD_LAKE is not set: export the lake's absolute folder"),
        ("PIXGUARD_LAKE", "build/lake", "PIXGUARD_LAKE is 'build/lake': export the lake's absolute folder"),
        ("PIXGUARD_OFFLINE", "bigquery", "PIXGUARD_OFFLINE is 'bigquery': set it to duckdb or spark"),
    ],
)
def test_what_the_environment_lacks_is_asked_for(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, words: str
) -> None:
    monkeypatch.setenv("PIXGUARD_LAKE", "/lake")
    monkeypatch.setenv(name, value)
    with pytest.raises(UsageError, match=words):
        runpy.run_path(str(REPOSITORY / "sources.py"))


def test_the_repository_imports_neither_spark_nor_torch_by_itself() -> None:
    source = "".join(file.read_text() for file in REPOSITORY.glob("*.py"))
    assert not any(f"import {heavy}" in source for heavy in ("pyspark", "torch", "pandas", "great_expectations"))
    assert "/work" not in source
    assert "/tmp" not in source
