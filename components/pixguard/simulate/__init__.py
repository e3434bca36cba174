"""A Pix world: people, merchants, mules and fraud, out of a seed, as tables of the contract."""

from pixguard.simulate.config import (
    DEFAULT_TYPOLOGIES,
    NEW_TYPOLOGIES,
    SimulationConfig,
    SimulationConfigError,
    Story,
    TypologyShare,
)
from pixguard.simulate.simulation import STAGES, Simulation, simulate

__all__ = [
    "DEFAULT_TYPOLOGIES",
    "NEW_TYPOLOGIES",
    "STAGES",
    "Simulation",
    "SimulationConfig",
    "SimulationConfigError",
    "Story",
    "TypologyShare",
    "simulate",
]
