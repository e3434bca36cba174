"""Counting what differs: to the last bit, by feature."""

import numpy as np
import pytest

from pixguard.parity.compare import Comparison, compare, total

NAMES = ("a", "b", "c")


def test_equal_tables_do_not_differ_and_nan_equals_nan() -> None:
    table = np.array([[1, np.nan, 3], [4, 5, 6]], dtype=np.float32)
    assert compare(NAMES, table, table.copy()) == Comparison(2, 6)


def test_one_bit_is_a_difference() -> None:
    table = np.array([[1, np.nan, 3], [4, 5, 0]], dtype=np.float32)
    other = table.copy()
    other[0, 0] = np.nextafter(np.float32(1), np.float32(2))
    other[0, 1] = 7
    other[1, 2] = -0.0
    found = compare(NAMES, table, other)
    assert found.differing == {"a": 1, "b": 1, "c": 1}
    assert found.differing_values == 3
    assert found.largest["b"] == float("inf")
    assert 0 < found.largest["a"] < 1e-6


def test_whole_numbers_are_compared_exactly() -> None:
    table = np.array([[2**53, 1, 1]], dtype=np.int64)
    assert compare(NAMES, table, table + np.array([1, 0, 0])).differing == {"a": 1}


def test_tables_of_another_kind_cannot_be_compared() -> None:
    with pytest.raises(ValueError, match="cannot compare"):
        compare(NAMES, np.zeros((1, 3), np.float32), np.zeros((2, 3), np.float32))


def test_parts_add_up_and_survive_json() -> None:
    parts = [Comparison(2, 6, {"a": 1}, {"a": 0.5}), Comparison(1, 3, {"a": 2, "b": 1}, {"a": 0.25, "b": 9.0})]
    whole = total(parts)
    assert whole == Comparison(3, 9, {"a": 3, "b": 1}, {"a": 0.5, "b": 9.0})
    assert Comparison.from_json(whole.to_json()) == whole
