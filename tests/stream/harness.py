"""A stream over a folder of segments, run by hand."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pixguard.declaration import FeatureSet
from pixguard.features import PIX
from pixguard.online_store import OnlineStore, open_online_store
from pixguard.producer import write_segment
from pixguard.state import FOLDING, Folding
from pixguard.stream.messages import encode

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

    from pixguard.stream.sink import Written

Messages = Iterable[tuple[str, Mapping[str, Any]]]


@dataclass
class Stream:
    """A stream over a folder of segments; `written` is what its last run wrote, batch by batch."""

    spark: "SparkSession"
    folder: Path
    feature_set: FeatureSet = PIX
    folding: Folding = FOLDING
    backfill: Path | None = None
    online_store: str = ""
    written: "list[tuple[int, Written]]" = field(default_factory=list)
    progress: list[dict[str, Any]] = field(default_factory=list)

    def send(self, name: str, messages: Messages, *raw: bytes) -> None:
        write_segment(self.folder / "in", name, [*(encode(kind, data) for kind, data in messages), *raw])

    def run(self, watch: Callable[[int], None] = lambda _number: None) -> None:
        """Read what there is, a segment a batch."""
        import json

        from pixguard.stream.query import StreamOptions, start
        from pixguard.stream.source import Source

        self.written = []

        def wrote(number: int, written: "Written") -> None:
            self.written.append((number, written))
            watch(number)

        options = StreamOptions(
            feature_set=self.feature_set,
            source=Source(f"file://{self.folder}/in", per_batch=1),
            online_store=self.address,
            checkpoint=str(self.folder / "checkpoint"),
            backfill=self.backfill,
            trigger_s=None,
            folding=self.folding,
        )
        query = start(self.spark, options, wrote)
        query.awaitTermination()
        self.progress = [json.loads(one.json) for one in query.recentProgress]

    @property
    def address(self) -> str:
        return self.online_store or f"sqlite://{self.folder}/online.db"

    @property
    def store(self) -> OnlineStore:
        return open_online_store(self.address, self.feature_set)
