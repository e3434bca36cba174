"""Which chains are played, and how two ways of deciding compare: counted by hand on small stories."""

from datetime import UTC, datetime, timedelta

import pytest

from pixguard.laptop.demo.chains import Part, Said, Truth, asked_about, mule_chains, outcome

NOON = datetime(2026, 5, 6, 12, tzinfo=UTC)


def paid(name: str, minute: float, reais: int, chain: int | None = None, hop: int = 0) -> Truth:
    return Truth(name, NOON + timedelta(minutes=minute), reais * 100, chain, hop)


QUICK = [paid("v1", 0, 1000, 1), paid("v2", 5, 500, 1), paid("m1", 9, 900, 1, 1), paid("m2", 20, 800, 1, 2)]
SLOW = [paid("v3", 1, 300, 2), paid("m3", 62, 290, 2, 1)]
ALONE = [paid("v4", 2, 70, 3)]
HONEST = [paid(f"h{n}", n, 10) for n in range(6)]


def said(*stopped: str, **probabilities: float) -> dict[str, Said]:
    names = [each.end_to_end_id for each in (*QUICK, *SLOW, *HONEST)]
    return {name: Said(probabilities.get(name, 0.1), name in stopped) for name in names}


def test_a_mule_chain_moves_on_within_the_hour() -> None:
    assert mule_chains([*QUICK, *SLOW, *ALONE, *HONEST]) == {1}
    assert mule_chains([*SLOW, paid("m4", 61, 5, 2, 1)]) == {2}
    assert mule_chains([paid("m5", 0, 5, 4, 1), paid("v5", 1, 5, 4)]) == set()  # the victim paid afterwards


def test_all_of_the_chains_are_asked_about_and_some_of_the_honest() -> None:
    chosen = asked_about([*QUICK, *SLOW, *HONEST], every=3)
    assert [each.end_to_end_id for each in chosen] == ["v1", "v2", "m1", "m2", "h2", "h5"]


def test_payments_money_and_false_alarms_are_counted_with_their_denominators() -> None:
    found = outcome([*QUICK, *HONEST], said("v2", "m1", "m2", "h0"), budget=0)
    assert found.chain_payments == Part(3, 4, 220_000, 320_000)
    assert found.victims == Part(1, 2, 50_000, 150_000)
    assert found.onward == Part(2, 2, 170_000, 170_000)
    assert found.honest == Part(1, 6, 1_000, 6_000)
    assert found.at_budget == Part(0, 4, 0, 320_000)


def test_a_chains_money_is_counted_once_though_it_passes_several_hops() -> None:
    found = outcome([*QUICK, *SLOW], said("v2", "m1", "m2"), budget=0)
    assert found.chains == Part(1, 2, 90_000, 180_000)  # 900 at the first hop of 1500; nothing of 300
    everything = outcome([*QUICK, *SLOW], said(*said()), budget=0)
    assert everything.chains == Part(2, 2, 180_000, 180_000)


@pytest.mark.parametrize(("budget", "caught"), [(1, 0), (2, 1), (3, 2), (99, 4)])
def test_a_budget_of_alerts_goes_to_the_most_suspicious(budget: int, caught: int) -> None:
    found = outcome([*QUICK, *HONEST], said(h3=0.9, m1=0.8, v1=0.7), budget)
    assert found.at_budget.some == caught


def test_nothing_asked_is_nothing_of_nothing() -> None:
    found = outcome([], {}, budget=3)
    assert {found.chain_payments, found.chains, found.honest, found.at_budget} == {Part(0, 0)}
