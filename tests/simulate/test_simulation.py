from dataclasses import replace

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from pixguard.simulate import STAGES, SimulationConfig, simulate

SMALL = SimulationConfig(payments=5_000, days=20, prevalence=0.02, seed=4)


def test_the_same_configuration_gives_the_same_columns():
    first, second = simulate(SMALL), simulate(SMALL)
    assert first.payments.equals(second.payments)
    assert first.labels.equals(second.labels)
    assert first.truth.equals(second.truth)


def test_another_seed_gives_other_people_and_payments():
    first, second = simulate(SMALL), simulate(replace(SMALL, seed=5))
    for name in ("end_to_end_id", "payer_id", "device_id"):
        assert not set(first.payments[name].drop_null().to_pylist()) & set(second.payments[name].to_pylist())


def test_the_stages_are_told_in_order():
    told: list[str] = []
    simulate(SMALL, told.append)
    assert tuple(told) == STAGES


@pytest.mark.parametrize("prevalence", [0.0, 0.0002, 0.1])
def test_the_number_of_payments_is_exact_at_any_prevalence(prevalence):
    made = simulate(replace(SMALL, prevalence=prevalence))
    assert made.payments.num_rows == SMALL.payments
    assert pc.sum(made.truth["is_fraud"].cast(pa.int64())).as_py() <= SMALL.payments * prevalence


def test_payments_are_in_order_of_time_and_labels_in_order_of_becoming_known(simulation):
    for column in (simulation.payments["event_time"], simulation.labels["known_at"]):
        times = column.cast(pa.int64()).to_numpy()
        assert (times[1:] >= times[:-1]).all()
