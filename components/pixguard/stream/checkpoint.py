"""What a checkpoint was made for: declarations, buckets and cut, so that a stream never reads another's state."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Any

from pyspark.sql import SparkSession

from pixguard.errors import PixguardError
from pixguard.stream.events import BUCKETS, Layouts

RECORD = "pixguard.json"
_ANEW = "run pixguard backfill, then start the stream with an empty --checkpoint"


class CheckpointError(PixguardError):
    """A checkpoint or a backfill that was made for other declarations; the message says how to make it anew."""


@dataclass(frozen=True)
class Record:
    """Fingerprints of the layouts, number of buckets, and the time at which the stream took over from batch."""

    feature_set: str
    fingerprints: dict[str, int]
    buckets: int
    cut_us: int | None

    @classmethod
    def of(cls, feature_set: str, layouts: Layouts, cut_us: int | None) -> Record:
        """Return the record of the declarations as they are now."""
        return cls(feature_set, {entity: one.fingerprint for entity, one in layouts.items()}, BUCKETS, cut_us)

    @classmethod
    def parse(cls, text: str, where: str) -> Record:
        """Return the record in a text; CheckpointError if it is damaged."""
        try:
            return cls(**json.loads(text))
        except (ValueError, TypeError) as error:
            raise CheckpointError(f"{where}/{RECORD} is damaged ({error}): {_ANEW}") from error

    def text(self) -> str:
        """Return it as JSON."""
        return json.dumps(asdict(self), indent=2) + "\n"

    def check(self, found: Record, where: str) -> None:
        """Raise CheckpointError where what was found is not of these declarations."""
        names = sorted({*found.fingerprints, *self.fingerprints})
        changed = [name for name in names if found.fingerprints.get(name) != self.fingerprints.get(name)]
        if changed or found.buckets != self.buckets:
            what = ", ".join(changed) or "number of buckets"
            raise CheckpointError(f"{where} holds state of other declarations ({what}): {_ANEW}")


def claim(spark: SparkSession, checkpoint: str, wanted: Record) -> None:
    """Write the record into a new checkpoint, or hold it against the one that is there.

    A checkpoint may lie wherever Spark can write, so this goes through Spark's own file systems.
    """
    path = _path(spark, f"{checkpoint}/{RECORD}")
    files = path.getFileSystem(spark._jsc.hadoopConfiguration())
    if not files.exists(path):
        _write(files, path, _path(spark, f"{checkpoint}/.{RECORD}"), wanted.text())
        return
    found = Record.parse(_read(spark, files, path), checkpoint)
    wanted.check(found, checkpoint)
    if found.cut_us != wanted.cut_us:
        raise CheckpointError(f"{checkpoint} took over from another backfill: {_ANEW}")


def _path(spark: SparkSession, text: str) -> Any:
    return spark._jvm.org.apache.hadoop.fs.Path(text)  # type: ignore[union-attr] # there is one: we are no Connect client


def _write(files: Any, path: Any, temporary: Any, text: str) -> None:
    out = files.create(temporary, True)
    out.write(bytearray(text.encode()))
    out.close()
    files.rename(temporary, path)


def _read(spark: SparkSession, files: Any, path: Any) -> str:
    with_utf8 = spark._jvm.org.apache.commons.io.IOUtils  # type: ignore[union-attr]
    stream = files.open(path)
    text = with_utf8.toString(stream, "UTF-8")
    stream.close()
    return str(text)
