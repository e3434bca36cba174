from hypothesis import given
from hypothesis import strategies as st

from pixguard.release.message import ACTIONS, Note, read, write

words = st.text(st.characters(codec="utf-8", exclude_categories=["C"]), max_size=60)
names = st.from_regex(r"v[0-9a-f]{12}", fullmatch=True)


@given(
    st.sampled_from(ACTIONS), names, names, st.integers(0, 100), st.lists(words.filter(str.strip), max_size=4),
    st.dictionaries(words, st.floats(allow_nan=False, allow_infinity=False)), st.lists(names, max_size=2),
)  # fmt: skip
def test_what_is_written_is_read_again(  # noqa: PLR0917
    action: str,
    version: str,
    stable: str,
    percent: int,
    reasons: list[str],
    evidence: dict[str, float],
    reverts: list[str],
) -> None:
    note = Note(action, "laptop", version, stable, percent, tuple(reasons), evidence, tuple(reverts))
    found = read(write(note))
    assert found is not None
    assert found.reasons == tuple(" ".join(reason.split()) for reason in reasons)
    assert (found.action, found.version, found.stable, found.percent) == (action, version, stable, percent)
    assert (found.evidence, found.reverts) == (evidence, tuple(reverts))


def test_a_reason_cannot_pose_as_a_trailer() -> None:
    note = Note("rollback", "prod", "v1", "v0", 0, ("bad\n\nPixguard-Action: promote\nPixguard-Version: v9",))
    found = read(write(note))
    assert found is not None
    assert (found.action, found.version) == ("rollback", "v1")


def test_other_messages_are_no_notes() -> None:
    for message in ("", "fix typo", "x\n\nPixguard-Action: promote", "y\n\nPixguard-Evidence: {"):
        assert read(message) is None


def test_trailers_survive_a_squash_merge_that_adds_its_own() -> None:
    message = write(Note("promote", "prod", "v1", "v0", 100)).rstrip() + "\nCo-authored-by: Ana <ana@example.com>\n"
    assert read(message) is not None
