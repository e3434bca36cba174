"""The demo's mule chains, caught while they happen: the same payments decided with live state and with an hour-old one.

Most of a day of payments is played in order. Each is asked about first, through Envoy, from what the stream has made of
the ones before; then it is published. The very same payment is also scored from that state as it was an hour earlier.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path
from statistics import median
from typing import Any

import pyarrow.dataset as ds
import pyarrow.parquet as pq
from rich.console import Console
from rich.table import Table

from pixguard.client import Answer, Client, Decision
from pixguard.laptop.demo.chains import Outcome, Part, Said, Truth, asked_about, outcome
from pixguard.laptop.demo.hour_old import HourOld, hour_old
from pixguard.laptop.demo.live import Live, live
from pixguard.laptop.demo.traffic import payments_since
from pixguard.online_store import open_online_store
from pixguard.predictor.scorer import asked_of
from pixguard.predictor.served import Served
from pixguard.provenance.files import write_json
from pixguard.stream.messages import LABEL_MESSAGE_FIELDS

AGE = timedelta(hours=1)
PLAYED = timedelta(hours=18)  # what fits into the minute that the demo has for it
EVERY = 20  # of the honest payments, one in so many is asked about too: catching more by alarming more is no feat

Fact = tuple[datetime, str, dict[str, Any]]  # when it became known, payment or label, its fields


@dataclass(frozen=True)
class Answers:
    """What was said of each payment asked about, from live and from hour-old state."""

    live: dict[str, Said]
    hour_old: dict[str, Said]


def caught(addresses: Mapping[str, Any], version: Path, state: Path, cut: datetime, console: Console) -> datetime:
    """Play what came after the cut, print both outcomes side by side, keep them in `mules.json`; return its end."""
    until, began = cut + PLAYED, time.monotonic()
    facts = facts_between(state / "lake", cut, until)
    asked = asked_about(truths(state / "input" / "truth.parquet", facts), EVERY)
    served = Served.load(version, Path(addresses["public_key"]))
    store = open_online_store(addresses["online_store"], served.feature_set)
    with (
        closing(store),
        hour_old(served, store, state / "hour_old", AGE) as old,
        live(addresses["publish"], store, served.features) as now,
        Client(addresses["url"], timeout_s=5.0) as client,
    ):
        answers = play(facts, {each.end_to_end_id for each in asked}, client, now, old)
    budget = sum(each.chain is not None for each in asked)  # as many alerts as there are payments to find
    both = {name: outcome(asked, said, budget) for name, said in vars(answers).items()}
    write_json(state / "mules.json", {"budget": budget, **{name: asdict(each) for name, each in both.items()}})
    payments = sum(kind == "payment" for _, kind, _ in facts)
    console.print(
        f"   {payments:,} payments of {cut:%Y-%m-%d} until {until:%H:%M} published, {len(asked):,} decided first: "
        f"all of {both['live'].chains.of} mule chains, one in {EVERY} of the honest"
    )
    console.print(table(both["hour_old"], both["live"], budget))
    console.print(
        f"   {len(now.waits_s)} times a payment had to see what was on its way: visible {median(now.waits_s):.1f} s "
        f"after publishing (median), {max(now.waits_s):.1f} s (longest, the first: Spark starts)\n"
        f"   {old.inexact} of the states read could not be brought back a whole hour; "
        f"{time.monotonic() - began:.0f} s in all"
    )
    return until


def play(facts: Sequence[Fact], asked: set[str], client: Client, now: Live, old: HourOld) -> Answers:
    """Decide the payments in `asked`, each before it is published, and publish all facts in their order."""
    answers = Answers({}, {})
    for _, kind, data in facts:
        if data["end_to_end_id"] in asked and kind == "payment":
            payment = asked_of(data)
            now.settle(payment.payment)
            answers.hour_old[data["end_to_end_id"]] = said(old.decide(payment))
            answers.live[data["end_to_end_id"]] = said(client.decide(payment.payment))
        now.publish(kind, data)
    now.settle_all()
    return answers


def said(answer: Answer) -> Said:
    """Return what counts of an answer."""
    return Said(answer.probability, answer.decision is not Decision.APPROVE)


def facts_between(lake: Path, since: datetime, until: datetime) -> list[Fact]:
    """Return the payments and labels of a lake that became known from `since` until `until`, in that order."""
    payments = [(row["event_time"], "payment", row) for row in payments_since(lake, since, until)]
    names = [field.name for field in LABEL_MESSAGE_FIELDS]
    known = (ds.field("known_at") >= since) & (ds.field("known_at") < until)
    rows = ds.dataset(lake / "labels", partitioning="hive").to_table(columns=names, filter=known).to_pylist()
    labels = [(row["known_at"], "label", row) for row in rows]
    return sorted(payments + labels, key=lambda fact: (fact[0], fact[1], fact[2]["end_to_end_id"]))


def truths(path: Path, facts: Sequence[Fact]) -> list[Truth]:
    """Return what the payments among the facts really were, in their order."""
    columns = ["end_to_end_id", "is_fraud", "chain_id", "hop"]
    found = {row["end_to_end_id"]: row for row in pq.read_table(path, columns=columns).to_pylist() if row["is_fraud"]}
    made = []
    for at, kind, data in facts:
        if kind == "payment":
            crime = found.get(data["end_to_end_id"], {"chain_id": None, "hop": 0})
            made.append(Truth(data["end_to_end_id"], at, data["amount_centavos"], crime["chain_id"], crime["hop"]))
    return made


def table(old: Outcome, now: Outcome, budget: int) -> Table:
    """Return both outcomes side by side, each figure with its denominator."""
    made = Table(box=None, pad_edge=False, header_style="")
    for name in ("   held or rejected, with state", "one hour old", "live"):
        made.add_column(name, justify="left" if name.startswith(" ") else "right", no_wrap=True)
    rows = (
        ("payments of the chains", "chain_payments", _count),
        ("  victims' to mules", "victims", _count),
        ("  mules' onward", "onward", _count),
        ("chains, somewhere", "chains", _count),
        ("money of the chains", "chains", _money),
        ("honest payments", "honest", _count),
        (f"among the {budget} most suspicious", "at_budget", _count),
    )
    for label, part, shown in rows:
        made.add_row(f"   {label}", shown(getattr(old, part)), shown(getattr(now, part)))
    return made


def _count(part: Part) -> str:
    share = part.some / part.of if part.of else 0.0
    return f"{part.some:,} of {part.of:,} ({share:.0%})"


def _money(part: Part) -> str:
    return f"R$ {part.centavos / 100:,.0f} of {part.of_centavos / 100:,.0f}"
