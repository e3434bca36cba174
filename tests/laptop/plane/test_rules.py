"""KServe's rules, over every manifest that could be."""

from hypothesis import given
from hypothesis import strategies as st

from pixguard.laptop.plane import rules
from pixguard.laptop.plane.rules import Routes, Wanted

NAMES = ("a", "b", "c", "d")
names = st.sampled_from(NAMES)
sets = st.sets(names)


def wanted(name: str, replicas: int | None = None, percent: int = 0) -> Wanted:
    return Wanted(name, f"s3://versions/{name}/", replicas, percent)


@st.composite
def manifests(draw: st.DrawFn) -> tuple[Wanted, list[Wanted]]:
    """A manifest that KServe takes."""
    order = draw(st.permutations(NAMES))
    stable = wanted(order[0], draw(st.one_of(st.none(), st.integers(1, 4))))
    canaries, left = [], 100
    for name in order[1 : 1 + draw(st.integers(0, 3))]:
        percent = draw(st.integers(0, left))
        left -= percent
        replicas = draw(st.one_of(st.none(), st.integers(0, rules.stable_minimum(stable))))
        canaries.append(wanted(name, replicas, percent))
    return stable, canaries


befores = st.one_of(st.none(), st.builds(Routes, names, st.just({})))


@given(manifests(), sets, befores)
def test_weights_are_a_whole_and_nobody_unready_is_asked_but_stable(
    manifest: tuple[Wanted, list[Wanted]], ready: set[str], before: Routes | None
) -> None:
    stable, canaries = manifest
    found = rules.routes(stable, canaries, ready, before)
    assert sum(found.weights.values()) == 100
    assert all(0 <= weight <= 100 for weight in found.weights.values())
    assert set(found.weights) <= ready | {stable.name}
    held = {before.holder} if before else set()
    assert set(found.weights) <= {stable.name, *(each.name for each in canaries)} | held


@given(manifests(), sets, befores)
def test_a_ready_canary_gets_what_it_asks_for_and_a_ready_stable_the_rest(
    manifest: tuple[Wanted, list[Wanted]], ready: set[str], before: Routes | None
) -> None:
    stable, canaries = manifest
    found = rules.routes(stable, canaries, ready | {stable.name}, before)
    given_away = {each.name: each.percent for each in canaries if each.name in ready}
    assert found == Routes(stable.name, {stable.name: 100 - sum(given_away.values()), **given_away})


@given(manifests(), sets, befores)
def test_asked_again_nothing_changes(
    manifest: tuple[Wanted, list[Wanted]], ready: set[str], before: Routes | None
) -> None:
    once = rules.routes(*manifest, ready, before)
    assert rules.routes(*manifest, ready, once) == once


def test_a_new_stable_takes_over_when_it_is_ready_and_not_before() -> None:
    before = Routes("a", {"a": 100})
    assert rules.routes(wanted("b"), [], {"a"}, before) == Routes("a", {"a": 100})
    assert rules.routes(wanted("b"), [], {"a", "b"}, before) == Routes("b", {"b": 100})


def test_a_promotion_taken_back_leaves_all_to_the_promoted_one_until_the_old_one_runs_again() -> None:
    canary = wanted("b", percent=50)
    before = Routes("b", {"b": 100})
    assert rules.routes(wanted("a"), [canary], {"b"}, before).weights == {"b": 100}
    assert rules.routes(wanted("a"), [canary], {"a", "b"}, before).weights == {"a": 50, "b": 50}


def test_a_dropped_canary_is_asked_nothing_even_when_stable_is_not_ready() -> None:
    assert rules.routes(wanted("a"), [], {"b"}, Routes("a", {"a": 50, "b": 50})).weights == {"a": 100}


@given(manifests())
def test_what_the_strategy_draws_is_taken(manifest: tuple[Wanted, list[Wanted]]) -> None:
    assert rules.refusals(*manifest) == []


def test_refusals_name_every_fault() -> None:
    canaries = [wanted("b", 3, 60), wanted("b", None, 50), wanted("", None, -1), wanted("a")]
    elsewhere = Wanted("c", "s3://versions/a/")
    assert "s3://versions/a/ is stable's" in "".join(rules.refusals(wanted("a"), [elsewhere]))
    found = "\n".join(rules.refusals(wanted("a", 2), canaries))
    for part in ("minReplicas 3 is more than stable's 2", "canary b: the name is", "no predictor.name", "-1 is not",
                 "canary a: the name is", "adds up to 109"):  # fmt: skip
        assert part in found


pairs = st.lists(st.tuples(names, names), max_size=4, unique_by=(lambda pair: pair[0], lambda pair: pair[1]))


@given(pairs, names, names)
def test_name_and_uri_change_together(before: list[tuple[str, str]], name: str, uri: str) -> None:
    said = rules.changes_refused([Wanted(*each) for each in before], [Wanted(name, uri)])
    known = any(name == each[0] or uri == each[1] for each in before)
    assert bool(said) == (known and (name, uri) not in before)


@given(manifests(), sets)
def test_replicas_are_kserves(manifest: tuple[Wanted, list[Wanted]], ready: set[str]) -> None:
    stable, canaries = manifest
    taken = [each for each in canaries if each.name in ready]
    count, minimum = rules.stable_replicas(stable, taken), rules.stable_minimum(stable)
    assert 1 <= count <= minimum
    assert count == max(1, minimum - sum(rules.canary_replicas(stable, each) for each in taken))
    for each in canaries:
        assert 0 <= rules.canary_replicas(stable, each) <= minimum


def test_waits_grow_and_are_bounded() -> None:
    waits = [rules.wait_s(failures) for failures in range(200)]
    assert waits[:6] == [0, 0, 0.5, 1, 2, 4]
    assert waits == sorted(waits)
    assert waits[-1] == rules.LONGEST_WAIT_S
