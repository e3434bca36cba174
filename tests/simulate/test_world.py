import numpy as np

from pixguard.payment import KeyType as ContractKeyType
from pixguard.simulate.config import SimulationConfig
from pixguard.simulate.rhythm import DAY_US
from pixguard.simulate.world import KeyType, Kind, create_world


def test_the_same_seed_gives_the_same_world(config, world):
    again, other = create_world(config), create_world(SimulationConfig(payments=100_000, days=60, seed=12))
    assert (again.opened_us == world.opened_us).all()
    assert (again.people.friends == world.people.friends).all()
    assert not np.array_equal(other.opened_us, world.opened_us)


def test_relations_point_to_the_right_kind_of_account(world):
    people, me = world.people, np.arange(len(world.people))
    assert ((people.friends >= 0) & (people.friends < len(people)) & (people.friends != me[:, None])).all()
    assert (world.kind[people.favourites] == Kind.MERCHANT).all()
    assert (world.kind[people.employer[people.employer >= 0]] == Kind.EMPLOYER).all()
    own = people.own_account
    assert (own != me).all()
    assert len(np.unique(own[own >= 0])) == (own >= 0).sum()


def test_households_live_together(world):
    people = world.people
    first = people.household_start[people.household]
    assert (world.region[: len(people)] == world.region[first]).all()
    assert (np.arange(len(people)) - first < people.household_size[people.household]).all()


def test_accounts_are_old_young_and_not_yet_opened(world):
    age_days = (world.calendar.start_us - world.opened_us[: len(world.people)]) / DAY_US
    assert 0.05 < ((age_days >= 0) & (age_days < 120)).mean() < 0.25
    assert 0.01 < (age_days < 0).mean() < 0.08
    assert np.median(age_days) > 365
    assert world.opened_us.max() < world.calendar.end_us


def test_people_have_no_company_key_and_companies_no_personal_one(world):
    person = world.kind == Kind.PERSON
    assert not (world.key_type[person] == KeyType.CNPJ).any()
    assert not (world.key_type[~person] == KeyType.CPF).any()
    assert [k.name for k in KeyType] == [k.value for k in ContractKeyType]
