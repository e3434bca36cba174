"""The store of versions: an S3 bucket laid out as KServe's storage initialiser reads it. A version never changes."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from pixguard.overlay import Placed
from pixguard.provenance import KeptVersion, load_version
from pixguard.provenance.files import SIGNATURE
from pixguard.release.errors import ConflictError, MissingError, StoreError

T = TypeVar("T")


@dataclass(frozen=True)
class StoreAccess:
    """How to reach S3; without keys boto3 finds them as it always does (environment, files, the pod's role)."""

    endpoint: str | None = None
    access_key: str | None = field(default=None, repr=False)
    secret_key: str | None = field(default=None, repr=False)
    region: str = "us-east-1"

    @classmethod
    def from_environment(cls) -> StoreAccess:
        """Return what KServe's storage initialiser reads: AWS_ENDPOINT_URL, AWS_DEFAULT_REGION; keys by boto3."""
        return cls(os.environ.get("AWS_ENDPOINT_URL"), region=os.environ.get("AWS_DEFAULT_REGION", "us-east-1"))


class Store:
    """Versions side by side below one address, that of any version already named in an overlay."""

    def __init__(self, neighbour: Placed, access: StoreAccess) -> None:
        import boto3  # noqa: PLC0415  (its import takes a while)
        from botocore.config import Config  # noqa: PLC0415

        self._neighbour, self._endpoint = neighbour, access.endpoint or "AWS"
        self._s3: Any = boto3.client(
            "s3", endpoint_url=access.endpoint, region_name=access.region,
            aws_access_key_id=access.access_key, aws_secret_access_key=access.secret_key,
            config=Config(connect_timeout=3, read_timeout=20, retries={"mode": "standard", "total_max_attempts": 3},
                          s3={"addressing_style": "path"}, request_checksum_calculation="when_required",
                          response_checksum_validation="when_required"),
        )  # fmt: skip

    def put(self, kept: KeptVersion, public_key: Path) -> Placed:
        """Upload a version where it is absent, and verify what then lies in the store by its signature.

        The signature goes last: an upload that was cut off is no version, and is finished by the next. ConflictError
        when other content lies under the name: nothing is overwritten.
        """
        placed = self._neighbour.beside(kept.name)
        files = {path.relative_to(kept.folder).as_posix(): path for path in kept.folder.rglob("*") if path.is_file()}
        present = self._listed(placed)
        if foreign := sorted(present - set(files)):
            raise ConflictError(f"{placed.uri} holds {', '.join(foreign)}, which the version does not")
        for name in sorted(present):
            self._compare(placed, name, files[name].read_bytes())
        for name in sorted(set(files) - present, key=lambda each: (each == SIGNATURE, each)):
            self._write(placed, name, files[name].read_bytes())
        self.verify(kept.name, public_key)
        return placed

    def verify(self, name: str, public_key: Path) -> None:
        """Return if the store holds the version `name` whole, as it was signed; MissingError, SignatureError."""
        with tempfile.TemporaryDirectory(prefix="pixguard-verify-") as folder:
            load_version(self.fetch(name, Path(folder)), public_key)

    def fetch(self, name: str, folder: Path) -> Path:
        """Bring the version into `folder`/<name> as it lies in the store, unverified; MissingError if it does not."""
        placed = self._neighbour.beside(name)
        files = self._listed(placed)
        if not files:
            raise MissingError(f"{placed.uri} is not in the store at {self._endpoint}; propose its folder again")
        for file in files:
            path = folder / name / file
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(self._read(placed, file))
        return folder / name

    def holds(self, name: str) -> bool:
        """Return whether the version is there: its signature, which is uploaded last."""
        return SIGNATURE in self._listed(self._neighbour.beside(name))

    def _listed(self, placed: Placed) -> set[str]:
        bucket, prefix = _address(placed)

        def pages() -> set[str]:
            found = self._s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
            try:
                return {each["Key"].removeprefix(prefix) for page in found for each in page.get("Contents", ())}
            except self._s3.exceptions.NoSuchBucket:
                return set()  # it holds nothing; who writes there is told, where the store does not make buckets

        return self._asked(pages, placed.uri) - {""}

    def _read(self, placed: Placed, file: str) -> bytes:
        bucket, prefix = _address(placed)
        return self._asked(lambda: bytes(self._s3.get_object(Bucket=bucket, Key=prefix + file)["Body"].read()), file)

    def _write(self, placed: Placed, file: str, content: bytes) -> None:
        """Write an object that must not be there; where another upload of the version was first, compare."""
        bucket, prefix = _address(placed)
        with suppress(_ExistsError):
            self._asked(
                lambda: self._s3.put_object(Bucket=bucket, Key=prefix + file, Body=content, IfNoneMatch="*"), file
            )
        self._compare(placed, file, content)

    def _compare(self, placed: Placed, file: str, content: bytes) -> None:
        if self._read(placed, file) != content:
            raise ConflictError(f"{placed.uri}: {file} has other content there; a version never changes")

    def _asked(self, call: Callable[[], T], what: str) -> T:
        from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415

        try:
            return call()
        except ClientError as error:
            if error.response.get("ResponseMetadata", {}).get("HTTPStatusCode") == 412:
                raise _ExistsError(what) from error
            said = error.response.get("Error", {})
            raise StoreError(f"the store at {self._endpoint} refuses {what}: {said.get('Code')} "
                             f"{said.get('Message', '')}; nothing was released") from error  # fmt: skip
        except (BotoCoreError, OSError) as error:
            raise StoreError(
                f"the store at {self._endpoint} does not answer ({error}); nothing was released"
            ) from error


class _ExistsError(StoreError):
    """The object is there already."""


def _address(placed: Placed) -> tuple[str, str]:
    """Return bucket and key prefix."""
    scheme, _, rest = placed.uri.partition("://")
    if scheme != "s3":
        raise StoreError(f"{placed.uri}: versions are kept in s3://<bucket>/…")
    bucket, _, key = rest.rstrip("/").partition("/")
    return bucket, f"{key}/"
