"""Worlds that the tests of the simulator share: they are made once and never changed."""

import pytest

from pixguard.simulate import Simulation, SimulationConfig, simulate
from pixguard.simulate.crime import Crime, commit_crime
from pixguard.simulate.devices import assign_devices
from pixguard.simulate.economy import honest_payments
from pixguard.simulate.randomness import stream
from pixguard.simulate.reports import Reports, report
from pixguard.simulate.traffic import Traffic, concatenate
from pixguard.simulate.world import World, create_world

CONFIG = SimulationConfig(payments=100_000, days=60, prevalence=0.01, seed=11)


@pytest.fixture(scope="session")
def config() -> SimulationConfig:
    return CONFIG


@pytest.fixture(scope="session")
def world() -> World:
    return create_world(CONFIG)


@pytest.fixture(scope="session")
def crime(world: World) -> Crime:
    return commit_crime(CONFIG, world)


@pytest.fixture(scope="session")
def honest(world: World, crime: Crime) -> Traffic:
    return honest_payments(CONFIG, world, CONFIG.payments - len(crime.paid))


@pytest.fixture(scope="session")
def paid(world: World, crime: Crime, honest: Traffic) -> Traffic:
    """All payments in order of time, devices assigned."""
    both = concatenate([honest, crime.paid])
    return assign_devices(world, both.take(both.time_us.argsort(kind="stable")), stream(CONFIG.seed, "devices"))


@pytest.fixture(scope="session")
def reports(world: World, crime: Crime, paid: Traffic) -> Reports:
    return report(world, paid, crime.story_of_chain, stream(CONFIG.seed, "reports"))


@pytest.fixture(scope="session")
def simulation() -> Simulation:
    return simulate(CONFIG)
