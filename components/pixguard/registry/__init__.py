"""All of MLflow behind a small typed API: runs, metrics, lineage, models, versions and aliases."""

from pixguard.registry.connection import RegistryError, RegistryUnreachableError, RegistryUriError
from pixguard.registry.run import DatasetSnapshot, LoggedModel, Run
from pixguard.registry.store import CHALLENGER, CHAMPION, RegisteredVersion, Registry

__all__ = [
    "CHALLENGER",
    "CHAMPION",
    "DatasetSnapshot",
    "LoggedModel",
    "RegisteredVersion",
    "Registry",
    "RegistryError",
    "RegistryUnreachableError",
    "RegistryUriError",
    "Run",
]
