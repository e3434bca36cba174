from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pixguard.payment.columns import reason_of
from pixguard.payment.numbers import LIMIT, whole, whole_one
from pixguard.payment.reasons import Reason


def outcome(array: pa.Array, **options: Any) -> list[Any]:
    converted = whole(array, **options)
    problems = [reason_of(int(code)) if code else None for code in converted.problems]
    values = converted.values.to_pylist()
    assert all((value is None) for value, problem in zip(values, problems, strict=True) if problem)
    return [problem or value for value, problem in zip(values, problems, strict=True)]


@pytest.mark.parametrize(
    ("text", "centavos"),
    [
        ("0.29", 29),  # 0.29 * 100 is 28.999999999999996 in binary
        ("1.15", 115),
        ("57.16", 5716),
        ("-3.10", -310),
        ("+7", 700),
        ("8.1e1", 8100),
        ("0.125", Reason.FRACTIONAL),
        ("nan", Reason.NOT_A_NUMBER),
        ("-Infinity", Reason.NOT_A_NUMBER),
        ("R$ 5", Reason.WRONG_TYPE),
        ("1,5", Reason.WRONG_TYPE),
        ("1e300", Reason.OVERFLOW),
        ("99999999999999999999", Reason.OVERFLOW),
    ],
)
def test_decimal_text_becomes_exact_centavos(text: str, centavos: int | Reason) -> None:
    assert outcome(pa.array([text]), digits=2) == [centavos]
    assert whole_one(text, digits=2) == centavos


@pytest.mark.parametrize(
    ("text", "centavos"), [("0.125", 12), ("0.135", 14), ("0.1250000000001", 13), ("2.675", 268), ("-0.125", -12)]
)
def test_rounding_is_half_even_of_the_decimal_text(text: str, centavos: int) -> None:
    assert outcome(pa.array([text]), digits=2, round_half_even=True) == [centavos]
    assert outcome(pa.array([float(text)]), digits=2, round_half_even=True) == [centavos]
    assert outcome(pa.array([Decimal(text)]), digits=2, round_half_even=True) == [centavos]


@given(st.lists(st.integers(-LIMIT // 10, LIMIT // 10), min_size=1, max_size=50))
def test_every_amount_survives_the_way_through_a_float_of_reais(centavos: list[int]) -> None:
    exact = [c for c in centavos if abs(c) <= 10**14]
    assert outcome(pa.array([c / 100 for c in exact], pa.float64()), digits=2) == exact
    assert outcome(pa.array([str(Decimal(c).scaleb(-2)) for c in exact], pa.string()), digits=2) == exact


@given(st.lists(st.one_of(st.none(), st.floats()), max_size=20), st.sampled_from([0, 2]), st.booleans())
def test_a_column_of_floats_is_what_its_values_are_one_by_one(
    values: list[float | None], digits: int, round_half_even: bool
) -> None:
    found = outcome(pa.array(values, pa.float64()), digits=digits, round_half_even=round_half_even)
    assert found == [
        None if v is None else whole_one(v, digits=digits, round_half_even=round_half_even) for v in values
    ]


@given(
    st.lists(st.one_of(st.none(), st.from_regex(r"\A[+-]?[0-9.eEnaif]{1,25}\Z")), max_size=20), st.sampled_from([0, 2])
)
def test_a_column_of_text_is_what_its_values_are_one_by_one(values: list[str | None], digits: int) -> None:
    found = outcome(pa.array(values, pa.string()), digits=digits)
    assert found == [None if v is None else whole_one(v, digits=digits) for v in values]


@pytest.mark.parametrize("kind", [pa.int8(), pa.uint8(), pa.int32(), pa.uint32(), pa.int64(), pa.uint64()])
def test_integers_of_every_width_overflow_at_the_same_value(kind: pa.DataType) -> None:
    info = np.iinfo(kind.to_pandas_dtype())
    values = [info.min, 0, 7, info.max]
    assert outcome(pa.array(values, kind)) == [whole_one(int(v)) for v in values]


def test_the_limit_itself_passes_and_the_next_number_does_not() -> None:
    assert outcome(pa.array([LIMIT, LIMIT + 1, -LIMIT])) == [LIMIT, Reason.OVERFLOW, -LIMIT]
    assert outcome(pa.array([LIMIT // 100, LIMIT // 100 + 1]), digits=2) == [LIMIT, Reason.OVERFLOW]
