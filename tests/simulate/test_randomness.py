import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from pixguard.simulate.randomness import chance, choose, keyed_hash, splitmix64, stream, zipf


def test_splitmix64_gives_the_published_sequence_of_seed_1234567():
    state = np.uint64(1234567) + np.arange(3, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    assert splitmix64(state).tolist() == [6457827717110365317, 3203168211198807973, 9817491932198370423]


def test_streams_depend_on_seed_and_name_only():
    assert stream(1, "a").random() == stream(1, "a").random()
    assert len({stream(s, n).random() for s in (1, 2) for n in ("a", "b")}) == 4


@given(weights=st.lists(st.floats(0.0, 10), min_size=1, max_size=20).filter(lambda w: sum(w) > 0.1))
def test_choose_draws_only_what_has_weight(weights):
    drawn = choose(stream(3, "test"), np.array(weights), 200)
    assert all(weights[i] > 0 for i in set(drawn.tolist()))


def test_choose_keeps_the_proportions():
    drawn = choose(stream(3, "test"), np.array([1.0, 0.0, 3.0]), 40_000)
    assert abs((drawn == 2).mean() - 0.75) < 0.01
    assert not (drawn == 1).any()


def test_chance_takes_one_probability_or_one_a_row():
    flips = chance(stream(1, "x"), np.array([0.0, 1.0] * 500), 1_000)
    assert flips.tolist() == [False, True] * 500
    assert abs(chance(stream(1, "x"), 0.2, 20_000).mean() - 0.2) < 0.01


def test_zipf_falls_with_the_rank():
    weights = zipf(50)
    assert (np.diff(weights) < 0).all()
    assert weights[0] / weights[3] == 2


def test_hashes_are_distinct_and_change_with_seed_and_name():
    numbers = np.arange(100_000)
    hashes = keyed_hash(numbers, 1, "account")
    assert len(np.unique(hashes)) == len(numbers)
    assert not (hashes == keyed_hash(numbers, 2, "account")).any()
    assert not (hashes == keyed_hash(numbers, 1, "device")).any()
    bits = np.unpackbits(hashes.view(np.uint8)).reshape(-1, 64)
    assert np.abs(bits.mean(axis=0) - 0.5).max() < 0.01
