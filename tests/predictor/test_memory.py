import pytest
from hypothesis import given
from hypothesis import strategies as st

from pixguard.predictor.errors import ConflictError
from pixguard.predictor.memory import Memory, digest

A, B = digest(b"a"), digest(b"b")


def test_the_same_payment_gets_the_same_bytes_until_it_is_forgotten() -> None:
    memory = Memory(ttl_s=10)
    assert memory.get("E1", A, 0) is None
    memory.put("E1", A, b"answer", 0)
    assert memory.get("E1", A, 10) == b"answer"
    assert memory.get("E1", A, 10.1) is None
    assert len(memory) == 0


def test_another_payment_under_the_same_id_is_a_conflict_that_holds_no_value() -> None:
    memory = Memory()
    memory.put("E1", A, b"answer", 0)
    with pytest.raises(ConflictError, match="another payment was decided") as caught:
        memory.get("E1", B, 1)
    assert caught.value.field == "end_to_end_id"
    assert "E1" not in str(caught.value)


def test_a_promise_can_be_taken_back() -> None:
    memory = Memory()
    memory.put("E1", A, b"", 0)
    memory.forget("E1")
    memory.forget("E1")
    assert memory.get("E1", B, 0) is None


@given(st.lists(st.tuples(st.integers(0, 20), st.floats(0, 5)), max_size=80), st.integers(1, 8))
def test_it_holds_no_more_than_its_capacity_and_nothing_old(puts: list[tuple[int, float]], capacity: int) -> None:
    memory, now = Memory(capacity=capacity, ttl_s=7), 0.0
    written: dict[str, float] = {}
    for number, pause in puts:
        now += pause
        memory.put(str(number), A, str(number).encode(), now)
        written[str(number)] = now
        assert len(memory) <= capacity
        assert memory.get(str(number), A, now) == str(number).encode()
    for name, at in written.items():
        assert memory.get(name, A, at + 7.001) is None
