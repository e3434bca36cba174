"""Ranking quality under the protocol of the Fraud Detection Handbook, beside its numbers: `make bench-quality DATA=…`.

For each start: labels known two weeks later teach (payments of up to `--train-days`), the third week is judged, and
customers whose fraud is known by then are taken out as the book does. Features come from the product's own jobs;
`ours` is scored by ONNX, as it is served. Any other table of payments with labels goes through `--mapping`.
Source of protocol and numbers: Le Borgne et al. 2022, Reproducible Machine Learning for Credit Card Fraud Detection.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray
from table import Row, finish

from pixguard import lake as lakes
from pixguard.baseline import train_baseline
from pixguard.candidate import onnx_scores
from pixguard.dataset import Rows, TimeSplit, TrainingSet, training_set
from pixguard.features import FEATURE_SETS
from pixguard.jobs import build_features, build_training_set, ingest_payments
from pixguard.metrics import average_precision, card_precision_at_k, paired_bootstrap, roc_auc
from pixguard.model import FraudModel
from pixguard.privacy import create_keyring
from pixguard.training import TrainingConfig, best_epoch, refit, train
from pixguard.weights import export_onnx

DAY = timedelta(days=1)
TRAIN, DELAY, TEST = 7, 7, 7  # days; the book's
STARTS = "2018-07-25,2018-08-01,2018-08-08,2018-08-15"
RESAMPLES = 200
LABELS = ["end_to_end_id", "is_fraud", "known_at", "event_time", "payer_id"]
PUBLISHED = {
    "book_logistic_regression": (0.868, 0.623, 0.297),
    "book_random_forest": (0.870, 0.678, 0.299),
    "book_xgboost": (0.869, 0.687, 0.303),
    "book_mlp": (0.876, 0.675, 0.303),
    "book_lstm": (0.876, 0.665, 0.297),
    "book_lstm_attention": (0.874, 0.667, 0.295),
    "perfect_knowledge": (0.895, 0.791, 0.319),
}


@dataclass(frozen=True)
class Judged:
    """The judged rows of one start, and each model's scores of them."""

    start: datetime
    rows: Rows
    scores: Mapping[str, NDArray[Any]]

    def metrics(self, model: str) -> dict[str, float]:
        day, y, s = self.rows.event_time.astype("datetime64[D]"), self.rows.y, self.scores[model]
        cp100 = card_precision_at_k(day, self.rows.payer_id, y, s)
        return {"auc": roc_auc(y, s), "ap": average_precision(y, s), "cp100": cp100}


def main() -> None:
    arguments = parse()
    starts = [datetime.fromisoformat(text).replace(tzinfo=UTC) for text in arguments.starts.split(",")]
    with tempfile.TemporaryDirectory() as scratch:
        lake = arguments.lake or prepared(arguments, starts, Path(scratch) / "lake")
        table, names = retrieved(lake, arguments, starts, Path(scratch) / "rows.parquet")
        labels = pa.concat_tables(pq.read_table(f, columns=LABELS) for f in lakes.files(lake, "labels"))
        table, last = with_last_payments(table, lake, arguments.last)
    judged = [judge(table, labels, (names, last), start, arguments) for start in starts]
    published = PUBLISHED if (arguments.feature_set, arguments.starts) == ("handbook", STARTS) else {}
    finish("quality", [*measured(judged), *compared(judged), *quoted(published)])


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="payments: a file or a folder")
    parser.add_argument("--labels", type=Path, help="labels, where they are a table of their own")
    parser.add_argument("--mapping", default="handbook", help="a shipped mapping or a path (%(default)s)")
    parser.add_argument("--feature-set", choices=sorted(FEATURE_SETS), default="handbook", help="(%(default)s)")
    parser.add_argument("--starts", default=STARTS, help="first days of training weeks (%(default)s)")
    parser.add_argument("--train-days", type=int, default=28, help="training rows reach back so far (%(default)s)")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--last", type=int, default=0, help="also train on the payer's last payments, so many of them")
    parser.add_argument("--lake", type=Path, help="a lake that holds payments, labels and features already")
    return parser.parse_args()


def prepared(arguments: argparse.Namespace, starts: list[datetime], lake: Path) -> Path:
    """Take DATA into a new lake and build the features of the days that the protocol reads."""
    keys = lake.with_name("keys.json")
    create_keyring(keys)
    ingest_payments.run(input=arguments.data, labels=arguments.labels, mapping=arguments.mapping, lake=lake, keys=keys)
    first, end = _period(starts, arguments.train_days)
    build_features.run(lake=lake, feature_set=arguments.feature_set, start=first.date(), end=end.date())
    return lake


def retrieved(
    lake: Path, arguments: argparse.Namespace, starts: list[datetime], out: Path
) -> tuple[pa.Table, tuple[str, ...]]:
    """Fetch the training and judged payments of all starts through Feast; return them and the features in order."""
    first, end = _period(starts, arguments.train_days)
    declared = FEATURE_SETS[arguments.feature_set]
    fetched = build_training_set.run(lake=lake, feature_set=declared, start=first, end=end, out=out)
    return pq.read_table(out), fetched.features


