import re
from typing import Any

import duckdb
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pixguard.expectations.rules import LABEL_RULES, PAYMENT_RULES, AtMost, Between, Matches, NotNull, OneOf, Rule
from pixguard.payment import LABEL_FIELDS, PAYMENT_FIELDS
from pixguard.sketch import ESTIMATES


def broken(rule: Rule, **columns: Any) -> list[bool]:
    frame = pd.DataFrame({name: pd.array([value], dtype=_dtype(value)) for name, value in columns.items()})
    with duckdb.connect() as connection:
        connection.register("frame", frame)
        return [row[0] for row in connection.sql(f"SELECT {rule.broken} FROM frame").fetchall()]


def _dtype(value: Any) -> str:
    return "string" if isinstance(value, str) else "Int64"


def test_every_field_of_the_contract_has_a_rule() -> None:
    ruled = {rule.column for rule in PAYMENT_RULES}
    flags = {"device_registered"}  # a boolean column holds nothing else than true, false and null
    assert ruled == {field.name for field in PAYMENT_FIELDS} - flags
    assert {field.name for field in LABEL_FIELDS} <= {rule.column for rule in LABEL_RULES}


def test_required_fields_may_not_be_null() -> None:
    required = {rule.column for rule in PAYMENT_RULES if isinstance(rule, NotNull)}
    assert required == {field.name for field in PAYMENT_FIELDS if field.required}


@given(st.one_of(st.none(), st.integers(-5, 15)))
def test_between_breaks_outside_its_ends(value: int | None) -> None:
    expected = value is not None and not 1 <= value <= 10
    assert broken(Between("x", 1, 10), x=value) == [expected]


@pytest.mark.parametrize(("value", "expected"), [("CPF", False), ("cpf", True), ("'; DROP TABLE x", True)])
def test_one_of_knows_its_values(value: str, expected: bool) -> None:
    assert broken(OneOf("x", ("CPF", "O'Neill")), x=value) == [expected]


@given(st.text(alphabet="k1.af09\n", max_size=36))
def test_a_pattern_means_the_same_to_sql_and_python(text: str) -> None:
    rule = next(rule for rule in PAYMENT_RULES if isinstance(rule, Matches) and rule.column == "payer_id")
    assert broken(rule, payer_id=text) == [re.fullmatch(rule.pattern, text) is None]


def test_not_null_breaks_on_null_alone() -> None:
    assert broken(NotNull("x"), x=None) == [True]
    assert broken(NotNull("x"), x=0) == [False]


@given(st.integers(0, 400), st.integers(0, 400))
def test_an_estimate_is_bounded_by_what_its_count_can_set(estimate: int, count: int) -> None:
    rule = AtMost("distinct", "count", readings=ESTIMATES)
    assert broken(rule, distinct=estimate, count=count) == [estimate > ESTIMATES[min(count, len(ESTIMATES) - 1)]]


def test_at_most_may_be_strict() -> None:
    assert broken(AtMost("a", "b"), a=3, b=3) == [False]
    assert broken(AtMost("a", "b", strictly=True), a=3, b=3) == [True]
    assert broken(AtMost("a", "b", strictly=True), a=3, b=None) == [False]
