import numpy as np

from pixguard.simulate.amounts import UNREGISTERED_LIMIT_CENTAVOS
from pixguard.simulate.config import Story
from pixguard.simulate.traffic import NO_DEVICE
from pixguard.simulate.world import Kind


def test_nobody_pays_more_than_the_limit_from_an_unregistered_device(paid):
    assert paid.amount_centavos[paid.registered == 0].max() <= UNREGISTERED_LIMIT_CENTAVOS


def test_companies_have_no_device_and_registration_is_unknown_without_one(world, paid):
    company = world.kind[paid.payer] != Kind.PERSON
    assert (paid.device[company] == NO_DEVICE).all()
    assert (paid.registered[paid.device < 0] == NO_DEVICE).all()
    assert set(paid.registered[paid.device >= 0].tolist()) == {0, 1}


def test_honest_people_use_unregistered_and_new_devices_too(paid):
    honest = (paid.story == Story.HONEST) & (paid.device >= 0)
    assert 0.003 < (paid.registered[honest] == 0).mean() < 0.1
    devices = {p: len(np.unique(paid.device[honest & (paid.payer == p)])) for p in np.unique(paid.payer[honest])[:300]}
    assert 0.1 < np.mean([count > 1 for count in devices.values()]) < 0.7


def test_an_honest_device_once_registered_stays_registered(paid):
    honest = np.flatnonzero((paid.story == Story.HONEST) & (paid.device >= 0))
    order = honest[np.lexsort((paid.time_us[honest], paid.device[honest]))]
    same = paid.device[order][1:] == paid.device[order][:-1]
    assert not (same & (np.diff(paid.registered[order]) < 0)).any()


def test_crews_work_for_several_accounts_and_so_do_families(paid):
    def shared(rows):
        pairs = np.unique(np.column_stack([paid.device[rows], paid.payer[rows]]), axis=0)
        return (np.unique(pairs[:, 0], return_counts=True)[1] > 1).sum()

    assert shared(paid.story > Story.BAIT) > 5
    assert shared((paid.story == Story.HONEST) & (paid.device >= 0)) > 20
