"""What a checkpoint was made for, so that a stream never reads another's state, and how it moves on to a new backfill.

Below `--checkpoint` lies one folder for each backfill that the stream took over from, named after it, and in each a
record of its declarations and cut. A new backfill makes a new folder: the stream loads the backfill online, writes the
record, and begins at the cut. Then the folders before it go; a folder without its record is none, so a
cleaner that was killed leaves nothing half.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

from pyspark.sql import SparkSession

from pixguard.errors import PixguardError
from pixguard.stream.events import BUCKETS, Layouts

RECORD = "pixguard.json"
FROM_NOTHING = "no-backfill"
_ANEW = "run pixguard backfill, and start the stream with its --lake"


class CheckpointError(PixguardError):
    """A checkpoint or a backfill that was made for other declarations; the message says how to make it anew."""


@dataclass(frozen=True)
class Record:
    """Fingerprints of the layouts, number of buckets, and from which backfill, as of when, the stream goes on.

    `zero_amounts` tells whether payments of 0 count: in a backfill's record, whether its lake holds any.
    """

    feature_set: str
    fingerprints: dict[str, int]
    buckets: int
    cut_us: int | None
    backfill: str = FROM_NOTHING
    zero_amounts: bool = False

    @classmethod
    def of(cls, feature_set: str, layouts: Layouts, cut_us: int | None = None, backfill: str = FROM_NOTHING) -> Record:
        """Return the record of the declarations as they are now."""
        fingerprints: dict[str, int] = {entity: one.fingerprint for entity, one in layouts.items()}
        return cls(feature_set, fingerprints, BUCKETS, cut_us, backfill)

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


class Checkpoints:
    """The folders below a `--checkpoint`; it may lie wherever Spark can write, so all goes through its file systems."""

    def __init__(self, spark: SparkSession, root: str) -> None:
        self._jvm, self.root = spark._jvm, root
        self._files = self._path("").getFileSystem(spark._jsc.hadoopConfiguration())

    def claim(self, wanted: Record, take_over: Callable[[], None]) -> str:
        """Return the folder of a backfill; where it is new, it gets its record once `take_over` has done its work.

        CheckpointError where the folder is of other declarations, or where a stream that took over from a backfill is
        now told of none.
        """
        folder, record = f"{self.root}/{wanted.backfill}", f"{wanted.backfill}/{RECORD}"
        known = self._recorded()
        if wanted.backfill in known:
            found = Record.parse(self._read(record), folder)
            wanted.check(found, folder)
            if found.zero_amounts != wanted.zero_amounts:
                begun = "with" if found.zero_amounts else "without"
                raise CheckpointError(f"{folder} was begun {begun} --zero-amounts: go on so, or {_ANEW}")
        elif known and wanted.backfill == FROM_NOTHING:
            raise CheckpointError(f"{self.root} took over from a backfill: start the stream with its --lake")
        else:
            self._remove(wanted.backfill)
            take_over()
            self._write(record, wanted.text())
        self._forget_others(wanted.backfill)
        return folder

    def _forget_others(self, current: str) -> None:
        """Remove what is there of other backfills, records first: none of them comes back."""
        others = [name for name in self._names() if name != current]
        for name in others:
            self._files.delete(self._path(f"{name}/{RECORD}"), False)
        for name in others:
            self._remove(name)

    def _recorded(self) -> list[str]:
        return [name for name in self._names() if self._files.exists(self._path(f"{name}/{RECORD}"))]

    def _names(self) -> list[str]:
        root = self._path("")
        return [one.getPath().getName() for one in self._files.listStatus(root)] if self._files.exists(root) else []

    def _remove(self, name: str) -> None:
        self._files.delete(self._path(name), True)

    def _path(self, name: str) -> Any:
        return self._jvm.org.apache.hadoop.fs.Path(f"{self.root}/{name}".rstrip("/"))  # type: ignore[union-attr]

    def _write(self, name: str, text: str) -> None:
        temporary, path = self._path(f"{name}.new"), self._path(name)
        out = self._files.create(temporary, True)
        out.write(bytearray(text.encode()))
        out.close()
        self._files.rename(temporary, path)

    def _read(self, name: str) -> str:
        stream = self._files.open(self._path(name))
        text = self._jvm.org.apache.commons.io.IOUtils.toString(stream, "UTF-8")  # type: ignore[union-attr]
        stream.close()
        return str(text)
