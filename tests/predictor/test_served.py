import json
from pathlib import Path

import numpy as np
import pytest

from pixguard.explain import ExplainError
from pixguard.features import PIX
from pixguard.online import OnlineFeatures
from pixguard.predictor.served import Served, ServedError, declared_set, needs_state
from pixguard.provenance import IncompleteVersionError, SignatureError, sign_folder
from tests.predictor.world import World


def test_a_version_reads_its_features_from_state(world: World) -> None:
    served = Served.load(world.version.folder, world.public_key)
    payments = world.later(20)
    states = [world.states.get(key) if key else None for each in payments for key in served.features.keys(each)]
    found = served.with_state(payments, states)
    np.testing.assert_array_equal(found.x_rf, OnlineFeatures(PIX).vectors(payments, states).x_rf)
    assert served.explainer.names == PIX.names


def test_without_state_only_the_payments_own_features_are_true(world: World) -> None:
    served = Served.load(world.version.folder, world.public_key)
    (payment,) = world.later(1)
    x_f = served.without_state([payment])[0]
    own = dict(zip(PIX.names, x_f.tolist(), strict=True))
    assert own["log_amount"] == pytest.approx(np.log1p(payment.amount_centavos / 100))
    assert own["payee_dict_settlements_d90"] == payment.payee_dict_settlements_d90
    median = world.version.reference["features"]["payer_sent_count_30d"]["median"]
    assert own["payer_sent_count_30d"] == pytest.approx(median)
    np.testing.assert_array_equal(x_f[served.of_state_f], served.medians_f[served.of_state_f])


def test_what_needs_state_follows_from_the_declarations() -> None:
    needing = dict(zip(PIX.names, needs_state(PIX).tolist(), strict=True))
    assert needing["payer_sent_count_1h"]
    assert needing["amount_to_payer_mean"], "by way of another request feature"
    assert needing["unregistered_headroom"]
    assert not needing["log_amount"]
    assert not needing["payee_account_age_days"]


def test_a_version_that_reads_fewer_features_takes_them_by_name(world: World) -> None:
    inputs = ["is_night", "log_amount"]
    assert declared_set({"feature_set": "pix", "inputs": inputs}) is PIX
    with pytest.raises(ServedError, match=r"\['hour_of_doom'\]"):
        declared_set({"feature_set": "pix", "inputs": ["hour_of_doom"]})
    with pytest.raises(ServedError, match="'moon' is not declared here"):
        declared_set({"feature_set": "moon", "inputs": inputs})


def test_a_tampered_version_is_not_opened(world: World, copied: Path) -> None:
    (copied / "reasons.onnx").write_bytes((copied / "reasons.onnx").read_bytes() + b" ")
    with pytest.raises(SignatureError, match=r"reasons\.onnx"):
        Served.load(copied, world.public_key)


def test_a_half_fetched_version_is_not_opened(world: World, copied: Path) -> None:
    (copied / "model.onnx").unlink()
    with pytest.raises(SignatureError, match=r"model\.onnx"):
        Served.load(copied, world.public_key)


def test_a_version_signed_without_reasons_is_incomplete(world: World, copied: Path) -> None:
    (copied / "reasons.onnx").unlink()
    sign_folder(copied, world.folder / "signing.pem")
    with pytest.raises(IncompleteVersionError, match=r"lacks reasons\.onnx"):
        Served.load(copied, world.public_key)


def test_reasons_of_another_model_are_refused_although_signed(world: World, copied: Path) -> None:
    reference = json.loads((copied / "reference.json").read_text())
    del reference["features"]["log_amount"]
    (copied / "reference.json").write_text(json.dumps(reference))
    sign_folder(copied, world.folder / "signing.pem")
    with pytest.raises(ExplainError, match="lacks the median of 'log_amount'"):
        Served.load(copied, world.public_key)
