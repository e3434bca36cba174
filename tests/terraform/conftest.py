"""The plans of the environments are made once for all tests, and those who judge them are imported once."""

import importlib.util
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from .checker import ENVIRONMENTS, TERRAFORM, plan_of


@pytest.fixture(scope="session")
def plans(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    """The plan of every environment."""
    return {name: plan_of(name, tmp_path_factory.mktemp(name)) for name in ENVIRONMENTS}


@pytest.fixture(scope="session")
def evaluate() -> ModuleType:
    """terraform/policies/evaluate.py."""
    return _script(TERRAFORM / "policies" / "evaluate.py")


@pytest.fixture(scope="session")
def estimate() -> ModuleType:
    """terraform/costs/estimate.py."""
    return _script(TERRAFORM / "costs" / "estimate.py")


def _script(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
