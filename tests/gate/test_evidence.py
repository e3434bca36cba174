import numpy as np
import pytest

from pixguard.gate import single_feature_auc


def test_a_feature_counts_whichever_way_round_and_by_its_missing_values() -> None:
    y = np.array([1, 1, 0, 0, 0, 0])
    areas = single_feature_auc(
        y,
        {
            "rises": [5, 6, 1, 2, 3, 4],
            "falls": [1, 2, 3, 4, 5, 6],
            "constant": [1, 1, 1, 1, 1, 1],
            "missing": [np.nan, np.nan, 3, 1, 2, 1],
            "huge": [2**62, 2**62, 0, 1, 2, 3],
        },
    )
    assert areas == pytest.approx({"rises": 1, "falls": 1, "constant": 0.5, "missing": 1, "huge": 1})
