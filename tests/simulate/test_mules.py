import numpy as np

from pixguard.simulate.config import Story
from pixguard.simulate.rhythm import MINUTE_US
from pixguard.simulate.traffic import Purpose
from pixguard.simulate.world import Kind


def arrivals(paid):
    """For each onward movement: minutes since the mule last received money of the same chain."""
    onward = np.flatnonzero(paid.hop == 1)
    received = np.flatnonzero((paid.hop == 0) & (paid.story > Story.BAIT))
    waits = []
    for row in onward:
        mine = received[(paid.payee[received] == paid.payer[row]) & (paid.time_us[received] <= paid.time_us[row])]
        waits.append((paid.time_us[row] - paid.time_us[mine].max()) / MINUTE_US if len(mine) else np.nan)
    return np.array(waits)


def test_stolen_money_leaves_within_minutes(crime):
    waits = arrivals(crime.paid)
    assert np.isnan(waits).mean() < 0.02
    assert np.nanmedian(waits) < 20
    assert np.nanquantile(waits, 0.9) > 30  # not always: some rings wait


def test_mules_pass_on_at_most_what_they_received(crime):
    paid = crime.paid
    stolen = paid.take((paid.hop == 0) & (paid.story > Story.BAIT))
    first = paid.take(paid.hop == 1)
    accounts = max(paid.payer.max(), paid.payee.max()) + 1
    came = np.bincount(stolen.payee, stolen.amount_centavos, accounts)
    went = np.bincount(first.payer, first.amount_centavos, accounts)
    assert went.sum() < came.sum()
    assert went.sum() / came.sum() > 0.35


def test_money_ends_in_second_mules_cash_goods_and_hands(world, crime):
    first = crime.paid.take(crime.paid.hop == 1)
    assert 0.1 < (first.purpose == Purpose.WITHDRAWAL).mean() < 0.35
    assert (world.kind[first.payee] == Kind.PERSON).mean() > 0.4
    second = crime.paid.take(crime.paid.hop == 2)
    assert np.isin(second.payer, first.payee).mean() > 0.95
    assert world.gives_cash[first.payee[first.purpose == Purpose.WITHDRAWAL]].all()


def test_mules_collect_from_several_victims(crime):
    stolen = crime.paid.take((crime.paid.hop == 0) & (crime.paid.story > Story.BAIT))
    pairs = np.unique(np.column_stack([stolen.payee, stolen.payer]), axis=0)
    victims = np.unique(pairs[:, 0], return_counts=True)[1]
    assert victims.max() >= 5
    assert (victims == 1).any()  # some are used once and cannot be told by their fan-in
