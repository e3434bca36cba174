"""A record is the approved one to the byte, or it is refused."""

import pytest
from delivery import binding
from delivery.shell import DeliveryError
from hypothesis import given
from hypothesis import strategies as st

RECORD = binding.Record(
    environment="prod", commit="c" * 40, plan_sha256="a" * 64, lock_sha256="b" * 64, terraform="1.11.4", changes=True
)


def test_the_approved_record_is_read_back() -> None:
    assert binding.read(RECORD.text(), RECORD.binding) == RECORD


@given(at=st.integers(0, len(RECORD.text()) - 1), character=st.characters(codec="ascii"))
def test_no_character_of_a_record_can_change(at: int, character: str) -> None:
    text = RECORD.text()
    changed = text[:at] + character + text[at + 1 :]
    if changed != text:
        with pytest.raises(DeliveryError, match="not the plan that was approved"):
            binding.read(changed, RECORD.binding)


@pytest.mark.parametrize("approved", ["", "yes", "A" * 64, "a" * 63, f"{'a' * 64}\n"])
def test_an_approval_that_is_no_digest_is_refused(approved: str) -> None:
    with pytest.raises(DeliveryError, match="not a SHA-256"):
        binding.read(RECORD.text(), approved)


def test_a_record_of_another_version_is_refused() -> None:
    text = '{"schema": 99}'
    with pytest.raises(DeliveryError, match="another version of these scripts"):
        binding.read(text, binding.digest(text.encode()))


@pytest.mark.parametrize("name", ["environment", "commit", "plan_sha256", "lock_sha256", "terraform"])
def test_every_recorded_fact_must_still_hold(name: str) -> None:
    facts = {n: getattr(RECORD, n) for n in ("environment", "commit", "plan_sha256", "lock_sha256", "terraform")}
    binding.check(RECORD, **facts)
    with pytest.raises(DeliveryError, match=f"{name} was .* and is other now: plan again"):
        binding.check(RECORD, **{**facts, name: "other"})
