"""Files → staged rows that keep the contract, and rejects, batch by batch."""

from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from pixguard.datasets.apply import Mapped, apply, labels_inside
from pixguard.datasets.mapping import Mapping
from pixguard.datasets.readers import RawBatch, read
from pixguard.payment.columns import Int64s
from pixguard.payment.reasons import Reason
from pixguard.payment.rules import Judgement, judge
from pixguard.payment.schema import LABEL_FIELDS, PAYMENT_FIELDS, Field, reject_schema
from pixguard.privacy import Keyring

PLACE = (pa.field("ordinal", pa.int64()), pa.field("file", pa.string()), pa.field("row", pa.int64()))
"""Where a staged row came from: its number in the whole input, its file, its row there."""


class Intake:
    """One table's way in: counts rows, stages those that keep the contract, writes the others to its rejects."""

    def __init__(self, name: str, fields: Sequence[Field], folder: Path, rejects: Path) -> None:
        self.fields = fields
        self.schema = pa.schema([field.arrow for field in fields])
        self.path = folder / f"{name}.parquet"
        self.rows = 0
        self.rejected = 0
        self.reasons: Counter[str] = Counter()
        self._reject_schema = pa.schema([pa.field("file", pa.string(), nullable=False), *reject_schema(self.schema)])
        self._staged = pq.ParquetWriter(self.path, pa.schema([*self.schema, *PLACE]), compression="lz4")
        self._rejects = pq.ParquetWriter(rejects / f"{name}.parquet", self._reject_schema, compression="zstd")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Close both files; those of a failed ingest are removed with their folder."""
        self.close()
        self._rejects.close()

    def close(self) -> None:
        """End the staging, so that the staged file can be read; rejects may still be added."""
        self._staged.close()

    def add(self, file: str, judgement: Judgement, rows: Int64s) -> None:
        """Take a judged batch, whose rows have the numbers `rows` in `file`."""
        accepted, right = judgement.accepted(), judgement.right
        ordinals = pa.array((self.rows + np.arange(len(rows)))[right])
        places = [ordinals, pa.array([file] * len(accepted), pa.string()), pa.array(rows[right])]
        self._staged.write_table(pa.table([*accepted.columns, *places], schema=pa.schema([*self.schema, *PLACE])))
        self.rows += len(rows)
        self.reject(file, judgement.rejected(rows))

    def add_unreadable(self, file: str, rows: Int64s) -> None:
        """Take rows that could not even be read."""
        reasons = pa.array([[Reason.UNREADABLE_ROW.value]] * len(rows), pa.list_(pa.string()))
        empty = [pa.nulls(len(rows), field.type) for field in self.schema]
        self.rows += len(rows)
        self.reject(file, pa.table([pa.array(rows), reasons, *empty], schema=reject_schema(self.schema)))

    def reject(self, file: str | None, rejected: pa.Table) -> None:
        """Write rejected rows; without `file`, they carry a column of it."""
        if file is not None:
            rejected = rejected.append_column("file", pa.array([file] * len(rejected), pa.string()))
        if len(rejected):
            self._rejects.write_table(rejected.select(self._reject_schema.names).cast(self._reject_schema))
        self.rejected += len(rejected)
        for entry in pc.value_counts(pc.list_flatten(rejected["reasons"])).to_pylist():
            self.reasons[entry["values"]] += entry["counts"]


def take_payments(
    files: Iterable[tuple[str, Path]], mapping: Mapping, keys: Keyring | None, payments: Intake, labels: Intake
) -> None:
    """Read payment files, named as their rejects will name them, and the labels inside them if the mapping says so."""
    for name, file in files:
        for batch in read(file, mapping, mapping.payments_input):
            mapped = apply(mapping, mapping.payments, batch.table, keys)
            judgement = _judged(mapped, PAYMENT_FIELDS, mapping)
            payments.add(name, judgement, batch.rows)
            payments.add_unreadable(name, batch.unreadable)
            if mapping.labels_with_payments:
                _take_labels_inside(name, batch, mapping, mapped, labels)


def take_labels(files: Iterable[tuple[str, Path]], mapping: Mapping, labels: Intake) -> None:
    """Read label files."""
    for name, file in files:
        if mapping.labels is None:
            return
        for batch in read(file, mapping, mapping.labels):
            mapped = apply(mapping, mapping.labels, batch.table, None)
            labels.add(name, _judged(mapped, LABEL_FIELDS, mapping), batch.rows)
            labels.add_unreadable(name, batch.unreadable)


def _take_labels_inside(name: str, batch: RawBatch, mapping: Mapping, mapped: Mapped, labels: Intake) -> None:
    inside, there = labels_inside(mapping, mapped, batch.table)
    chosen = there.to_numpy(zero_copy_only=False)
    problems = {field: codes[chosen] for field, codes in inside.problems.items()}
    judgement = _judged(Mapped(inside.table.filter(there), problems), LABEL_FIELDS, mapping)
    labels.add(name, judgement, batch.rows[chosen])


def _judged(mapped: Mapped, fields: Sequence[Field], mapping: Mapping) -> Judgement:
    return judge(
        mapped.table,
        fields,
        found=mapped.problems,
        derived_ids=mapping.derived_ids or mapping.tokenised,
        zero_amounts=mapping.zero_amounts,
    )
