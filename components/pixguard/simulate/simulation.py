"""From a configuration to the finished tables, stage by stage."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from pixguard.simulate.config import SimulationConfig
from pixguard.simulate.counters import keep_dict
from pixguard.simulate.crime import Crime, commit_crime
from pixguard.simulate.devices import assign_devices
from pixguard.simulate.economy import honest_payments
from pixguard.simulate.randomness import stream
from pixguard.simulate.reports import report
from pixguard.simulate.tables import label_table, payment_table, truth_table
from pixguard.simulate.traffic import Traffic, concatenate
from pixguard.simulate.world import World, create_world

Progress = Callable[[str], None]
STAGES = ("world", "fraud", "honest payments", "devices", "reports", "DICT counters and tables")


@dataclass(frozen=True)
class Simulation:
    """Three tables: payments (PAYMENT_SCHEMA, in order of time), labels (LABEL_SCHEMA), truth (TRUTH_SCHEMA)."""

    payments: pa.Table
    labels: pa.Table
    truth: pa.Table


def _silent(_stage: str) -> None:
    """Show nothing."""


def simulate(config: SimulationConfig, progress: Progress = _silent) -> Simulation:
    """Return the tables of a simulated Pix world; the same configuration gives the same columns, byte for byte.

    `progress` is called with each of STAGES as it begins.
    """
    progress("world")
    world = create_world(config)
    progress("fraud")
    crime = commit_crime(config, world)
    progress("honest payments")
    honest = honest_payments(config, world, config.payments - len(crime.paid))
    progress("devices")
    paid = _in_order(concatenate([honest, crime.paid]))
    paid = assign_devices(world, paid, stream(config.seed, "devices"))
    return _tables(config, world, crime, paid, progress)


def _in_order(paid: Traffic) -> Traffic:
    return paid.take(np.argsort(paid.time_us, kind="stable"))


def _tables(config: SimulationConfig, world: World, crime: Crime, paid: Traffic, progress: Progress) -> Simulation:
    progress("reports")
    reports = report(world, paid, crime.story_of_chain, stream(config.seed, "reports"))
    progress("DICT counters and tables")
    known = keep_dict(world, paid, reports, stream(config.seed, "dict"))
    payments = payment_table(world, paid, known, config.seed, stream(config.seed, "tables"))
    ids = payments["end_to_end_id"]
    return Simulation(payments, label_table(reports, ids), truth_table(paid, crime.story_of_chain, ids))
