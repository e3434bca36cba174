"""What every row of the lake must look like, derived from the contract and the feature declarations.

A rule is written once and read twice: as SQL, which counts the rows that break it in the whole table, and as the Great
Expectations expectation (its class name and arguments) that judges and reports the rows which are looked at closely.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

from pixguard.payment.schema import (
    ACCEPTED_LABEL_SCHEMA,
    DERIVED_ID_PATTERN,
    EARLIEST_TIME,
    ISPB_PATTERN,
    LABEL_FIELDS,
    LATEST_TIME,
    MAX_AMOUNT_CENTAVOS,
    MAX_COUNT,
    PAYMENT_FIELDS,
    PIX_ID_PATTERN,
    TOKENISED_PATTERN,
    Field,
    Kind,
)
from pixguard.sql import literal, quoted

PATTERNS = {
    Kind.ID: f"^(?:{PIX_ID_PATTERN}|{DERIVED_ID_PATTERN})$",
    Kind.TOKENISED: f"^{TOKENISED_PATTERN}$",
    Kind.ISPB: f"^{ISPB_PATTERN}$",
}


class Rule(Protocol):
    """One expectation on the rows of a table."""

    expectation: ClassVar[str]

    @property
    def column(self) -> str:
        """The column that the rule is about."""
        ...

    @property
    def broken(self) -> str:
        """A SQL condition that is true for a row that breaks the rule, never null."""
        ...

    @property
    def arguments(self) -> dict[str, Any]:
        """The arguments of the expectation."""
        ...


@dataclass(frozen=True, slots=True)
class NotNull:
    """A value must be there."""

    expectation: ClassVar[str] = "ExpectColumnValuesToNotBeNull"
    column: str

    @property
    def broken(self) -> str:
        """Null."""
        return f"{quoted(self.column)} IS NULL"

    @property
    def arguments(self) -> dict[str, Any]:
        """The column."""
        return {"column": self.column}


@dataclass(frozen=True, slots=True)
class Between:
    """A value lies in [low, high], both ends included; null is another rule's business."""

    expectation: ClassVar[str] = "ExpectColumnValuesToBeBetween"
    column: str
    low: Any = None
    high: Any = None

    @property
    def broken(self) -> str:
        """Below the low end or above the high end."""
        ends = [(self.low, "<"), (self.high, ">")]
        tests = [f"{quoted(self.column)} {sign} {literal(end)}" for end, sign in ends if end is not None]
        return f"coalesce({' OR '.join(tests)}, false)"

    @property
    def arguments(self) -> dict[str, Any]:
        """The column and both ends."""
        return {"column": self.column, "min_value": self.low, "max_value": self.high}


@dataclass(frozen=True, slots=True)
class Matches:
    """A text matches an anchored pattern."""

    expectation: ClassVar[str] = "ExpectColumnValuesToMatchRegex"
    column: str
    pattern: str

    @property
    def broken(self) -> str:
        """The pattern does not match."""
        return f"coalesce(NOT regexp_full_match({quoted(self.column)}, {literal(self.pattern)}), false)"

    @property
    def arguments(self) -> dict[str, Any]:
        """The column and its pattern."""
        return {"column": self.column, "regex": self.pattern}


@dataclass(frozen=True, slots=True)
class OneOf:
    """A text is one of the contract's values."""

    expectation: ClassVar[str] = "ExpectColumnValuesToBeInSet"
    column: str
    values: tuple[str, ...]

    @property
    def broken(self) -> str:
        """Not among the values."""
        choices = ", ".join(literal(str(value)) for value in self.values)
        return f"coalesce({quoted(self.column)} NOT IN ({choices}), false)"

    @property
    def arguments(self) -> dict[str, Any]:
        """The column and its values."""
        return {"column": self.column, "value_set": [str(value) for value in self.values]}


@dataclass(frozen=True, slots=True)
class Unique:
    """A value appears in one row only."""

    expectation: ClassVar[str] = "ExpectColumnValuesToBeUnique"
    column: str

    @property
    def broken(self) -> str:
        """Seen more than once; `repeated_<column>` is a table of such values that the reader of a lake table makes."""
        return f"coalesce({quoted(self.column)} IN (FROM {quoted('repeated_' + self.column)}), false)"

    @property
    def arguments(self) -> dict[str, Any]:
        """The column."""
        return {"column": self.column}


@dataclass(frozen=True, slots=True)
class AtMost:
    """A value is at most the value of another column of the same row (`strictly`: below it).

    `readings`: the other value is a true count and this one an estimate, which is at most the reading of that count;
    counts beyond the table read as its last entry.
    """

    expectation: ClassVar[str] = "ExpectColumnPairValuesAToBeGreaterThanB"
    column: str
    other: str
    strictly: bool = False
    readings: tuple[int, ...] = ()

    @property
    def limit(self) -> str:
        """The name of the column that holds the limit."""
        return f"{self.other}_as_estimate" if self.readings else self.other

    @property
    def limit_sql(self) -> str:
        """The SQL that computes the limit."""
        if not self.readings:
            return quoted(self.other)
        place = f"least({quoted(self.other)}, {len(self.readings) - 1}) + 1"
        return f"({list(self.readings)}::BIGINT[])[{place}]"

    @property
    def broken(self) -> str:
        """Above the limit."""
        sign = ">=" if self.strictly else ">"
        return f"coalesce({quoted(self.column)} {sign} {self.limit_sql}, false)"

    @property
    def arguments(self) -> dict[str, Any]:
        """The larger column, the smaller one, and whether they may be equal."""
        return {
            "column_A": self.limit,
            "column_B": self.column,
            "or_equal": not self.strictly,
            "ignore_row_if": "either_value_is_missing",
        }


def field_rules(fields: Iterable[Field]) -> tuple[Rule, ...]:
    """Return the rules of a contract table: presence, ranges, patterns and choices of its fields."""
    rules: list[Rule] = []
    for one in fields:
        if one.required:
            rules.append(NotNull(one.name))
        rules.extend(_value_rules(one))
    return tuple(rules)


def _value_rules(one: Field) -> Sequence[Rule]:
    if one.kind in PATTERNS:
        return [Matches(one.name, PATTERNS[one.kind])]
    if one.kind is Kind.CHOICE:
        return [OneOf(one.name, one.values)]
    if one.kind is Kind.TIME:
        return [Between(one.name, EARLIEST_TIME, LATEST_TIME)]
    if one.kind is Kind.AMOUNT:
        return [Between(one.name, 1, MAX_AMOUNT_CENTAVOS)]
    return [Between(one.name, 0, MAX_COUNT)] if one.kind is Kind.COUNT else []


PAYMENT_RULES: tuple[Rule, ...] = (*field_rules(PAYMENT_FIELDS), Unique("end_to_end_id"))
# A label in the lake also bears what is known of its payment.
_OF_PAYMENT = tuple(f for f in PAYMENT_FIELDS if f.name in ACCEPTED_LABEL_SCHEMA.names and f.name != "end_to_end_id")
LABEL_RULES: tuple[Rule, ...] = (*field_rules((*LABEL_FIELDS, *_OF_PAYMENT)), AtMost("event_time", "known_at"))
