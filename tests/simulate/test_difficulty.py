"""No leaks, and neither an easy nor a hopeless task: what separates fraud here must be behaviour and history."""

import itertools

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from lightgbm import Dataset, train
from sklearn.metrics import average_precision_score, roc_auc_score

from .history import final_labels, numbers, past_features, raw_features

# A behavioural column may tell something (large amounts, quiet payees), never nearly everything.
MOST_OF_ONE_COLUMN = 0.85
COLUMN_PAIRS = (("payer_id", "payee_id"), ("payer_ispb", "payee_ispb"))


def separation(fraud: np.ndarray, values: np.ndarray) -> float:
    """AUC in whichever direction separates better; nulls are lowest."""
    auc = roc_auc_score(fraud, np.nan_to_num(values, nan=-1.0))
    return float(max(auc, 1 - auc))


def by_chance(fraud: np.ndarray, comparisons: int) -> float:
    """The AUC that the best of some meaningless columns reaches by luck (normal approximation, 1 in 1000)."""
    positives = int(fraud.sum())
    deviation = np.sqrt((len(fraud) + 1) / (12.0 * positives * (len(fraud) - positives)))
    return 0.5 + deviation * np.sqrt(2 * np.log(1_000 * comparisons))


@pytest.fixture(scope="module")
def fraud(simulation):
    return simulation.truth["is_fraud"].to_numpy()


@pytest.fixture(scope="module")
def time_us(simulation):
    return simulation.payments["event_time"].cast(pa.int64()).to_numpy()


def characters(column: pa.ChunkedArray, skip: int) -> np.ndarray:
    """Return the character codes [rows, characters] of strings of equal length."""
    text = "".join(column.to_pylist()).encode()
    return np.frombuffer(text, dtype=np.uint8).reshape(len(column), -1)[:, skip:]


def test_no_raw_column_separates_fraud(simulation, fraud):
    found = {name: separation(fraud, values) for name, values in raw_features(simulation.payments).items()}
    assert max(found.values()) < MOST_OF_ONE_COLUMN, found
    assert separation(fraud, numbers(simulation.payments["device_registered"])) < 0.6


def test_missing_values_do_not_separate(simulation, fraud):
    for column in simulation.payments.columns:
        if column.null_count:
            assert separation(fraud, column.is_null().to_numpy().astype(float)) < 0.58


def test_equal_columns_do_not_separate(simulation, fraud):
    payments = simulation.payments
    sides = [(n, n.replace("payer", "payee", 1)) for n in payments.column_names if n.startswith("payer_")]
    for left, right in (*COLUMN_PAIRS, *((a, b) for a, b in sides if b in payments.column_names)):
        equal = pc.fill_null(pc.equal(payments[left], payments[right]), False).to_numpy()
        assert separation(fraud, equal.astype(float)) < 0.65, (left, right)


def test_the_free_part_of_the_id_says_nothing(simulation, fraud):
    free = characters(simulation.payments["end_to_end_id"], 21)
    bound = by_chance(fraud, free.shape[1])
    assert max(separation(fraud, column) for column in free.T) < bound


@pytest.mark.parametrize("name", ["payer_id", "payee_id", "device_id"])
def test_tokens_say_nothing_of_an_account(simulation, fraud, name):
    column = simulation.payments[name]
    accounts, guilty = column.drop_null().unique(), column.filter(pa.array(fraud)).drop_null().unique()
    is_guilty = pc.is_in(accounts, guilty).to_numpy(zero_copy_only=False)
    digits = characters(accounts, 3)
    bound = by_chance(is_guilty, digits.shape[1])
    assert max(separation(is_guilty, column) for column in digits.T) < bound


def test_there_is_no_time_grid(fraud, time_us):
    clocks = {
        f"{step} % {cycle}": time_us // step % cycle
        for step, cycle in [(1, 10), (1, 1_000), (1_000, 1_000), (1_000_000, 60), (60_000_000, 60), (1, 1_000_000)]
    }
    bound = by_chance(fraud, len(clocks)) + 0.01  # payments of one case share their minute
    found = {name: separation(fraud, values) for name, values in clocks.items()}
    assert max(found.values()) < bound, found


