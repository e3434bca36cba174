"""Starting and leaving, over every fleet that could be."""

from hypothesis import given
from hypothesis import strategies as st

from pixguard.laptop.plane.plan import Change, Seen, Want, plan

versions, templates = st.sampled_from("abc"), st.sampled_from("xy")
fleets = st.lists(st.tuples(versions, templates, st.booleans(), st.booleans()), max_size=8).map(
    lambda rows: [Seen(f"{i}", *row) for i, row in enumerate(rows)]
)
wants = st.dictionaries(versions, st.builds(Want, templates, st.integers(0, 3)))


def after(fleet: list[Seen], change: Change, wanted: dict[str, Want]) -> list[Seen]:
    """The fleet once the change is done and everything started is ready."""
    kept = [
        Seen(
            each.name,
            each.version,
            each.template,
            True,
            (each.leaving or each.name in change.leave) and each.name not in change.stay,
        )
        for each in fleet
    ]
    started = [Seen(f"new{i}", each, wanted[each].template, True) for i, each in enumerate(change.start)]
    return kept + started


@given(wants, fleets, st.sets(versions))
def test_it_settles_at_what_is_wanted_and_then_changes_nothing(
    wanted: dict[str, Want], fleet: list[Seen], asked: set[str]
) -> None:
    for _ in range(3):
        fleet = after(fleet, plan(wanted, fleet, asked), wanted)
    assert plan(wanted, fleet, asked) == Change()
    for version, want in wanted.items():
        here = [each for each in fleet if each.version == version and not each.leaving]
        assert [each.template for each in here] == [want.template] * want.count


@given(wants, fleets, st.sets(versions))
def test_who_is_asked_and_not_wanted_stays(wanted: dict[str, Want], fleet: list[Seen], asked: set[str]) -> None:
    change = plan(wanted, fleet, asked)
    leaving = {each.version for each in fleet if each.name in change.leave}
    assert not leaving & (asked - wanted.keys())
    assert len(change.leave) == len(set(change.leave))
    assert not set(change.leave) & set(change.stay)


def test_ready_replicas_stay_before_others() -> None:
    fleet = [Seen("0", "a", "x", False), Seen("1", "a", "x", True)]
    assert plan({"a": Want("x", 1)}, fleet, {"a"}) == Change(leave=("0",))


def test_a_new_template_is_started_first_and_the_old_leaves_when_it_is_ready() -> None:
    old = Seen("0", "a", "x", True)
    assert plan({"a": Want("y", 1)}, [old], {"a"}) == Change(start=("a",))
    assert plan({"a": Want("y", 1)}, [old, Seen("1", "a", "y", False)], {"a"}) == Change()
    assert plan({"a": Want("y", 1)}, [old, Seen("1", "a", "y", True)], {"a"}) == Change(leave=("0",))


def test_a_leaving_replica_is_taken_back_rather_than_another_started() -> None:
    assert plan({"a": Want("x", 1)}, [Seen("0", "a", "x", True, leaving=True)], {"a"}) == Change(stay=("0",))
