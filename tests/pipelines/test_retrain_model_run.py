"""retrain_model with all its real parts: an old champion, a night, and a proven successor on trial in Git.

The payments are those of the run that `trained` made: what is unchanged is not computed again.
"""

import json
from pathlib import Path

import boto3
import pytest

from pixguard import overlay
from pixguard.overlay import Placed
from pixguard.provenance import load_version
from pixguard.release.store import Store, StoreAccess
from pixguard.retraining import Ledger
from pixguard.steps.runs.definition import load_pipeline
from pixguard.steps.runs.local import run_pipeline
from tests.release.repository import OVERLAY, STABLE, make_repository, shown
from tests.release.seaweed import seaweed
from tests.watch.version import keep

from .conftest import Trained

AT_ONCE = {"max_age_days": {"value": 1, "reason": "a test does not wait"}}


def written(path: Path, data: object) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(data))  # which is YAML, too
    return path


def entered(monkeypatch: pytest.MonkeyPatch, access: StoreAccess) -> None:
    """Give the steps' processes the store's keys as a cluster's secret does."""
    settings = {"ENDPOINT_URL": access.endpoint, "DEFAULT_REGION": access.region,
                "ACCESS_KEY_ID": access.access_key, "SECRET_ACCESS_KEY": access.secret_key}  # fmt: skip
    for name, value in settings.items():
        monkeypatch.setenv(f"AWS_{name}", str(value))


@pytest.mark.timeout(1800)
def test_an_old_champion_gets_a_successor_on_trial(
    trained: Trained, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old, key = keep(tmp_path)
    models = tmp_path / "models"
    models.mkdir()
    (tmp_path / "versions").rename(models / "versions")
    serves = Placed(old.name, f"s3://models/pix-fraud/{old.name}/")
    git = make_repository(tmp_path, OVERLAY.replace(STABLE.name, old.name))
    with seaweed(tmp_path / "seaweed") as access:
        entered(monkeypatch, access)
        boto3.client("s3").create_bucket(Bucket="models")
        Store(serves, access).put(load_version(models / "versions" / old.name, key), key)
        run = run_pipeline(
            load_pipeline("retrain_model"),
            {
                **{name: trained.parameters[name] for name in ("input", "labels", "mapping", "lake", "as_of")},
                "git": str(git), "environment": "laptop", "day": "2026-04-11",
                "watched": str(written(tmp_path / "watch" / "report.json", {"versions": {}}).parent),
                "ledger": str(tmp_path / "ledger"), "models": str(models),
                "rules": str(written(tmp_path / "rules.yaml", AT_ONCE)), "maturity_days": 7, "judge_days": 6,
                "gate_rules": trained.parameters["rules"],
                "tracking_uri": f"sqlite:///{tmp_path / 'mlflow.db'}",
                "signing_key": str(key).removesuffix(".pub"),
            },
            state=trained.folder / "state",
            caching=True,
        )  # fmt: skip
        release = overlay.read(shown(git))
        assert release.stable == serves
        assert release.canary is not None
        assert release.canary.percent == 0
        assert Store(serves, access).holds(release.canary.version.name)
    assert run.metrics["decide_retraining"] == {"train": 1, "runs_left": 4}
    (record,) = Ledger(tmp_path / "ledger").records()
    assert record.causes == ("schedule",)
    (registered,) = (models / "runs").glob("*/registered.json")
    assert json.loads(registered.read_text())["version"] == release.canary.version.name
    assert [step.name.removesuffix("_2") for step in run.steps][-2:] == ["propose_version", "record_outcome"]
    cached = [step.name for step in run.steps if step.state == "cached"]
    assert cached == ["build_features", "validate_features"]