def test_no_interval_between_payments_repeats_exactly(simulation, fraud, time_us):
    payer = simulation.payments["payer_id"].to_numpy()
    for rows in (np.flatnonzero(fraud), np.flatnonzero(~fraud)[:20_000]):
        order = rows[np.lexsort((time_us[rows], payer[rows]))]
        interval = np.diff(time_us[order])[payer[order][1:] == payer[order][:-1]]
        assert len(np.unique(interval)) >= 0.999 * len(interval)


def test_digits_of_the_amount_do_not_separate(simulation, fraud):
    amount = simulation.payments["amount_centavos"].to_numpy()
    patterns = {
        "last digit": amount % 10,
        "centavos": amount % 100,
        "whole reais": amount % 100 == 0,
        "tens of reais": amount % 10_00 == 0,
        "hundreds of reais": amount % 100_00 == 0,
        "first digit": amount // 10 ** np.floor(np.log10(amount)).astype(np.int64),
    }
    found = {name: separation(fraud, values.astype(float)) for name, values in patterns.items()}
    assert max(found.values()) < 0.7, found


def test_row_order_says_nothing(fraud):
    neighbours = np.arange(len(fraud)) % 2
    assert separation(fraud, neighbours.astype(float)) < by_chance(fraud, 1) + 0.005


def learned(features: dict[str, np.ndarray], fraud: np.ndarray, since: float = 0.1, until: float = 0.7) -> np.ndarray:
    """Train boosted trees on the earlier rows and return the scores of the later ones."""
    matrix = np.stack(list(features.values()), axis=1).astype(np.float32)
    first, cut = int(len(fraud) * since), int(len(fraud) * until)
    parameters = {
        "objective": "binary", "num_leaves": 15, "learning_rate": 0.06, "min_data_in_leaf": 30, "lambda_l2": 5,
        "feature_fraction": 0.5, "num_threads": 1, "verbosity": -1, "seed": 1, "deterministic": True,
    }  # fmt: skip
    model = train(parameters, Dataset(matrix[first:cut], fraud[first:cut].astype(float)), num_boost_round=120)
    return np.asarray(model.predict(matrix[cut:]))


def test_a_strong_model_needs_history_and_is_far_from_perfect(simulation):
    labels = final_labels(simulation.payments, simulation.labels)
    raw = raw_features(simulation.payments)
    later = labels[int(len(labels) * 0.7) :]
    without = average_precision_score(later, learned(raw, labels))
    past = past_features(simulation.payments, simulation.labels)
    with_history = average_precision_score(later, learned(raw | past, labels))
    assert 0.45 < with_history < 0.85
    assert 0.05 < without < 0.45
    assert with_history > without + 0.15


def test_a_model_of_ids_and_clock_digits_learns_nothing(simulation, fraud, time_us):
    free = characters(simulation.payments["end_to_end_id"], 21).astype(float)
    features = {f"id {i}": column for i, column in enumerate(free.T)}
    features |= {f"clock {a}": (time_us // a % 1_000).astype(float) for a in (1, 1_000)}
    features |= {"second": (time_us // 1_000_000 % 60).astype(float)}
    scores = learned(features, fraud)
    later = fraud[int(len(fraud) * 0.7) :]
    assert abs(roc_auc_score(later, scores) - 0.5) < 0.08


def test_pairs_of_simple_signs_do_not_decide(simulation, fraud):
    raw = raw_features(simulation.payments)
    signs = {
        "large": raw["amount_centavos"] > 1_000_00,
        "night": (raw["hour"] >= 20) | (raw["hour"] < 6),
        "unregistered": raw["device_registered"] == 0,
        "young payee": raw["payee_account_age_days"] < 60,
        "marked payee": raw["payee_dict_fraud_markers_d90"] > 0,
        "reported payee": raw["payee_dict_open_reports"] > 0,
    }
    for (a, x), (b, y) in itertools.combinations(signs.items(), 2):
        both = x & y
        caught, right = fraud[both].sum() / fraud.sum(), fraud[both].mean() if both.any() else 0.0
        assert caught < 0.5, (a, b)
        assert right < 0.8 or caught < 0.1, (a, b)
