"""The registry of models: runs, versions, and the aliases challenger and champion."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import mlflow
from mlflow.exceptions import MlflowException

from pixguard.registry.connection import RegistryError, check_reachable, database_file, translated
from pixguard.registry.run import LoggedModel, Run

CHALLENGER = "challenger"
CHAMPION = "champion"
FOLDER_TAG = "pixguard.folder"
VERSION_TAG = "pixguard.version"
ABSENT = ("RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE")


@dataclass(frozen=True)
class RegisteredVersion:
    """A version in the registry, and the kept folder it stands for."""

    model: str
    number: int
    kept: str  # name of the kept version, such as v0123456789ab
    folder: str  # where it was kept
    run_id: str | None
    aliases: tuple[str, ...]
    tags: Mapping[str, str]


class Registry:
    """MLflow at one address, in one experiment."""

    def __init__(self, uri: str, experiment: str, artifacts: Path | None = None) -> None:
        """Connect within seconds or raise RegistryUnreachableError; the experiment is made where absent.

        `uri`: http(s)://host:port of a server, which decides where artifacts go, or sqlite:////path/mlflow.db, where
        they go to `artifacts` (by default the folder `artifacts` beside the file).
        """
        check_reachable(uri)
        self.uri = uri
        with translated(uri):
            mlflow.set_tracking_uri(uri)
            mlflow.set_registry_uri(uri)
            self._client = mlflow.MlflowClient(uri, uri)
            self._experiment_id = self._experiment(experiment, artifacts)

    @contextmanager
    def run(
        self, name: str, params: Mapping[str, Any] | None = None, tags: Mapping[str, str] | None = None
    ) -> Iterator[Run]:
        """Yield a new run; it ends as FINISHED, or as FAILED when the block raises."""
        with translated(self.uri):
            active = mlflow.start_run(experiment_id=self._experiment_id, run_name=name, tags=dict(tags or {}))
        status = "FAILED"
        try:
            run = Run(self.uri, active.info.run_id)
            run.params(params or {})
            yield run
            status = "FINISHED"
        finally:
            with translated(self.uri):
                mlflow.end_run(status)

    @contextmanager
    def resume(self, run_id: str) -> Iterator[Run]:
        """Yield a run of before, such as the training run to which the gate's numbers belong."""
        with translated(self.uri):
            mlflow.start_run(run_id=run_id)
        try:
            yield Run(self.uri, run_id)
        finally:
            with translated(self.uri):
                mlflow.end_run()

    def register(
        self, model: str, logged: LoggedModel, *, kept: str, folder: str, run_id: str, tags: Mapping[str, str]
    ) -> RegisteredVersion:
        """Return the registered version of a kept one; registering the same kept version again returns the first."""
        with translated(self.uri):
            self._ensure_model(model)
            found = [each for each in self.versions(model) if each.kept == kept]
            if found:
                return found[0]
            made = self._client.create_model_version(
                model,
                logged.uri,
                run_id=run_id,
                model_id=logged.model_id,
                tags={**tags, VERSION_TAG: kept, FOLDER_TAG: folder},
            )
            return _registered(self._client.get_model_version(model, made.version))

    def versions(self, model: str) -> list[RegisteredVersion]:
        """Return all registered versions of a model, newest first; none when the model is unknown."""
        with translated(self.uri):
            found = self._client.search_model_versions(f"name='{_name(model)}'", max_results=1000)
            # The search leaves aliases out, so each is fetched.
            numbers = sorted((int(each.version) for each in found), reverse=True)
            return [_registered(self._client.get_model_version(model, str(number))) for number in numbers]

    def alias(self, model: str, alias: str, number: int) -> None:
        """Point an alias at a version, taking it from the version that had it."""
        with translated(self.uri):
            self._client.set_registered_model_alias(_name(model), alias, str(number))

    def aliased(self, model: str, alias: str) -> RegisteredVersion | None:
        """Return the version that an alias points at; None when the model or the alias does not exist."""
        with translated(self.uri):
            try:
                return _registered(self._client.get_model_version_by_alias(_name(model), alias))
            except MlflowException as error:
                if error.error_code in ABSENT:
                    return None
                raise

    def champion(self, model: str) -> RegisteredVersion | None:
        """Return the version meant to serve; its `folder` is for `provenance.load_version`."""
        return self.aliased(model, CHAMPION)

    def facts(self, run_id: str) -> dict[str, Any]:
        """Return who ran a run, when, with which parameters, on which data sets; RegistryError where it is unknown."""
        with translated(self.uri):
            run = self._client.get_run(run_id)
        begun, ended = (at and datetime.fromtimestamp(at / 1000, UTC).isoformat(timespec="seconds")
                        for at in (run.info.start_time, run.info.end_time))  # fmt: skip
        return {
            "run": run_id,
            "status": run.info.status,
            "user": run.data.tags.get("mlflow.user") or run.info.user_id,
            "begun": begun,
            "ended": ended,
            "parameters": dict(run.data.params),
            "datasets": [{"name": one.dataset.name, "digest": one.dataset.digest} for one in run.inputs.dataset_inputs],
        }

    def _experiment(self, name: str, artifacts: Path | None) -> str:
        location = None
        if self.uri.startswith("sqlite"):
            location = (artifacts or database_file(self.uri).parent / "artifacts").absolute().as_uri()
        found = self._client.get_experiment_by_name(name)
        if found is None:
            try:
                return str(self._client.create_experiment(name, artifact_location=location))
            except MlflowException as error:
                if error.error_code != "RESOURCE_ALREADY_EXISTS":
                    raise
                found = self._client.get_experiment_by_name(name)  # another process was faster
        return str(found.experiment_id)

    def _ensure_model(self, model: str) -> None:
        try:
            self._client.create_registered_model(_name(model))
        except MlflowException as error:
            if error.error_code != "RESOURCE_ALREADY_EXISTS":
                raise


def _name(model: str) -> str:
    if not model or any(character in model for character in "'\"/:"):
        raise RegistryError(f"model name {model!r}: wanted letters, digits, dashes and dots")
    return model


def _registered(found: Any) -> RegisteredVersion:
    tags = dict(found.tags)
    return RegisteredVersion(
        model=found.name,
        number=int(found.version),
        kept=tags.get(VERSION_TAG, ""),
        folder=tags.get(FOLDER_TAG, ""),
        run_id=found.run_id,
        aliases=tuple(found.aliases or ()),
        tags=tags,
    )