def with_last_payments(table: pa.Table, lake: Path, count: int) -> tuple[pa.Table, tuple[str, ...]]:
    """Add amount, age and same payee of the payer's last `count` payments before each; return the names added."""
    if not count:
        return table, ()
    window = "OVER (PARTITION BY payer_id ORDER BY event_time, end_to_end_id)"
    columns = {}
    for back in range(1, count + 1):
        columns[f"last_{back}_amount"] = f"lag(amount_centavos, {back}) {window} / 100"
        columns[f"last_{back}_seconds"] = f"(epoch_us(event_time) - lag(epoch_us(event_time), {back}) {window}) / 1e6"
        columns[f"last_{back}_same_payee"] = f"(payee_id = lag(payee_id, {back}) {window})::INT"
    chosen = ", ".join(f"({expression})::FLOAT AS {name}" for name, expression in columns.items())
    source = f"read_parquet('{lake}/payments/*/*.parquet')"
    with duckdb.connect() as connection:
        connection.register("rows", table)
        joined = connection.sql(
            f"SELECT rows.*, last.* EXCLUDE (end_to_end_id) FROM rows JOIN "
            f"(SELECT end_to_end_id, {chosen} FROM {source}) AS last USING (end_to_end_id)"
        ).to_arrow_table()
    if joined.num_rows != table.num_rows:
        raise SystemExit(f"{table.num_rows} rows went in and {joined.num_rows} came out")
    return joined, tuple(columns)


def _period(starts: list[datetime], train_days: int) -> tuple[datetime, datetime]:
    return min(starts) + (TRAIN - train_days) * DAY, max(starts) + (TRAIN + DELAY + TEST) * DAY


def judge(
    table: pa.Table,
    labels: pa.Table,
    inputs: tuple[tuple[str, ...], tuple[str, ...]],
    start: datetime,
    arguments: argparse.Namespace,
) -> Judged:
    """Train the models as of one start and score the week that follows the delay; `inputs`: the set's, and more."""
    names, last = inputs
    cut_off = start + (TRAIN + DELAY) * DAY
    first = start + (TRAIN - arguments.train_days) * DAY
    split = TimeSplit(cut_off=cut_off, maturity=DELAY * DAY, start=first, end=cut_off + TEST * DAY)
    data = training_set(table, labels, names, split)
    later = data.judged.take(~is_known_compromised(data.judged, labels, start))
    model, epochs = trained(data, arguments.seed)
    scores = {"ours": served_scores(model, later), "lightgbm": train_baseline(data.fit, data.stop).score(later.x_rf)}
    if last:
        longer = training_set(table, labels, (*names, *last), split)
        chosen = longer.judged.take(np.isin(longer.judged.end_to_end_id, later.end_to_end_id))
        with_last, _ = trained(longer, arguments.seed)
        scores["ours_with_last_payments"] = served_scores(with_last, chosen)
    judged = Judged(start, later, scores)
    found = ", ".join(f"{name} ap {judged.metrics(name)['ap']:.3f}" for name in scores)
    print(f"{start:%Y-%m-%d}: {len(later)} rows, {later.frauds} frauds, {epochs} epochs, {found}", flush=True)
    return judged


def trained(data: TrainingSet, seed: int) -> tuple[FraudModel, int]:
    """Return the model as the job trains it, and for how many epochs."""
    config = TrainingConfig(seed=seed)
    _, history = train(data.fit, data.stop, config)
    return refit(data.taught, history, config), best_epoch(history)


def is_known_compromised(rows: Rows, labels: pa.Table, start: datetime) -> NDArray[np.bool_]:
    """Return a mask of the rows whose payer has a fraud since `start` that was known before the row's day began.

    Frauds before the training week do not count: the book does not look further back.
    """
    frauds = labels.filter(labels["is_fraud"]).to_pandas()
    known = frauds[frauds["event_time"] >= start].groupby("payer_id")["known_at"].min()
    known_at = pd.Series(rows.payer_id).map(known).dt.tz_localize(None).to_numpy(dtype="datetime64[us]")
    return np.asarray(known_at < rows.event_time.astype("datetime64[D]"))  # never known is NaT, and never less


def served_scores(model: FraudModel, rows: Rows) -> NDArray[Any]:
    """Return the scores of the exported file in ONNX Runtime."""
    with tempfile.TemporaryDirectory() as scratch:
        onnx = Path(scratch) / "model.onnx"
        export_onnx(model, onnx)
        return onnx_scores(onnx, rows.x_rf)


def measured(judged: list[Judged]) -> list[Row]:
    """Return each model's metrics, the mean over the starts first."""
    rows = []
    for model in judged[0].scores:
        by_start = [one.metrics(model) for one in judged]
        rows += [Row(model, name, float(np.mean([m[name] for m in by_start])), "share") for name in by_start[0]]
        for one, metrics in zip(judged, by_start, strict=True):
            rows += [Row(f"{model} {one.start:%Y-%m-%d}", name, value, "share") for name, value in metrics.items()]
    return rows


def compared(judged: list[Judged]) -> list[Row]:
    """Return ours minus LightGBM in mean average precision, with its 95 % interval over resampled payers."""
    y, payer = (np.concatenate([getattr(one.rows, name) for one in judged]) for name in ("y", "payer_id"))
    period = np.repeat(np.arange(len(judged)), [len(one.rows) for one in judged])
    ours, theirs = (np.concatenate([one.scores[name] for one in judged]) for name in ("ours", "lightgbm"))
    interval = paired_bootstrap(_mean_ap, y, ours, theirs, payer, n=RESAMPLES, rows={"period": period})
    values = {"ap": interval.estimate, "ap_low": interval.low, "ap_high": interval.high}
    return [Row("ours minus lightgbm", name, value, "share") for name, value in values.items()]


def _mean_ap(y: NDArray[Any], s: NDArray[Any], weight: NDArray[Any], period: NDArray[Any]) -> float:
    parts = (period == number for number in np.unique(period))
    return float(np.mean([average_precision(y[part], s[part], weight[part]) for part in parts]))


def quoted(published: Mapping[str, tuple[float, ...]]) -> list[Row]:
    """Return the book's numbers as rows."""
    names = ("auc", "ap", "cp100")
    return [Row(c, n, v, "share") for c, values in published.items() for n, v in zip(names, values, strict=True)]


if __name__ == "__main__":
    main()
