from dataclasses import replace

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from pixguard.simulate.config import Story
from pixguard.simulate.counters import HORIZON_US, REFRESHED_US, Intervals, _keys, keep_dict
from pixguard.simulate.randomness import stream
from pixguard.simulate.rhythm import DAY_US, HOUR_US
from pixguard.simulate.world import Kind

hours = st.integers(0, 200)
intervals = st.lists(st.tuples(st.integers(0, 4), hours, st.integers(1, 60)), max_size=30)
questions = st.lists(st.tuples(st.integers(0, 4), hours), min_size=1, max_size=30)


@given(intervals, questions)
def test_active_counts_what_a_plain_loop_counts(known, asked):
    account, start, length = (np.array([k[i] for k in known], dtype=np.int64) for i in range(3))
    kept = Intervals(account, start * HOUR_US, (start + length) * HOUR_US, 0)
    who, when = (np.array([a[i] for a in asked], dtype=np.int64) for i in range(2))
    wanted = [sum(a == w and s <= t < s + n for a, s, n in known) for w, t in asked]
    assert kept.active(_keys(who, when * HOUR_US, 0)).tolist() == wanted


def look(world, paid, reports, rows, side="payee"):
    known = keep_dict(world, paid, reports, stream(5, "dict"))
    return known, known.view(getattr(paid, side)[rows], paid.time_us[rows])


def test_settlements_are_simulated_receipts_and_older_ones(world, paid, reports):
    rows = np.arange(0, len(paid), 97)
    known, seen = look(world, paid, reports, rows)
    for row, count in zip(rows[-60:], seen["dict_settlements_d90"][-60:], strict=True):
        before = paid.time_us[paid.payee == paid.payee[row]]
        now = paid.time_us[row]
        at_least = ((before <= now - REFRESHED_US) & (before > now - HORIZON_US)).sum()
        at_most = (before <= now).sum() + known.settled_before[paid.payee[row]]
        assert at_least <= count <= at_most


def test_markers_appear_only_after_reports_became_known(world, paid, reports):
    rows = np.flatnonzero(world.kind[paid.payee] == Kind.PERSON)[::7]
    _, seen = look(world, paid, reports, rows)
    _, before = look(world, paid, reports.take(reports.known_us < 0), rows)  # only what is older than the simulation
    account, now = paid.payee[rows], paid.time_us[rows]
    guilty = reports.take(reports.is_fraud)
    first_known = np.full(len(world.kind), np.iinfo(np.int64).max)
    np.minimum.at(first_known, paid.payee[guilty.row], guilty.known_us)
    early = now < first_known[account]
    assert (seen["dict_fraud_markers_d90"][early] == before["dict_fraud_markers_d90"][early]).all()
    surely = now > first_known[account] + REFRESHED_US
    fresh = surely & (now < first_known[account] + 80 * DAY_US)
    assert fresh.sum() > 20
    assert (seen["dict_fraud_markers_d90"][fresh] > before["dict_fraud_markers_d90"][fresh]).all()


def test_counters_agree_with_each_other(world, paid, reports):
    rows = np.arange(len(paid))
    _, seen = look(world, paid, reports, rows)
    assert all((values >= 0).all() for values in seen.values())
    assert (seen["dict_registered_accounts"] >= 1).all()
    assert (seen["dict_mule_markers_d90"] <= seen["dict_fraud_markers_d90"]).all()
    assert (seen["dict_distinct_reporters_d90"] <= seen["dict_fraud_markers_d90"]).all()
    assert seen["dict_open_reports"].max() > 0


def test_honest_accounts_have_refused_and_open_reports_too(world, paid, reports):
    honest = np.ones(len(world.kind), dtype=bool)
    honest[paid.payee[paid.story > Story.BAIT]] = False
    rows = np.flatnonzero(honest[paid.payee])
    _, seen = look(world, paid, reports, rows)
    assert seen["dict_rejected_reports_d90"].max() > 0
    assert seen["dict_open_reports"].max() > 0


def test_a_view_does_not_change_between_two_refreshes(world, paid, reports):
    known, _ = look(world, paid, reports, np.arange(5))
    account = np.arange(len(world.people))
    since_refresh = known.phase_us[account] + REFRESHED_US * 200
    early = replace(known).view(account, since_refresh)
    late = known.view(account, since_refresh + REFRESHED_US - 1)
    assert all((early[name] == late[name]).all() for name in early)
