"""What can be configured in a simulated Pix world, and the errors of a world that cannot be."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from datetime import date
from enum import IntEnum

from pixguard.errors import PixguardError

# Raised whenever the same seed gives other columns than before: kept worlds of an older generator are then replaced.
GENERATOR = 1
PIX_LAUNCH = date(2020, 11, 16)
# Own payments that an average account of a person sends in a day; low, since the tail of quiet accounts is long.
PAYMENTS_PER_PERSON_DAY = 0.6


class SimulationConfigError(PixguardError):
    """A world that cannot be simulated; the message names the field, what it holds and what it may hold."""


class Story(IntEnum):
    """Why a payment was made: honest ones, bait that fraudsters send to victims, and fraud of each typology.

    MULE_CHAIN are the onward movements of stolen money; the typology of their chain is that of its victim's payment.
    """

    HONEST = 0
    BAIT = 1
    FAKE_CALL_CENTRE = 2
    MESSAGING_CLONE = 3
    REMOTE_ACCESS = 4
    QR_SWAP = 5
    INVESTMENT_SCAM = 6
    WRONG_PIX = 7
    ACCOUNT_TAKEOVER = 8
    COERCION = 9
    MULE_CHAIN = 10
    CONSENT_ABUSE = 11

    @property
    def is_fraud(self) -> bool:
        """Whether a payment of this story moves stolen money."""
        return self > Story.BAIT


@dataclass(frozen=True)
class TypologyShare:
    """How often a typology strikes: its share of all cases, and the day of the simulation on which it first appears."""

    story: Story
    share: float
    first_day: int = 0


DEFAULT_TYPOLOGIES = (
    TypologyShare(Story.FAKE_CALL_CENTRE, 0.17),
    TypologyShare(Story.MESSAGING_CLONE, 0.20),
    TypologyShare(Story.REMOTE_ACCESS, 0.08),
    TypologyShare(Story.QR_SWAP, 0.16),
    TypologyShare(Story.INVESTMENT_SCAM, 0.13),
    TypologyShare(Story.WRONG_PIX, 0.06),
    TypologyShare(Story.ACCOUNT_TAKEOVER, 0.13),
    TypologyShare(Story.COERCION, 0.07),
)
# What no world has unless it is asked for: a typology that is new on its first day.
NEW_TYPOLOGIES = (TypologyShare(Story.CONSENT_ABUSE, 0.0),)


@dataclass(frozen=True)
class SimulationConfig:
    """A Pix world and how long it is watched.

    `payments` is exact; `prevalence` is the share of payments that move stolen money (onward movements of mules
    included) and is met up to one chain; `people` and `merchants` are derived from `payments` and `days` if None.
    """

    payments: int = 400_000
    days: int = 75
    start_date: date = date(2026, 3, 2)
    seed: int = 7
    prevalence: float = 0.01
    people: int | None = None
    merchants: int | None = None
    typologies: tuple[TypologyShare, ...] = DEFAULT_TYPOLOGIES

    def __post_init__(self) -> None:
        _require(self.payments >= 1_000, "payments", self.payments, "at least 1000")
        _require(2 <= self.days <= 730, "days", self.days, "between 2 and 730")
        _require(self.start_date >= PIX_LAUNCH, "start_date", self.start_date, f"not before Pix itself, {PIX_LAUNCH}")
        _require(self.seed >= 0, "seed", self.seed, "0 or greater")
        _require(0 <= self.prevalence <= 0.1, "prevalence", self.prevalence, "between 0 and 0.1")
        _require(self.person_count >= 200, "people", self.person_count, "at least 200 (more payments or fewer days)")
        _require(self.merchant_count >= 20, "merchants", self.merchant_count, "at least 20")
        self._require_typologies()

    def _require_typologies(self) -> None:
        stories = [t.story for t in self.typologies]
        known = {t.story for t in (*DEFAULT_TYPOLOGIES, *NEW_TYPOLOGIES)}
        _require(len(set(stories)) == len(stories), "typologies", stories, "each typology once")
        _require(set(stories) <= known, "typologies", stories, f"some of {sorted(s.name for s in known)}")
        _require(sum(t.share for t in self.typologies) > 0, "typologies", stories, "at least one with a share above 0")
        for item in self.typologies:
            _require(item.share >= 0, f"share of {item.story.name}", item.share, "0 or greater")
            _require(0 <= item.first_day < self.days, f"first_day of {item.story.name}", item.first_day, "a day of it")

    @property
    def person_count(self) -> int:
        """Accounts of natural persons."""
        return self.people or max(200, round(self.payments / self.days / PAYMENTS_PER_PERSON_DAY))

    @property
    def merchant_count(self) -> int:
        """Accounts of merchants, without employers, billers and marketplaces."""
        return self.merchants or max(20, self.person_count // 16)

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the configuration and the generator: equal fingerprints mean equal columns."""
        text = json.dumps({"generator": GENERATOR, **self.as_json()}, sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()

    def as_json(self) -> dict[str, object]:
        """Return the configuration as plain JSON values, derived sizes filled in."""
        typologies = [{**asdict(t), "story": t.story.name.lower()} for t in self.typologies]
        derived = {"people": self.person_count, "merchants": self.merchant_count, "typologies": typologies}
        return {**asdict(self), **derived, "start_date": self.start_date.isoformat()}


def _require(holds: bool, field: str, value: object, wanted: str) -> None:
    if not holds:
        raise SimulationConfigError(f"{field} is {value}: it must be {wanted}")
