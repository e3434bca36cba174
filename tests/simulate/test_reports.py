import numpy as np

from pixguard.payment import Situation as ContractSituation
from pixguard.simulate.config import Story
from pixguard.simulate.randomness import stream
from pixguard.simulate.reports import HABITS, Situation, report
from pixguard.simulate.rhythm import DAY_US


def late_days(paid, reports):
    return (reports.known_us - paid.time_us[reports.row]) / DAY_US


def test_labels_are_0_to_90_days_late_and_in_order(paid, reports):
    late = late_days(paid, reports)
    assert late.min() > 0
    assert late.max() <= 90
    assert late.max() > 30
    assert (np.diff(reports.known_us) >= 0).all()
    assert (reports.reported_us >= paid.time_us[reports.row]).all()
    assert (reports.reported_us <= reports.known_us).all()


def test_most_but_not_all_fraud_is_accepted_and_some_honest_payments_are_reported(paid, reports):
    fraud = np.flatnonzero(paid.story > Story.BAIT)
    accepted = np.isin(fraud, reports.row[reports.is_fraud]).mean()
    assert 0.6 < accepted < 0.95
    of_honest = paid.story[reports.row] <= Story.BAIT
    assert (of_honest & ~reports.is_fraud).sum() > 20
    assert 0 < (of_honest & reports.is_fraud).sum() < (of_honest & ~reports.is_fraud).sum()


def test_onward_movements_are_labelled_other_and_victims_by_their_story(paid, reports):
    true = reports.take(reports.is_fraud & (paid.story[reports.row] > Story.BAIT))
    onward = paid.hop[true.row] > 0
    assert set(true.situation[onward].tolist()) == {Situation.OTHER}
    takeover = paid.story[true.row] == Story.ACCOUNT_TAKEOVER
    named = true.situation[takeover & ~onward]
    assert (named == Situation.ACCOUNT_TAKEOVER).mean() > 0.6
    assert (true.situation < 0).any()


def test_typologies_are_noticed_at_their_own_pace(paid, reports):
    late, story = late_days(paid, reports), paid.story[reports.row]
    assert np.median(late[story == Story.INVESTMENT_SCAM]) > 2 * np.median(late[story == Story.COERCION])
    assert set(HABITS) == {s for s in Story if s.is_fraud and s != Story.MULE_CHAIN}


def test_reopened_reports_are_refused_before_they_are_accepted(paid, reports):
    refused, accepted = reports.take(~reports.is_fraud), reports.take(reports.is_fraud)
    both = np.intersect1d(refused.row, accepted.row)
    assert len(both) > 0
    known = dict(zip(accepted.row.tolist(), accepted.known_us.tolist(), strict=True))
    again = np.isin(refused.row, both)
    assert all(us <= known[row] for row, us in zip(refused.row[again], refused.known_us[again], strict=True))


def test_no_payment_no_report(world, paid):
    nobody = report(world, paid.take(paid.time_us < 0), np.zeros(0, dtype=np.int64), stream(1, "reports"))
    assert len(nobody) == 0


def test_situations_are_the_contract_s():
    assert [s.name for s in Situation] == [s.value for s in ContractSituation]
