"""Distinct counts by linear counting: a 64-bit bitmap, merged by OR, read through a table.

Whang, Vander-Zanden and Taylor, "A linear-time probabilistic counting algorithm", ACM TODS 15 (1990): with m bits of
which z are still 0 the estimate is `-m ln(z / m)`. With m = 64 the standard error is about 9 % of up to 60 values and
20 % of 200; a full bitmap reads as `SATURATED`, that is "at least about 270".
"""

from __future__ import annotations

import math
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

BITS: Final = 64
SATURATED: Final = round(BITS * math.log(BITS))

ESTIMATES: Final[tuple[int, ...]] = (
    *(round(-BITS * math.log(1 - ones / BITS)) for ones in range(BITS)),
    SATURATED,
)
"""Estimate of the distinct count for each number of ones in the bitmap, 0 to 64."""


def estimate(bitmaps: NDArray[Any]) -> NDArray[np.int64]:
    """Return the distinct counts that bitmaps stand for, int64 [rows] from int64 or uint64 [rows]."""
    table = np.asarray(ESTIMATES, dtype=np.int64)
    return table[np.bitwise_count(bitmaps.view(np.uint64))]
