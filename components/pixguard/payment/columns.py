"""A column on its way into the contract: its values, and for each row the rule it broke, if any."""

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from pixguard.payment.reasons import Reason

Int64s = NDArray[np.int64]
Problems = NDArray[np.uint8]
_CODES = {reason: index for index, reason in enumerate(Reason, start=1)}
_REASONS = tuple(Reason)


def code(reason: Reason) -> int:
    """Return the number that stands for `reason` in a `Problems` array; 0 means no problem."""
    return _CODES[reason]


def reason_of(number: int) -> Reason:
    """Return the reason that `code` numbered."""
    return _REASONS[number - 1]


@dataclass(frozen=True, slots=True)
class Converted:
    """Values of a column (null where there is no right value) and uint8 [rows] codes of what was wrong (0: nothing)."""

    values: pa.Array
    problems: Problems

    @classmethod
    def of(cls, values: NDArray[Any], problems: NDArray[Any], raw: pa.Array) -> Self:
        """Make one from NumPy values, null where there is a problem or where `raw` was null."""
        absent = raw.is_null().to_numpy(zero_copy_only=False)
        problems = np.where(absent, 0, problems).astype(np.uint8)
        return cls(pa.array(values, mask=absent | (problems != 0)), problems)

    @classmethod
    def all_wrong(cls, raw: pa.Array, kind: pa.DataType, reason: Reason) -> Self:
        """Make one in which every value of `raw` has the same problem; nulls stay without one."""
        present = raw.is_valid().to_numpy(zero_copy_only=False)
        return cls(pa.nulls(len(raw), kind), (present * code(reason)).astype(np.uint8))

    def where_not(self, right: Any, reason: Reason) -> "Converted":
        """Add `reason` to the rows that have a value and for which the Arrow mask `right` is not true."""
        wrong = self.values.is_valid().to_numpy(zero_copy_only=False)
        wrong &= ~pc.fill_null(right, False).to_numpy(zero_copy_only=False)
        if not wrong.any():
            return self
        problems = np.where(wrong, np.uint8(code(reason)), self.problems)
        return Converted(pc.if_else(pa.array(wrong), None, self.values), problems)

    def over(self, earlier: Problems) -> "Converted":
        """Keep the problems that an earlier step found, before those found here."""
        if not earlier.any():
            return self
        problems = np.where(earlier != 0, earlier, self.problems)
        return Converted(pc.if_else(pa.array(problems != 0), None, self.values), problems)


def flat(column: Any) -> pa.Array:
    """Return one contiguous, plainly encoded array of a table's column; text is trimmed and empty text is null."""
    array = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    if isinstance(array, pa.ChunkedArray):
        array = pa.concat_arrays(array.chunks) if array.num_chunks else pa.nulls(0, array.type)
    if pa.types.is_dictionary(array.type):
        array = array.dictionary_decode()
    if is_text(array.type):
        trimmed = pc.ascii_trim_whitespace(pc.cast(array, pa.string()))
        return pc.if_else(pc.equal(trimmed, ""), None, trimmed)
    return array


def is_text(kind: pa.DataType) -> bool:
    """Tell whether an Arrow type is text."""
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind))


def is_number(kind: pa.DataType) -> bool:
    """Tell whether an Arrow type is an integer, a float or a decimal."""
    return bool(pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind))
