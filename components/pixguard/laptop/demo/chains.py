"""Mule chains in a stretch of payments, and what two ways of deciding did to them. Pure: no I/O, no clock."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

MOVES_ON_WITHIN = timedelta(hours=1)


@dataclass(frozen=True)
class Truth:
    """What a payment really was: its chain and hop where it moved stolen money (hop 0 is the victim's), else None."""

    end_to_end_id: str
    event_time: datetime
    amount_centavos: int
    chain: int | None = None
    hop: int = 0


@dataclass(frozen=True)
class Said:
    """What was said of a payment."""

    probability: float
    stopped: bool  # held or rejected


@dataclass(frozen=True)
class Part:
    """Some of some payments: how many, and of how much money."""

    some: int
    of: int
    centavos: int = 0
    of_centavos: int = 0


@dataclass(frozen=True)
class Outcome:
    """What one way of deciding did to the payments that were asked about."""

    chain_payments: Part
    victims: Part  # their payments to mules
    onward: Part  # mules' payments
    chains: Part  # with a payment stopped somewhere; their money, each chain's counted once
    honest: Part  # stopped though nothing was wrong
    at_budget: Part  # of the chains' payments, those among the most suspicious so many


def mule_chains(payments: Iterable[Truth]) -> set[int]:
    """Return the chains in which money left a mule within the hour after it had come."""
    by_chain: dict[int, list[Truth]] = defaultdict(list)
    for each in payments:
        if each.chain is not None:
            by_chain[each.chain].append(each)
    return {chain for chain, own in by_chain.items() if any(_moves_on(each, own) for each in own)}


def asked_about(payments: Sequence[Truth], every: int) -> list[Truth]:
    """Return all payments of mule chains and one in `every` honest ones, in order; other fraud is left aside."""
    chains, honest, chosen = mule_chains(payments), 0, []
    for each in payments:
        honest += each.chain is None
        if each.chain in chains or (each.chain is None and honest % every == 0):
            chosen.append(each)
    return chosen


def outcome(asked: Sequence[Truth], said: Mapping[str, Said], budget: int) -> Outcome:
    """Return what was done to the payments asked about; `budget` is a number of alerts, for both ways the same."""
    suspicious = sorted(asked, key=lambda each: -said[each.end_to_end_id].probability)
    alerted = {each.end_to_end_id for each in suspicious[:budget]}
    crime = [each for each in asked if each.chain is not None]

    def stopped(each: Truth) -> bool:
        return said[each.end_to_end_id].stopped

    return Outcome(
        chain_payments=_part(crime, stopped),
        victims=_part([each for each in crime if each.hop == 0], stopped),
        onward=_part([each for each in crime if each.hop > 0], stopped),
        chains=_chains(crime, stopped),
        honest=_part([each for each in asked if each.chain is None], stopped),
        at_budget=_part(crime, lambda each: each.end_to_end_id in alerted),
    )


def _moves_on(payment: Truth, chain: Iterable[Truth]) -> bool:
    waits = (payment.event_time - each.event_time for each in chain if each.hop == payment.hop - 1)
    return any(timedelta(0) < wait <= MOVES_ON_WITHIN for wait in waits)


def _part(payments: Sequence[Truth], chosen: Callable[[Truth], bool]) -> Part:
    some = [each for each in payments if chosen(each)]
    return Part(len(some), len(payments), _sum(some), _sum(payments))


def _chains(crime: Iterable[Truth], stopped: Callable[[Truth], bool]) -> Part:
    """Count each chain's money once, though it passes several hops: at the hop where most of it passed, was stopped."""
    by_chain: dict[int | None, dict[int, list[Truth]]] = defaultdict(lambda: defaultdict(list))
    for each in crime:
        by_chain[each.chain][each.hop].append(each)
    parts = [[_part(own, stopped) for own in hops.values()] for hops in by_chain.values()]
    return Part(
        sum(any(part.some for part in hops) for hops in parts),
        len(parts),
        sum(max(part.centavos for part in hops) for hops in parts),
        sum(max(part.of_centavos for part in hops) for hops in parts),
    )


def _sum(payments: Iterable[Truth]) -> int:
    return sum(each.amount_centavos for each in payments)
