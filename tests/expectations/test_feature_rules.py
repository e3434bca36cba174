import pytest

from pixguard.declaration import Aggregate, FeatureSet
from pixguard.expectations.feature_rules import EVENT_TIME_US, feature_rules
from pixguard.expectations.rules import AtMost, Between, NotNull
from pixguard.features import FEATURE_SETS


def orders(*aggregates: Aggregate) -> set[tuple[str, str]]:
    rules = feature_rules(FeatureSet("x", aggregates), "payer")
    return {(rule.column, rule.other) for rule in rules if isinstance(rule, AtMost)}


@pytest.mark.parametrize("name", FEATURE_SETS)
def test_every_aggregate_must_be_there_and_not_negative(name: str) -> None:
    feature_set = FEATURE_SETS[name]
    for view, aggregates in feature_set.by_view().items():
        rules = feature_rules(feature_set, view)
        names = {one.name for one in aggregates}
        assert names <= {rule.column for rule in rules if isinstance(rule, NotNull)}
        assert names == {rule.column for rule in rules if isinstance(rule, Between) and rule.low == 0}


def test_a_maximum_is_at_most_its_sum_and_a_count_too() -> None:
    found = orders(
        Aggregate("payer", "sent", "count", "24h"),
        Aggregate("payer", "sent_centavos", "sum", "24h"),
        Aggregate("payer", "sent_centavos", "max", "24h"),
    )
    assert found == {
        ("payer_sent_centavos_max_24h", "payer_sent_centavos_sum_24h"),
        ("payer_sent_count_24h", "payer_sent_centavos_sum_24h"),
    }


def test_numbers_about_other_events_owe_each_other_nothing() -> None:
    assert not orders(Aggregate("payer", "received", "count", "24h"), Aggregate("payer", "sent_centavos", "sum", "24h"))
    assert not orders(
        Aggregate("payer", "sent", "count", "24h", delay="7d"), Aggregate("payer", "sent_centavos", "sum", "24h")
    )


def test_a_shorter_window_is_at_most_a_longer_one_that_surely_contains_it() -> None:
    hour, day = Aggregate("payer", "sent", "count", "1h"), Aggregate("payer", "sent", "count", "24h")
    assert orders(hour, day) == {(hour.name, day.name)}
    two_hours = Aggregate("payer", "sent", "count", "2h", hop="2h")  # as short as nothing at a hop's beginning
    assert not orders(hour, two_hours)


def test_the_labels_of_one_verdict_are_some_of_all() -> None:
    frauds, all_labels = (
        Aggregate("payer", "sent_frauds", "count", "7d"),
        Aggregate("payer", "sent_labels", "count", "7d"),
    )
    assert orders(frauds, all_labels) == {(frauds.name, all_labels.name)}


def test_a_last_time_lies_before_the_payment() -> None:
    last = Aggregate("payer", "sent", "last", "30d")
    rules = [rule for rule in feature_rules(FeatureSet("x", (last,)), "payer") if isinstance(rule, AtMost)]
    assert rules == [AtMost(last.name, EVENT_TIME_US, strictly=True)]
