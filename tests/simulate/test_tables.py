import re

import numpy as np
import pyarrow.compute as pc

from pixguard.payment import LABEL_SCHEMA, PAYMENT_SCHEMA
from pixguard.payment.schema import TOKENISED_PATTERN
from pixguard.simulate.tables import TRUTH_SCHEMA


def test_the_schemas_are_the_contract_s(simulation):
    assert simulation.payments.schema == PAYMENT_SCHEMA
    assert simulation.labels.schema == LABEL_SCHEMA
    assert simulation.truth.schema == TRUTH_SCHEMA
    for table in (simulation.payments, simulation.labels, simulation.truth):
        table.validate(full=True)
        assert all(table[f.name].null_count == 0 for f in table.schema if not f.nullable)


def test_ids_are_unique_and_carry_minute_and_ispb(simulation):
    payments = simulation.payments
    ids = payments["end_to_end_id"]
    assert pc.count_distinct(ids).as_py() == payments.num_rows
    assert pc.all(pc.equal(pc.utf8_slice_codeunits(ids, 1, 9), payments["payer_ispb"])).as_py()
    minute = pc.strftime(payments["event_time"], "%Y%m%d%H%M")
    assert pc.all(pc.equal(pc.utf8_slice_codeunits(ids, 9, 21), minute)).as_py()


def test_tokens_are_tokens_and_devices_may_be_missing(simulation):
    payments = simulation.payments
    for name in ("payer_id", "payee_id", "device_id"):
        assert all(re.fullmatch(TOKENISED_PATTERN, t) for t in payments[name].drop_null()[:200].to_pylist())
    assert 0 < payments["device_id"].null_count / payments.num_rows < 0.2
    assert pc.all(pc.equal(payments["device_id"].is_null(), payments["device_registered"].is_null())).as_py()


def test_a_typed_account_has_no_key(simulation):
    payments = simulation.payments
    assert pc.all(pc.equal(payments["key_type"].is_null(), pc.equal(payments["initiation"], "MANUAL"))).as_py()


def test_an_account_keeps_its_institution_and_grows_older(simulation):
    frame = simulation.payments.select(["payee_id", "payee_ispb", "payee_account_age_days"]).to_pandas().dropna()
    by_account = frame.groupby("payee_id")
    assert (by_account["payee_ispb"].nunique() == 1).all()
    assert by_account["payee_account_age_days"].apply(lambda days: days.is_monotonic_increasing).all()


def test_labels_and_truth_speak_of_the_payments(simulation):
    ids = simulation.payments["end_to_end_id"]
    assert simulation.truth["end_to_end_id"].equals(ids)
    assert pc.all(pc.is_in(simulation.labels["end_to_end_id"], ids.combine_chunks())).as_py()
    truth = simulation.truth.to_pandas()
    assert set(truth.loc[truth["is_fraud"], "typology"]) >= {"mule_chain", "qr_swap", "coercion"}
    assert truth.loc[~truth["is_fraud"], "typology"].isin(["honest", "bait"]).all()
    assert truth.loc[truth["typology"] == "honest", "chain_id"].isna().all()
    assert np.isclose(truth["is_fraud"].mean(), 0.01, atol=2e-4)
