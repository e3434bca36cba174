"""The Feast store of a lake: opened with the lake's address filled in, its definitions applied from the repository."""

import contextlib
import io
import os
import string
import sys
from collections.abc import Iterator
from pathlib import Path

import pixguard.quick_feast  # noqa: F401 - before all that imports Feast

# isort: split
import yaml
from feast import FeatureStore
from feast.repo_config import RepoConfig
from feast.repo_operations import apply_total_with_repo_instance, parse_repo

from pixguard.errors import UsageError

REPOSITORY = Path("feature_repo")
CONFIGURATION = "feature_store.yaml"


def open_store(lake: Path | str, repository: Path = REPOSITORY, configuration: str = CONFIGURATION) -> FeatureStore:
    """Return the store that `configuration` in `repository` describes, for one lake.

    UsageError says which file is missing, or which environment variable the configuration wants.
    """
    path = repository / configuration
    try:
        text = string.Template(path.read_text(encoding="utf-8"))
        values = yaml.safe_load(text.substitute({**os.environ, "PIXGUARD_LAKE": _address(lake)}))
    except FileNotFoundError as error:
        raise UsageError(f"{path} does not exist: name the folder of the feature repository") from error
    except KeyError as error:
        raise UsageError(f"{path} wants the environment variable {error.args[0]}, which is not set") from error
    config = RepoConfig(**values)
    config.repo_path = repository.resolve()
    return FeatureStore(config=config)


def apply_repository(
    lake: Path | str, repository: Path = REPOSITORY, configuration: str = CONFIGURATION
) -> FeatureStore:
    """Register what the repository defines, as `feast apply` does, and return the store."""
    store = open_store(lake, repository, configuration)
    folder = repository.resolve()
    with _inside(folder, lake), contextlib.redirect_stdout(io.StringIO()):
        contents = parse_repo(folder)
        apply_total_with_repo_instance(store, store.project, store.registry, contents, skip_source_validation=True)
        store.refresh_registry()  # a registry in a database answers from what it read before
    return store


def _address(lake: Path | str) -> str:
    text = str(lake)
    return text.rstrip("/") if "://" in text else str(Path(text).resolve())


@contextlib.contextmanager
def _inside(repository: Path, lake: Path | str) -> Iterator[None]:
    """Stand in the repository while its modules are imported, as Feast wants it; leave no trace of them afterwards."""
    ours = {file.stem for file in repository.glob("*.py")}
    before = os.environ.get("PIXGUARD_LAKE")
    os.environ["PIXGUARD_LAKE"] = _address(lake)
    sys.path.insert(0, str(repository))
    try:
        with contextlib.chdir(repository):
            yield
    finally:
        sys.path.remove(str(repository))
        for name in ours:
            sys.modules.pop(name, None)
        if before is None:
            del os.environ["PIXGUARD_LAKE"]
        else:
            os.environ["PIXGUARD_LAKE"] = before
