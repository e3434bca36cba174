import json
from pathlib import Path
from typing import Any

import mlflow
import numpy as np
import pytest

from pixguard.jobs import judge_model, register_model
from pixguard.jobs.register_model import NotReleasableError
from pixguard.provenance import load_version
from pixguard.registry import CHALLENGER, Registry, RegistryUnreachableError

from .proof import World, write_model, write_world

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")  # MLflow's own


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    root = tmp_path_factory.mktemp("world")
    made = write_world(root)
    judge(made, root / "verdict")
    return made


@pytest.fixture(scope="module")
def uri(tmp_path_factory: pytest.TempPathFactory) -> str:
    return f"sqlite:///{tmp_path_factory.mktemp('mlflow')}/mlflow.db"


def judge(world: World, out: Path) -> None:
    judge_model.run(
        scored=world.scored, model=world.model, training_rows=world.training_rows, rules=world.rules, out=out
    )


def register(world: World, tmp_path: Path, uri: str, **changes: Any) -> register_model.Registered:
    settings: dict[str, Any] = {
        "model": world.model,
        "verdict": world.scored.parent / "verdict",
        "input_example": world.input_example,
        "versions": tmp_path / "versions",
        "signing_key": tmp_path / "key",
        "tracking_uri": uri,
        "registered_model": tmp_path.name,
        "kept_by": "tester",
    }
    return register_model.run(**(settings | changes))


def test_a_passed_model_is_kept_logged_and_registered(world: World, tmp_path: Path, uri: str) -> None:
    result = register(world, tmp_path, uri, out=tmp_path / "registered.json", pipeline_run_id="run-1")
    kept = load_version(Path(result.folder), tmp_path / "key.pub")
    assert kept.name == result.version
    assert (kept.provenance.pipeline_run_id, kept.provenance.kept_by) == ("run-1", "tester")
    assert json.loads((tmp_path / "registered.json").read_text())["version"] == result.version
    champion = Registry(uri, "pixguard").champion(tmp_path.name)
    assert champion is not None
    assert (champion.kept, champion.folder, set(champion.aliases)) == (
        result.version,
        result.folder,
        {"champion", "challenger"},
    )
    client = mlflow.MlflowClient(uri)
    run = client.get_run(champion.run_id or "")
    assert run.data.params == {"learning_rate": "0.01"}
    assert run.data.metrics["gate_average_precision"] == pytest.approx(
        kept.metrics["metrics"]["challenger"]["average_precision"]["estimate"]
    )
    assert {each.path for each in client.list_artifacts(run.info.run_id)} == {"kept", "model_card.md", "plots"}
    assert [each.dataset.name for each in run.inputs.dataset_inputs] == ["training"]
    scores = mlflow.pyfunc.load_model(f"models:/{tmp_path.name}@champion").predict(
        {"features": np.ones((2, 3), dtype=np.float32)}
    )
    assert scores["score"].shape == (2, 1)


def test_registering_again_changes_nothing(world: World, tmp_path: Path, uri: str) -> None:
    first = register(world, tmp_path, uri)
    assert register(world, tmp_path, uri) == first
    assert len(Registry(uri, "pixguard").versions(tmp_path.name)) == 1


def test_the_second_version_becomes_challenger_and_champion_only_when_asked(
    world: World, tmp_path: Path, uri: str
) -> None:
    first = register(world, tmp_path, uri)
    second_world = write_world(tmp_path / "second", weight=0.25)
    judge(second_world, tmp_path / "second" / "verdict")
    second = register(second_world, tmp_path, uri)
    registry = Registry(uri, "pixguard")
    champion, challenger = registry.champion(tmp_path.name), registry.aliased(tmp_path.name, CHALLENGER)
    assert champion is not None
    assert challenger is not None
    assert (champion.kept, challenger.kept, second.champion) == (first.version, second.version, False)
    record = load_version(Path(second.folder), tmp_path / "key.pub").provenance
    assert record.champion_version == first.version
    assert register(second_world, tmp_path, uri, promote="always").champion
    promoted = registry.champion(tmp_path.name)
    assert promoted is not None
    assert promoted.kept == second.version


def test_the_training_run_is_continued(world: World, tmp_path: Path, uri: str) -> None:
    with Registry(uri, "pixguard").run("train", params={"learning_rate": 0.01}) as run:
        run.epoch(0, {"loss": 0.5})
    trained = write_model(tmp_path / "model", 0.5, mlflow_run_id=run.run_id)
    register(world, tmp_path, uri, model=trained)
    champion = Registry(uri, "pixguard").champion(tmp_path.name)
    assert champion is not None
    assert champion.run_id == run.run_id
    metrics = mlflow.MlflowClient(uri).get_run(run.run_id).data.metrics
    assert {"loss", "gate_average_precision"} <= set(metrics)


def test_without_a_passing_verdict_of_its_own_nothing_is_kept(world: World, tmp_path: Path, uri: str) -> None:
    other = write_model(tmp_path / "other", 0.9)
    with pytest.raises(NotReleasableError, match="judged other weights"):
        register(world, tmp_path, uri, model=other)
    bad = write_world(tmp_path / "bad", rows=8_000, skill=0.2)
    judge(bad, tmp_path / "bad" / "verdict")
    with pytest.raises(NotReleasableError, match=r"verdict 'failed', not passed: .*floor"):
        register(bad, tmp_path, uri, model=bad.model)
    assert not (tmp_path / "versions").exists()


def test_an_unreachable_mlflow_stops_it_before_anything_is_written(world: World, tmp_path: Path) -> None:
    with pytest.raises(RegistryUnreachableError, match="does not answer"):
        register(world, tmp_path, "http://127.0.0.1:9")
    assert not (tmp_path / "versions").exists()


def test_the_command_line_ends_with_one_line_on_an_error(
    world: World, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    arguments = ["--model", str(world.model), "--verdict", str(tmp_path), "--versions", str(tmp_path / "versions")]
    arguments += ["--input-example", str(world.input_example), "--signing-key", str(tmp_path / "key")]
    assert register_model.main([*arguments, "--tracking-uri", "http://127.0.0.1:9"]) == 1
    assert "verdict.json" in caplog.records[-1].message


def test_an_example_that_is_none_is_named(world: World, tmp_path: Path, uri: str) -> None:
    np.save(tmp_path / "example.npy", np.ones(3))
    with pytest.raises(NotReleasableError, match=r"wanted \.npz"):
        register(world, tmp_path, uri, input_example=tmp_path / "example.npy")
