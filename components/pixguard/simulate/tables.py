"""The contract's tables out of a simulated world: payments, labels, and the truth that no model may see."""

from __future__ import annotations

from enum import IntEnum

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pixguard.payment import LABEL_SCHEMA, PAYMENT_SCHEMA
from pixguard.simulate.config import Story
from pixguard.simulate.counters import Dict
from pixguard.simulate.places import REGIONS, ispb_codes
from pixguard.simulate.randomness import Ints, Mask, chance, choose
from pixguard.simulate.reports import Reports, Situation
from pixguard.simulate.rhythm import DAY_US
from pixguard.simulate.tokens import end_to_end_ids, tokens
from pixguard.simulate.traffic import Initiation, Purpose, Traffic
from pixguard.simulate.world import KeyType, World

TRUTH_SCHEMA = pa.schema(
    [
        pa.field("end_to_end_id", pa.string(), nullable=False),
        pa.field("typology", pa.string(), nullable=False),
        pa.field("is_fraud", pa.bool_(), nullable=False),
        pa.field("chain_id", pa.int64()),
        pa.field("hop", pa.int32()),
    ]
)
# What institutions fail to send, now and then.
_COUNTERS_MISSING, _REGION_MISSING, _OTHER_KEY = 0.007, 0.02, 0.15


def payment_table(world: World, paid: Traffic, known: Dict, seed: int, rng: np.random.Generator) -> pa.Table:
    """Return the payments as a table of PAYMENT_SCHEMA, in the order of `paid`."""
    codes, kinds = pa.array(ispb_codes(seed)), world.institution
    account = tokens(np.arange(len(world.kind)), seed, "account")
    columns = {
        "end_to_end_id": end_to_end_ids(ispb_codes(seed), kinds[paid.payer], paid.time_us, seed),
        "event_time": pa.array(paid.time_us).cast(pa.timestamp("us", tz="UTC")),
        "amount_centavos": pa.array(paid.amount_centavos),
        "payer_id": account.take(pa.array(paid.payer)),
        "payee_id": account.take(pa.array(paid.payee)),
        "device_id": _device_tokens(paid.device, seed),
        "payer_ispb": codes.take(pa.array(kinds[paid.payer])),
        "payee_ispb": codes.take(pa.array(kinds[paid.payee])),
        "key_type": _names(KeyType, _key_types(world, paid, rng), paid.initiation == Initiation.MANUAL),
        "initiation": _names(Initiation, paid.initiation),
        "purpose": _names(Purpose, paid.purpose),
        "device_registered": pa.array(paid.registered == 1, mask=paid.device < 0),
        "payer_region": pa.array(REGIONS).take(
            pa.array(world.region[paid.payer], mask=chance(rng, _REGION_MISSING, len(paid)))
        ),
    }
    for side, number in (("payer", paid.payer), ("payee", paid.payee)):
        counters = _what_is_known(known, number, paid.time_us, rng)
        columns |= {f"{side}_{name}": values for name, values in counters.items()}
    return pa.table([columns[name] for name in PAYMENT_SCHEMA.names], schema=PAYMENT_SCHEMA)


def _what_is_known(known: Dict, account: Ints, time_us: Ints, rng: np.random.Generator) -> dict[str, pa.Array]:
    """Return age and counters of one side's accounts; null together where the institution did not get an answer."""
    missing = chance(rng, _COUNTERS_MISSING, len(account))
    age_days = np.maximum(0, (time_us - known.world.opened_us[account]) // DAY_US)
    columns = {"account_age_days": age_days} | known.view(account, time_us)
    return {name: pa.array(values.astype(np.int32), mask=missing) for name, values in columns.items()}


def _device_tokens(device: Ints, seed: int) -> pa.Array:
    used, row = np.unique(device, return_inverse=True)
    return tokens(used, seed, "device").take(pa.array(row, mask=device < 0))


def _key_types(world: World, paid: Traffic, rng: np.random.Generator) -> Ints:
    """Return the key that was typed: the payee's usual one, or the usual one of a similar account."""
    usual, other = world.key_type[paid.payee], choose(rng, np.array([0.0, 0.0, 0.25, 0.25, 0.5]), len(paid))
    return np.where(chance(rng, _OTHER_KEY, len(paid)), other, usual)


def _names(codes: type[IntEnum], values: NDArray[np.integer], mask: Mask | None = None) -> pa.Array:
    return pa.array([code.name for code in codes]).take(pa.array(values, mask=mask))


def label_table(reports: Reports, end_to_end_id: pa.ChunkedArray) -> pa.Table:
    """Return the reports as a table of LABEL_SCHEMA, in the order in which they became known."""
    columns = {
        "end_to_end_id": end_to_end_id.take(pa.array(reports.row)),
        "is_fraud": pa.array(reports.is_fraud),
        "situation": _names(Situation, reports.situation, reports.situation < 0),
        "known_at": pa.array(reports.known_us).cast(pa.timestamp("us", tz="UTC")),
    }
    return pa.table([columns[name] for name in LABEL_SCHEMA.names], schema=LABEL_SCHEMA)


def truth_table(paid: Traffic, story_of_chain: Ints, end_to_end_id: pa.ChunkedArray) -> pa.Table:
    """Return what really happened: for analysis and stories, never an input of a model."""
    honest = paid.chain < 0
    names = pa.array([story.name.lower() for story in Story])
    in_chain = np.append(story_of_chain, Story.HONEST)[paid.chain]  # chain -1 is the last one, the honest
    typology = np.where((paid.story == Story.BAIT) | (paid.story == Story.MULE_CHAIN), paid.story, in_chain)
    columns = [
        end_to_end_id,
        names.take(pa.array(typology)),
        pa.array(paid.story > Story.BAIT),
        pa.array(paid.chain, mask=honest),
        pa.array(paid.hop.astype(np.int32), mask=honest),
    ]
    return pa.table(columns, schema=TRUTH_SCHEMA)
