import pytest

from pixguard.predictor.admission import Admission
from pixguard.predictor.errors import InputError, OverloadError


def test_payments_beyond_the_bound_are_refused_until_others_leave() -> None:
    admission = Admission(max_waiting=3, max_batch=3)
    admission.enter(2)
    admission.enter(1)
    with pytest.raises(OverloadError, match="3 payments wait"):
        admission.enter(1)
    admission.leave(1)
    admission.enter(1)
    assert admission.waiting == 3


def test_a_batch_is_let_in_where_nothing_waits_even_if_the_queue_is_shorter() -> None:
    admission = Admission(max_waiting=2, max_batch=5)
    admission.enter(5)
    with pytest.raises(OverloadError):
        admission.enter(1)


def test_too_large_a_batch_is_wrong_however_idle_the_server() -> None:
    with pytest.raises(InputError, match="found 4 payments, wanted at most 3") as caught:
        Admission(max_batch=3).check_batch(4)
    assert caught.value.field == "instances"
