import numpy as np
import pyarrow as pa
import pytest

from pixguard.payment.columns import Converted, code, flat, reason_of
from pixguard.payment.reasons import Reason


@pytest.mark.parametrize("reason", list(Reason))
def test_codes_name_their_reason(reason: Reason) -> None:
    assert 0 < code(reason) < 256
    assert reason_of(code(reason)) is reason


def test_the_first_problem_of_a_row_stays() -> None:
    column = Converted(pa.array([1, 2, 3]), np.zeros(3, np.uint8))
    column = column.where_not(pa.array([True, False, True]), Reason.NEGATIVE)
    column = column.where_not(pa.array([True, False, False]), Reason.OVERFLOW)
    assert column.values.to_pylist() == [1, None, None]
    assert column.problems.tolist() == [0, code(Reason.NEGATIVE), code(Reason.OVERFLOW)]


def test_flat_joins_chunks_decodes_and_trims() -> None:
    chunks = pa.chunked_array([pa.array([" a "]).dictionary_encode(), pa.array(["", None]).dictionary_encode()])
    assert flat(chunks).to_pylist() == ["a", None, None]
    assert flat(pa.chunked_array([], pa.string())).to_pylist() == []
