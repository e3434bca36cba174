from hypothesis import given
from hypothesis import strategies as st

from pixguard.predictor.circuit import Circuit


def test_it_opens_after_failures_in_a_row_and_tries_once_a_period() -> None:
    circuit = Circuit(failures=3, open_s=1.0)
    for now in (0.0, 0.1, 0.2):
        assert circuit.allows(now)
        circuit.failed(now)
    assert circuit.is_open
    assert not circuit.allows(1.1)
    assert circuit.allows(1.2)
    assert not circuit.allows(1.3), "one trial at a time"
    assert circuit.allows(2.2), "a trial whose end nobody reported does not block the next"


def test_one_success_closes_it() -> None:
    circuit = Circuit(failures=1, open_s=1.0)
    circuit.failed(0.0)
    assert circuit.allows(1.0)
    circuit.succeeded()
    assert not circuit.is_open
    assert circuit.allows(1.0)


@given(st.lists(st.booleans(), max_size=60), st.integers(1, 5))
def test_fewer_failures_in_a_row_never_open_it(outcomes: list[bool], limit: int) -> None:
    circuit, in_a_row = Circuit(failures=limit), 0
    for now, fails in enumerate(outcomes):
        if circuit.allows(float(now)):
            in_a_row = in_a_row + 1 if fails else 0
            (circuit.failed if fails else lambda _now: circuit.succeeded())(float(now))
        assert circuit.is_open == (in_a_row >= limit)
