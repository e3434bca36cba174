"""Reaching MLflow, and saying at once when it cannot be reached.

RegistryError
├── RegistryUriError          an address of a kind that is not supported
└── RegistryUnreachableError  the server or the database file does not answer
"""

from __future__ import annotations

import http.client
import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from pixguard.errors import PixguardError

# MLflow's own patience is 7 retries of 120 s: a pipeline step would hang for a quarter of an hour before it says why.
os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "2")
os.environ.setdefault("MLFLOW_HTTP_REQUEST_TIMEOUT", "20")
os.environ.setdefault("MLFLOW_HTTP_REQUEST_BACKOFF_FACTOR", "1")
os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")  # no run leaves the machine without being asked

PROBE_S = 5.0
DATABASES = ("sqlite", "postgresql", "mysql", "mssql")


class RegistryError(PixguardError):
    """MLflow refused a call."""


class RegistryUriError(RegistryError):
    """A tracking address of a kind that is not supported."""


class RegistryUnreachableError(RegistryError):
    """The MLflow server or its database file does not answer."""


def check_reachable(uri: str) -> None:
    """Return when MLflow answers at `uri` within seconds, else raise one of our errors with the way out."""
    scheme = urlsplit(uri).scheme.split("+")[0]
    if scheme in ("http", "https"):
        _check_server(uri)
    elif scheme == "sqlite":
        _check_file(uri)
    elif scheme not in DATABASES:
        raise RegistryUriError(
            f"MLflow address {uri!r}: wanted http(s)://host:port or sqlite:////path/mlflow.db; file stores end"
        )


@contextmanager
def translated(uri: str) -> Iterator[None]:
    """Turn whatever MLflow raises inside the block into RegistryError that names the address and the cause."""
    from mlflow.exceptions import MlflowException  # noqa: PLC0415  (mlflow takes seconds to import)

    with warnings.catch_warnings():
        # MLflow 3.17 with SQLAlchemy 2.1 and torch 2.13 warns about its own use of both; none of it is ours to mend.
        warnings.filterwarnings("ignore", category=DeprecationWarning)
        warnings.filterwarnings("ignore", category=FutureWarning, module=r"(torch|mlflow|copyreg)\b.*")
        warnings.filterwarnings("ignore", category=UserWarning, module=r"mlflow\b.*")
        try:
            yield
        except OSError as error:  # all errors of the requests library, and artifact folders that cannot be written
            raise RegistryUnreachableError(f"MLflow at {uri} cannot be used: {error}; {_way_out(uri)}") from error
        except MlflowException as error:
            text = str(error)
            if "Max retries exceeded" in text or "Connection" in text or "OperationalError" in text:
                raise RegistryUnreachableError(f"MLflow at {uri} does not answer: {text}; {_way_out(uri)}") from error
            raise RegistryError(f"MLflow at {uri}: {text}") from error


def _check_server(uri: str) -> None:
    parts = urlsplit(uri)
    if not parts.hostname:
        raise RegistryUriError(f"MLflow address {uri!r} names no host: wanted http(s)://host:port")
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = kind(parts.hostname, parts.port, timeout=PROBE_S)
    try:
        connection.request("GET", f"{parts.path.rstrip('/')}/health")
        status = connection.getresponse().status
    except (OSError, http.client.HTTPException) as error:
        raise RegistryUnreachableError(f"MLflow at {uri} does not answer: {error}; {_way_out(uri)}") from error
    finally:
        connection.close()
    if status >= 500:
        raise RegistryUnreachableError(f"MLflow at {uri} answers {status} on /health; {_way_out(uri)}")


def _check_file(uri: str) -> None:
    path = database_file(uri)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise RegistryUnreachableError(f"MLflow at {uri}: {error}; {_way_out(uri)}") from error
    wanted = path if path.exists() else path.parent
    if path.is_dir() or not os.access(wanted, os.W_OK):
        raise RegistryUnreachableError(f"MLflow at {uri}: {wanted} cannot be written; {_way_out(uri)}")


def database_file(uri: str) -> Path:
    """Return the file of a sqlite address (three slashes: relative, four: absolute)."""
    return Path(uri.split("://", 1)[1].split("?", maxsplit=1)[0].removeprefix("/"))


def _way_out(uri: str) -> str:
    if uri.startswith("http"):
        return "start the server, correct the address, or use sqlite:////path/mlflow.db on a laptop"
    return "give a sqlite:////path/mlflow.db in a folder that can be written"
