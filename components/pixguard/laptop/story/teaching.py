"""Train a model with what is known by now, and put it through the gate: the pipeline's own jobs in their order."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from pixguard.jobs import ingest_payments, judge_model, register_model, train_model
from pixguard.lake import files
from pixguard.laptop.story.books import Books
from pixguard.laptop.story.world import World
from pixguard.outcomes.table import micros_of
from pixguard.policy import Exploration, Policy, Sourced
from pixguard.provenance import KeptVersion, load_version
from pixguard.provenance.files import write_json
from pixguard.registry import Registry
from pixguard.training import TrainingConfig

EXPERIMENT = "pixguard"  # the jobs' default
EXPLORED = Exploration(
    Sourced(0.1, "the story: enough to estimate from within ninety days of a small world"),
    Sourced(500_00, "the default: what one explored fraud may cost at most"),
)


@dataclass(frozen=True)
class School:
    """Where versions are made: the lake of what is known, runs, kept versions, the registry, the signing key."""

    folder: Path
    maturity_days: int
    judge_days: int
    train_days: int
    epochs: int = TrainingConfig.epochs
    gate_rules: Path | None = None

    @property
    def versions(self) -> Path:
        """The folder of kept versions."""
        return self.folder / "models" / "versions"

    @property
    def signing_key(self) -> Path:
        """The private key; its public half lies beside it."""
        return self.folder / "keys" / "signing.pem"

    @property
    def public_key(self) -> Path:
        """What verifies versions."""
        return Path(f"{self.signing_key}.pub")

    @property
    def tracking_uri(self) -> str:
        """MLflow's address."""
        return f"sqlite:///{self.folder / 'mlflow' / 'mlflow.db'}"

    @property
    def registry(self) -> Registry:
        """MLflow's registry, as the jobs open it."""
        return Registry(self.tracking_uri, EXPERIMENT)

    def teach(self, world: World, books: Books, now: datetime, name: str) -> tuple[KeptVersion | None, tuple[str, ...]]:
        """Return the version that passed the gate, or None and the checks that it did not pass."""
        run = self.folder / "models" / "runs" / name
        shutil.rmtree(run, ignore_errors=True)
        run.mkdir(parents=True)
        lake, rows = self._known(world, books, now), run / "rows.parquet"
        past = pc.less(world.rows["event_time"], pa.scalar(now, world.rows["event_time"].type))
        pq.write_table(world.rows.filter(past), rows, compression="none")
        write_json(self.folder / "policy.json", Policy(exploration=EXPLORED).to_json())
        train_model.run(
            rows=rows, lake=lake, out=run, tracking_uri=self.tracking_uri, maturity_days=self.maturity_days,
            judge_days=self.judge_days, train_days=self.train_days, config=TrainingConfig(seed=7, epochs=self.epochs),
            public_key=self.public_key if self.public_key.exists() else None, title=name,
            policy=self.folder / "policy.json",
        )  # fmt: skip
        rows.unlink()
        verdict = judge_model.run(scored=run / "scored.parquet", model=run / "model", out=run / "verdict",
                                  training_rows=run / "training_rows.parquet", rules=self.gate_rules)  # fmt: skip
        if not verdict.passed:
            return None, tuple(f"{each.name} {each.outcome}" for each in verdict.checks if not each.passed)
        kept = register_model.run(
            model=run / "model", verdict=run / "verdict", input_example=run / "example.npz", versions=self.versions,
            signing_key=self.signing_key, tracking_uri=self.tracking_uri, kept_by="pixguard story",
            pipeline_run_id=name,
        )  # fmt: skip
        return load_version(Path(kept.folder), self.public_key), ()

    def _known(self, world: World, books: Books, now: datetime) -> Path:
        """Ingest what came since the last time; return the lake."""
        lake, inbox = self.folder / "lake", self.folder / "inbox"
        shutil.rmtree(inbox, ignore_errors=True)
        inbox.mkdir(parents=True)
        known = [date.fromisoformat(path.parent.name[-10:]) for path in files(lake, "payments")]
        since = datetime.combine(max(known, default=date.min), time(), UTC)  # that day may not have been whole
        first, end = np.searchsorted(world.event_us, [micros_of(since), micros_of(now)])
        pq.write_table(world.payments.slice(first, end - first), inbox / "payments.parquet")
        pq.write_table(books.labels(now), inbox / "labels.parquet")
        ingest_payments.run(input=inbox / "payments.parquet", labels=inbox / "labels.parquet", mapping="simulator",
                            lake=lake)  # fmt: skip
        return lake
