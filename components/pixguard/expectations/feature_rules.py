"""What the rows of a feature view must look like, derived from the declarations alone."""

from collections.abc import Iterator
from itertools import combinations, permutations

from pixguard.declaration import Aggregate, FeatureSet
from pixguard.expectations.rules import PATTERNS, AtMost, Between, Matches, NotNull, Rule, Unique
from pixguard.payment.schema import Kind
from pixguard.sketch import ESTIMATES

EVENT_TIME_US = "event_time_us"
"""The payment's time as int64 microseconds, which the reader of a feature view adds to its rows."""

_GROWING = ("count", "sum", "max", "last")
# (value, operation) that is at most another one over the same events. An amount is at least one centavo; a payment
# sets at most one bit of a distinct count's sketch, so its estimate is at most that of as many bits as payments.
_ORDERS = (
    (("amount_centavos", "max"), ("amount_centavos", "sum")),
    (("amount_centavos", "min"), ("amount_centavos", "max")),
    (("one", "count"), ("amount_centavos", "sum")),
    (("one", "first"), ("one", "last")),
    (("counterparty", "distinct"), ("one", "count")),
)


def feature_rules(feature_set: FeatureSet, view: str) -> tuple[Rule, ...]:
    """Return the rules of one feature view: keys, no nulls, nothing negative or from the future, no contradiction.

    Contradictions: a maximum above its sum, more distinct counterparties than payments, a sum of centavos below the
    count of its payments, more frauds than labels, a window above a longer one that contains it.
    """
    aggregates = feature_set.by_view()[view]
    keys: tuple[Rule, ...] = (
        NotNull("end_to_end_id"),
        Matches("end_to_end_id", PATTERNS[Kind.ID]),
        Unique("end_to_end_id"),
        NotNull("event_time"),
    )
    ranges: Iterator[Rule] = (rule for one in aggregates for rule in (NotNull(one.name), Between(one.name, 0)))
    times = (one for one in aggregates if one.operation in ("first", "last"))
    past: Iterator[Rule] = (AtMost(one.name, EVENT_TIME_US, strictly=True) for one in times)
    return (*keys, *ranges, *past, *_same_events(aggregates), *_part_of_events(aggregates), *_longer(aggregates))


def _events(one: Aggregate) -> tuple[object, ...]:
    return (one.measure.role, one.measure.source, one.window_us, one.hop_us, one.delay_us)


def _same_events(aggregates: tuple[Aggregate, ...]) -> Iterator[Rule]:
    """What two numbers about the same events owe each other."""
    for one, other in permutations(aggregates, 2):
        same = _events(one) == _events(other) and one.measure.only == other.measure.only
        if same and (_what(one), _what(other)) in _ORDERS:
            yield AtMost(one.name, other.name, readings=ESTIMATES if one.operation == "distinct" else ())


def _part_of_events(aggregates: tuple[Aggregate, ...]) -> Iterator[Rule]:
    """The labels of one verdict are some of all labels."""
    for one, other in permutations(aggregates, 2):
        part = one.measure.only and not other.measure.only and _events(one) == _events(other)
        if part and _what(one) == _what(other) and one.operation in _GROWING:
            yield AtMost(one.name, other.name)


def _what(one: Aggregate) -> tuple[str, str]:
    return (one.measure.value, one.operation)


def _longer(aggregates: tuple[Aggregate, ...]) -> Iterator[Rule]:
    """A window that surely contains another one holds at least as much.

    A window is never longer than its length and less than one hop shorter.
    """
    for one, other in combinations(sorted(aggregates, key=lambda a: a.window_us), 2):
        same = (one.column, one.operation, one.delay_us) == (other.column, other.operation, other.delay_us)
        if same and one.operation in _GROWING and one.window_us <= other.window_us - other.hop_us:
            yield AtMost(one.name, other.name)
