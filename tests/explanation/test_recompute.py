"""Logged decisions made again, and what a changed record or version does to that."""

import shutil
import struct
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pixguard.decision_log import read_segments
from pixguard.explanation.errors import ExplanationError
from pixguard.explanation.find import find
from pixguard.explanation.recompute import FIELDS, same_bits
from pixguard.explanation.versions import Versions
from pixguard.features import PIX
from pixguard.jobs import check_explanations
from pixguard.provenance import SignatureError
from tests.explanation.conftest import LoggedWorld


def test_every_logged_decision_comes_out_bit_equal(logged: LoggedWorld) -> None:
    found = check_explanations.run(decisions=logged.decisions, versions=logged.versions)
    assert found.is_equal, check_explanations.as_text(found)
    assert found.equal == {logged.world.version.name: 80}
    assert sum(bool(record.degraded) for record in read_segments(logged.decisions)) == 10
    assert "80 of 80 decisions bit-equal" in check_explanations.as_text(found)


@pytest.mark.parametrize(
    ("field", "change"),
    [
        ("score", lambda record: np.nextafter(record.score, 1)),
        ("probability", lambda record: np.nextafter(record.probability, 1)),
        ("decision", lambda record: "reject" if record.decision != "reject" else "approve"),
        ("base", lambda record: record.base + 1e-9),
        ("reasons", lambda record: list(reversed(record.reasons))),
        ("rules", lambda _record: []),
    ],
)
def test_a_field_that_was_changed_is_named(logged: LoggedWorld, field: str, change: object) -> None:
    record = next(iter(read_segments(logged.decisions)))
    version = logged.versions.open(record.version)
    forged = replace(record, **{field: change(record)})  # type: ignore[operator]
    assert version.recompute(record).is_equal
    assert version.recompute(forged).differing == (field,)


def test_a_feature_value_that_was_changed_comes_out_otherwise(logged: LoggedWorld) -> None:
    record = next(iter(read_segments(logged.decisions)))
    values = list(record.features["values"])
    values[PIX.names.index("log_amount")] += 1.5
    forged = replace(record, features={**record.features, "values": values})
    assert not logged.versions.open(record.version).recompute(forged).is_equal
    short = replace(record, features={**record.features, "values": values[:-1]})
    with pytest.raises(ExplanationError, match="the record was changed"):
        logged.versions.open(record.version).recompute(short)


def test_contributions_and_base_add_up_to_the_scores_log_odds(logged: LoggedWorld) -> None:
    record = next(iter(read_segments(logged.decisions)))
    again = logged.versions.open(record.version).recompute(record)
    total = again.explained.base + float(again.explained.contributions.sum())
    assert total == pytest.approx(again.explained.log_odds, abs=1e-4)


def test_the_decision_is_found_before_its_replay_with_its_place(logged: LoggedWorld) -> None:
    found = find(logged.decisions, logged.ids[0])
    assert not found.record.replay
    assert (found.line, found.segment.suffix) == (1, ".jsonl")
    assert found.link is not None
    assert len(found.link) == 64
    with pytest.raises(ExplanationError, match="is not in the decision log"):
        find(logged.decisions, "E" + "0" * 31)
    with pytest.raises(ExplanationError, match="holds no decision log"):
        find(logged.decisions / "nowhere", logged.ids[0])


def test_a_version_that_is_missing_or_tampered_with_explains_nothing(logged: LoggedWorld, tmp_path: Path) -> None:
    name = logged.world.version.name
    with pytest.raises(ExplanationError, match="give its folder"):
        Versions(tmp_path, logged.world.public_key).open(name)
    shutil.copytree(logged.world.version.folder, tmp_path / "deep" / name)
    policy = tmp_path / "deep" / name / "policy.json"
    policy.write_text(policy.read_text().replace("0.93", "0.92"))
    with pytest.raises(SignatureError):
        Versions(tmp_path, logged.world.public_key).open(name)
    found = check_explanations.run(decisions=logged.decisions, versions=Versions(tmp_path, logged.world.public_key))
    assert found.failed.total() == 80
    assert not found.is_equal


@given(st.floats(allow_nan=True), st.floats(allow_nan=True))
def test_numbers_are_the_same_only_bit_for_bit(one: float, other: float) -> None:
    assert same_bits(one, other) == (struct.pack("<d", one) == struct.pack("<d", other))
    assert same_bits({"a": [one, None]}, {"a": [one, None]})
    assert not same_bits([one], [one, other])
    assert not same_bits(0.0, -0.0)
    assert not same_bits(True, 1)
    assert same_bits(FIELDS, list(FIELDS))
