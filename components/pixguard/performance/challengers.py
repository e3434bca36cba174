"""Champion against challengers: payments replayed to a challenger, judged with the champion's matured labels."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

import numpy as np
import pyarrow.compute as pc

from pixguard.metrics import (
    Interval,
    Measured,
    MetricError,
    average_precision,
    joint_bootstrap,
    recall_at_fpr,
    value_detection_rate,
)
from pixguard.outcomes import Outcomes
from pixguard.performance.labelled import Labelled, observed
from pixguard.performance.measure import BUDGET, RESAMPLES


@dataclass(frozen=True)
class Comparison:
    """Challenger minus champion on the same payments, None where there are too few frauds for an interval."""

    challenger: str
    rows: int
    frauds: int
    differences: dict[str, Interval | None]


def compare(
    outcomes: Outcomes, champion: str, cut_off: datetime, maturity: timedelta, *, resamples: int = RESAMPLES
) -> list[Comparison]:
    """Return a comparison with every version that the champion's matured payments were replayed to."""
    rows = observed(outcomes, champion, cut_off, maturity)
    others = sorted(set(pc.unique(outcomes.replays["version"]).to_pylist()) - {champion})
    return [_compare(rows, outcomes, name, resamples) for name in others]


def _compare(rows: Labelled, outcomes: Outcomes, challenger: str, resamples: int) -> Comparison:
    theirs = outcomes.replays.filter(pc.equal(outcomes.replays["version"], challenger))
    place = pc.index_in(rows.decisions["end_to_end_id"], value_set=theirs["end_to_end_id"].combine_chunks())
    both = rows.take(np.asarray(pc.is_valid(place).to_numpy(), dtype=np.bool_))
    names = ("average_precision", "recall_at_fpr_0.1pct", "recall_at_fpr_1pct", "value_detection_rate")
    if not 0 < both.frauds < len(both):
        return Comparison(challenger, len(both), both.frauds, dict.fromkeys(names))
    scores = theirs["probability"].to_numpy()[np.asarray(pc.drop_null(place).to_numpy(), dtype=np.int64)]
    measured = {
        names[0]: Measured(average_precision),
        names[1]: Measured(partial(recall_at_fpr, fpr=0.001)),
        names[2]: Measured(partial(recall_at_fpr, fpr=0.01)),
        names[3]: Measured(partial(value_detection_rate, budget=BUDGET), {"amount": both.amount_centavos}),
    }
    sides = {"challenger": scores, "champion": both.score}
    draws = joint_bootstrap(measured, both.y, sides, both.payer, n=resamples)
    found: dict[str, Interval | None] = {}
    for name in names:
        try:
            found[name] = draws.difference("challenger", "champion", name)
        except MetricError:  # too few frauds for an interval
            found[name] = None
    return Comparison(challenger, len(both), both.frauds, found)
