import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import mlflow
import pytest

from pixguard.jobs import audit_version
from pixguard.registry import (
    CHALLENGER,
    CHAMPION,
    LoggedModel,
    RegisteredVersion,
    Registry,
    RegistryError,
    RegistryUnreachableError,
)
from pixguard.registry.connection import check_reachable

from .weights import EXAMPLE, write_onnx

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")  # MLflow's own
KEPT = "/versions/v0123456789ab"


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Registry:
    return Registry(f"sqlite:///{tmp_path_factory.mktemp('mlflow')}/mlflow.db", "pix")


@pytest.fixture(scope="module")
def logged(registry: Registry, tmp_path_factory: pytest.TempPathFactory) -> tuple[LoggedModel, str]:
    path = write_onnx(tmp_path_factory.mktemp("onnx") / "model.onnx")
    with registry.run("train") as run:
        return run.onnx_model(path, {"features": EXAMPLE}), run.run_id


def register(registry: Registry, logged: tuple[LoggedModel, str], model: str, kept: str) -> RegisteredVersion:
    return registry.register(model, logged[0], kept=kept, folder=KEPT, run_id=logged[1], tags={"outcome": "passed"})


def test_a_version_points_at_its_kept_folder_and_its_run(registry: Registry, logged: tuple[LoggedModel, str]) -> None:
    version = register(registry, logged, "tagged", "v1")
    assert (version.number, version.kept, version.folder, version.run_id) == (1, "v1", KEPT, logged[1])
    assert version.tags["outcome"] == "passed"


def test_an_auditor_is_told_who_ran_it_with_which_parameters_on_which_data(
    registry: Registry, logged: tuple[LoggedModel, str]
) -> None:
    with registry.resume(logged[1]) as run:
        run.params({"seed": 7})
    number = register(registry, logged, "audited", "v7").number
    registry.alias("audited", CHALLENGER, number)
    found = audit_version.registered(registry.uri, "audited", "v7")
    assert (found["number"], found["aliases"]) == (number, [CHALLENGER])
    assert found["run"]["parameters"] == {"seed": "7"}
    assert found["run"]["status"] == "FINISHED"
    assert found["run"]["user"]
    assert found["run"]["begun"] <= found["run"]["ended"]
    assert audit_version.registered(registry.uri, "audited", "v8") == {"registered": False}


def test_registering_again_changes_nothing(registry: Registry, logged: tuple[LoggedModel, str]) -> None:
    first = register(registry, logged, "twice", "v1")
    assert register(registry, logged, "twice", "v1") == first
    assert register(registry, logged, "twice", "v2").number == 2
    assert [each.number for each in registry.versions("twice")] == [2, 1]


def test_aliases_move(registry: Registry, logged: tuple[LoggedModel, str]) -> None:
    assert registry.champion("aliased") is None
    first = register(registry, logged, "aliased", "v1")
    assert registry.champion("aliased") is None
    registry.alias("aliased", CHAMPION, first.number)
    registry.alias("aliased", CHALLENGER, register(registry, logged, "aliased", "v2").number)
    champion, challenger = registry.champion("aliased"), registry.aliased("aliased", CHALLENGER)
    assert champion is not None
    assert challenger is not None
    assert (champion.kept, challenger.kept) == ("v1", "v2")
    registry.alias("aliased", CHAMPION, challenger.number)
    assert {each.kept: set(each.aliases) for each in registry.versions("aliased")} == {
        "v1": set(),
        "v2": {CHAMPION, CHALLENGER},
    }


def test_an_alias_for_nothing_and_odd_names_are_our_errors(registry: Registry) -> None:
    with pytest.raises(RegistryError, match=r"mlflow\.db"):
        registry.alias("nobody", CHAMPION, 1)
    with pytest.raises(RegistryError, match="wanted letters"):
        registry.versions("a'b")


def test_artifacts_lie_where_asked(tmp_path: Path, registry: Registry) -> None:
    try:
        other = Registry(registry.uri, "elsewhere", artifacts=tmp_path / "files")
        with other.run("train") as run:
            (tmp_path / "note.txt").write_text("kept")
            run.file(tmp_path / "note.txt")
        assert [path.read_text() for path in (tmp_path / "files").rglob("note.txt")] == ["kept"]
    finally:
        Registry(registry.uri, "pix")


@pytest.fixture
def server(tmp_path: Path) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """A real MLflow server on a free port, with the settings a cluster uses."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    uri = f"http://127.0.0.1:{port}"
    command = [sys.executable, "-m", "mlflow", "server", "--host", "127.0.0.1", "--port", str(port), "--workers", "1"]
    command += ["--backend-store-uri", f"sqlite:///{tmp_path}/server.db", "--no-serve-artifacts"]
    command += ["--default-artifact-root", (tmp_path / "root").as_uri()]
    environment = os.environ | {"PYTHONWARNINGS": "ignore", "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"}
    process = subprocess.Popen(
        command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    )
    try:
        wait_for(uri, process)
        yield uri, process
    finally:
        stop(process)


def wait_for(uri: str, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 300  # 15 s on an idle machine
    while time.monotonic() < deadline:
        try:
            return check_reachable(uri)
        except RegistryUnreachableError:
            assert process.poll() is None, "the server ended"
            time.sleep(0.5)
    raise AssertionError("the server did not start")


def stop(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGTERM)
    try:
        process.wait(20)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait(20)


@pytest.mark.timeout(590)
def test_the_same_calls_work_on_a_server_and_fail_fast_when_it_dies(
    server: tuple[str, subprocess.Popen[bytes]], tmp_path: Path, registry: Registry
) -> None:
    uri, process = server
    path = write_onnx(tmp_path / "model.onnx")
    try:
        remote = Registry(uri, "pix")
        with remote.run("train", params={"lr": 1}) as run:
            made = run.onnx_model(path, {"features": EXAMPLE})
        version = remote.register("pix", made, kept="v1", folder=KEPT, run_id=run.run_id, tags={})
        remote.alias("pix", CHAMPION, version.number)
        champion = remote.champion("pix")
        assert champion is not None
        assert champion.folder == KEPT
        assert mlflow.get_tracking_uri() == uri
        stop(process)
        start = time.monotonic()
        with pytest.raises(RegistryUnreachableError, match=f"{uri} .*start the server"):
            remote.champion("pix")
        assert time.monotonic() - start < 60
    finally:
        Registry(registry.uri, "pix")  # MLflow's address is global: give the next test its own back
