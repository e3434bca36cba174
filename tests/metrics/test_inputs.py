import numpy as np
import pytest

from pixguard.errors import PixguardError
from pixguard.metrics import MetricError, SingleClassError, UndefinedIntervalError
from pixguard.metrics.inputs import labels, numbers


def test_labels_may_be_bool_or_zero_and_one() -> None:
    for given in ([True, False], [1, 0], [1.0, 0.0], np.array([1, 0], dtype=np.uint8)):
        assert labels(given).tolist() == [True, False]


def test_numbers_are_checked_with_their_name() -> None:
    assert numbers("score", np.array([1, 2], dtype=np.float32), 2).dtype == np.float64
    with pytest.raises(MetricError, match=r"amount: shape \(2, 1\), but there are 2 labels"):
        numbers("amount", [[1], [2]], 2)


@pytest.mark.parametrize("error", [MetricError, SingleClassError, UndefinedIntervalError])
def test_errors_belong_to_the_house_and_are_value_errors(error: type[Exception]) -> None:
    assert issubclass(error, PixguardError)
    assert issubclass(error, ValueError)
