"""The planned vector equals the declarations' own, bit for bit."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pixguard.declaration import DeclarationError, FeatureSet, RequestFeature, aggregates
from pixguard.features import BOOK, HANDBOOK, PIX
from pixguard.payment.schema import PAYMENT_FIELDS
from pixguard.vector_plan import TEXTS, VectorPlan

VALUES = {field.name: (*field.values, None) for field in PAYMENT_FIELDS}
NUMBERS = st.one_of(st.none(), st.integers(0, 2**31 - 1))


# Copies of an aggregate, of a copy and of a computed feature, and a feature that reads what float32 cannot hold.
COPIES = FeatureSet(
    "copies",
    aggregates("payer", "sent_centavos", "sum", "1h", "24h"),
    (
        RequestFeature("sum", ("payer_sent_centavos_sum_1h",), np.asarray),
        RequestFeature("sum_again", ("sum",), np.asarray),
        RequestFeature("third", ("payer_sent_centavos_sum_24h",), lambda x: x / 3),
        RequestFeature("third_again", ("third",), np.asarray),
        RequestFeature("alone", ("payer_sent_centavos_sum_24h",), np.asarray),
        RequestFeature("amount_centavos", ("amount_centavos",), np.asarray),
        RequestFeature("left", ("sum", "third"), np.subtract),
    ),
)


@pytest.mark.parametrize(
    "declared", [PIX, HANDBOOK, BOOK, COPIES, PIX.available({"amount_centavos", "event_time", "key_type"})]
)
@given(data=st.data())
def test_plan_equals_the_declarations(declared, data: st.DataObject) -> None:
    rows = data.draw(st.integers(1, 5))
    names = [a.name for a in declared.aggregates]
    sums = st.integers(0, 10**14) if data.draw(st.booleans()) else st.just(0)
    aggregates = np.array([[data.draw(sums) for _ in range(rows)] for _ in names], dtype=np.int64)
    plan = VectorPlan(declared, names)
    numeric = [
        [data.draw(st.integers(1, 2 * 10**15) if name == "amount_centavos" else NUMBERS) for _ in range(rows)]
        for name in plan.numeric
    ]
    times = np.array([data.draw(st.integers(1, 2 * 10**15)) for _ in range(rows)])
    texts = [tuple(data.draw(st.sampled_from(VALUES[name])) for name in plan.texts) for _ in range(rows)]
    columns = {
        name: np.array(values, dtype=float if None in values else np.int64)
        for name, values in zip(plan.numeric, numeric, strict=True)
    }
    for name, values in zip(plan.texts, zip(*texts, strict=True), strict=False):
        columns[name] = np.array(values, dtype=object)
    expected = declared.vector({**dict(zip(names, aggregates, strict=True)), **columns, "event_time": times})
    found = plan.vector(aggregates, np.array(numeric, dtype=float).reshape(len(numeric), rows), times, texts)
    np.testing.assert_array_equal(found.view(np.int32), expected.view(np.int32))


def test_features_that_share_a_function_share_a_call() -> None:
    plan = VectorPlan(PIX, [a.name for a in PIX.aggregates])
    assert len(plan._calls) < len(PIX.request) / 5


def test_a_feature_of_texts_and_numbers_is_refused() -> None:
    mixed = RequestFeature("mixed", ("key_type", "amount_centavos"), lambda _text, number: number)
    with pytest.raises(DeclarationError, match="mixed: reads texts and numbers"):
        VectorPlan(FeatureSet("mixed", (), (mixed,)), [])


def test_texts_are_what_no_number_can_hold() -> None:
    assert "key_type" in TEXTS
    assert "amount_centavos" not in TEXTS
