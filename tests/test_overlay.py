"""Edits of model.yaml: any sequence of them keeps the invariants, and dropping gives back the bytes."""

import json
import subprocess
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from pixguard import overlay
from pixguard.overlay import Canary, OverlayError, Placed, Release

OVERLAYS = Path(__file__).parents[1] / "kustomize" / "overlays"
PLAIN = """\
- op: replace
  path: /spec/predictor/name
  value: v000000000001
- op: replace
  path: /spec/predictor/model/storageUri
  value: s3://models/pix-fraud/v000000000001
"""
COMMENTED = """\
# Written by `pixguard propose | advance | rollback`; read by kustomize.
---
  - op: "replace"   # the version's name
    path: /spec/predictor/name
    value: 'v000000000001'   # and why

  # its address follows the name
  - {op: replace, path: /spec/predictor/model/storageUri, value: "s3://models/pix-fraud/v000000000001"}
# the end
"""
STABLE = Placed("v000000000001", "s3://models/pix-fraud/v000000000001")


def placed(number: int) -> Placed:
    name = f"v{number:012x}"
    return Placed(name, f"s3://models/pix-fraud/{name}")


texts = st.sampled_from([PLAIN, COMMENTED])
versions = st.integers(1, 5).map(placed)
verbs = st.one_of(
    st.tuples(st.just("propose"), versions),
    st.tuples(st.just("install"), versions),
    st.tuples(st.just("shift"), versions.map(lambda v: v.name), st.integers(-5, 120)),
    st.tuples(st.just("promote"), versions.map(lambda v: v.name)),
    st.tuples(st.just("drop"), versions.map(lambda v: v.name)),
)


@given(texts, st.lists(verbs, max_size=12))
def test_any_sequence_of_edits_keeps_the_invariants(text: str, edits: list[tuple[object, ...]]) -> None:
    for verb, *arguments in edits:
        edit = getattr(overlay, str(verb))
        try:
            after = edit(text, *arguments)
        except OverlayError:
            continue
        assert edit(after, *arguments) == after, "an edit done twice must change nothing"
        text = after
        operations = yaml.safe_load(text)
        assert [each["path"] for each in operations[:2]] == [overlay.NAME, overlay.URI]
        assert operations[1]["value"].endswith("/" + operations[0]["value"])
        for operation in operations[2:]:
            (entry,) = operation["value"]
            assert 0 <= entry["trafficPercent"] <= 100
            assert entry["predictor"]["name"] != operations[0]["value"]
            assert entry["predictor"]["model"]["storageUri"].endswith("/" + entry["predictor"]["name"])
        assert len(operations) <= 3
        if "# the end" in COMMENTED and text.startswith("#"):
            assert [line for line in text.splitlines() if "#" in line] == [
                line.replace("v000000000001", operations[0]["value"]) for line in COMMENTED.splitlines() if "#" in line
            ]


@given(texts, versions.filter(lambda v: v != STABLE), st.lists(st.integers(0, 100), max_size=5))
def test_dropping_what_was_proposed_gives_back_the_bytes(text: str, version: Placed, percents: list[int]) -> None:
    edited = overlay.propose(text, version)
    assert overlay.read(edited) == Release(STABLE, Canary(version, 0))
    for percent in percents:
        edited = overlay.shift(edited, version.name, percent)
        assert overlay.read(edited) == Release(STABLE, Canary(version, percent))
    assert overlay.drop(edited, version.name) == text


@given(texts, versions.filter(lambda v: v != STABLE))
def test_promotion_moves_name_and_uri_together(text: str, version: Placed) -> None:
    promoted = overlay.promote(overlay.propose(text, version), version.name)
    assert overlay.read(promoted) == Release(version)
    assert promoted == text.replace("v000000000001", version.name)


def test_a_comment_below_the_canary_is_not_its_own() -> None:
    text = overlay.propose(PLAIN, placed(2)) + "# a reviewer's remark\n"
    assert overlay.drop(text, placed(2).name) == PLAIN + "# a reviewer's remark\n"


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "no list of JSON6902"),
        ("[]", "no list of JSON6902"),
        ("a: 1\n", "no list of JSON6902"),
        ("- {op: replace\n", "no YAML"),
        (PLAIN + "---\n" + PLAIN, "no YAML"),
        (PLAIN.replace("\n", "\r\n"), "carriage returns"),
        (PLAIN.replace("value: v", "value: &a v"), "has an anchor"),
        (PLAIN.replace("value: v", "value: !!str v"), "has an anchor"),
        (PLAIN[: PLAIN.index("- op", 1)], "does not set /spec/predictor/model/storageUri"),
        (PLAIN + PLAIN[: PLAIN.index("- op", 1)], "line 7: unknown path '/spec/predictor/name'"),
        (PLAIN.replace("op: replace", "op: add", 1), "line 1: op 'add'"),
        (PLAIN + "- op: replace\n  path: /spec/predictor/minReplicas\n  value: 3\n", "line 7: unknown path"),
        (PLAIN + "- op: remove\n  path: /spec/canary\n", "line 7: wanted exactly the keys op, path, value"),
        (PLAIN.replace("value: v000000000001", "value: |\n    v000000000001"), "line 3: wanted a text on one line"),
        (PLAIN.replace("fraud/v000000000001", "fraud/v000000000002"), r"ends in /v000000000001"),
        (PLAIN.replace("value: v000000000001", "value: 12"), "line 3: wanted a text"),
        (PLAIN.replace("v000000000001", "V1"), "DNS label"),
    ],
)
def test_what_no_release_wrote_is_refused(text: str, complaint: str) -> None:
    with pytest.raises(OverlayError, match=complaint):
        overlay.read(text)


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("trafficPercent: 0", "trafficPercent: 101", "line 10: '101'"),
        ("trafficPercent: 0", "trafficPercent: -1", "line 10: '-1'"),
        ("trafficPercent: 0", "trafficPercent: 010", "line 10: '010'"),
        ("trafficPercent: 0", 'trafficPercent: "5"', "line 10: '5'"),
        ("minReplicas: 1", "minReplicas: 0", "line 13: '0'"),
        ("minReplicas: 1", "maxReplicas: 1", "keys name, minReplicas, model"),
        ("modelFormat: {name: pixguard}", "modelFormat: {}", "keys name; found none"),
        ("          modelFormat: {name: pixguard}\n", "", "keys modelFormat, storageUri"),
        ("v000000000002", "v000000000001", "stable and canary at once"),
        ("fraud/v000000000002", "fraud/v000000000003", "ends in /v000000000002"),
    ],
)
def test_a_canary_entry_must_be_one_of_ours(old: str, new: str, complaint: str) -> None:
    with pytest.raises(OverlayError, match=complaint):
        overlay.read(overlay.propose(PLAIN, placed(2)).replace(old, new))


def test_two_canaries_and_none_are_refused() -> None:
    text = overlay.propose(PLAIN, placed(2))
    entry = text[text.index("    - trafficPercent") :]
    with pytest.raises(OverlayError, match="exactly one canary"):
        overlay.read(text + entry.replace("v000000000002", "v000000000003"))
    with pytest.raises(OverlayError, match="exactly one canary"):
        overlay.read(PLAIN + "- op: add\n  path: /spec/canary\n  value: []\n")


def test_verbs_refuse_what_the_state_does_not_allow() -> None:
    text = overlay.propose(PLAIN, placed(2))
    for edit, arguments, complaint in (
        (overlay.propose, (text, placed(3)), "v000000000002 is on trial at 0 %"),
        (overlay.propose, (PLAIN, STABLE), "serves already"),
        (overlay.propose, (PLAIN.rstrip("\n"), placed(2)), "add a line feed"),
        (overlay.install, (text, placed(3)), "is on trial"),
        (overlay.shift, (PLAIN, "v000000000002", 5), "nobody is"),
        (overlay.shift, (text, "v000000000002", 101), "wanted 0 to 100"),
        (overlay.promote, (text, "v000000000003"), "v000000000002 is; stable"),
        (overlay.drop, (text, "v000000000003"), "not on trial"),
        (overlay.drop, (PLAIN, STABLE.name), "not on trial"),
    ):
        with pytest.raises(OverlayError, match=complaint):
            edit(*arguments)  # type: ignore[operator]


@pytest.mark.parametrize("path", sorted(OVERLAYS.glob("*/model.yaml")), ids=lambda path: path.parent.name)
def test_every_overlay_of_the_house_can_be_edited(path: Path) -> None:
    text = path.read_text()
    version = overlay.read(text).stable.beside("v000000000002")
    assert overlay.drop(overlay.shift(overlay.propose(text, version), version.name, 5), version.name) == text


def test_kustomize_reads_what_is_written(tmp_path: Path) -> None:
    service = {
        "apiVersion": "serving.kserve.io/v1beta1",
        "kind": "InferenceService",
        "metadata": {"name": "pix-fraud"},
        "spec": {"predictor": {"name": "x", "minReplicas": 2, "model": {"storageUri": "s3://x/x"}}},
    }
    (tmp_path / "service.yaml").write_text(json.dumps(service))
    (tmp_path / "model.yaml").write_text(overlay.shift(overlay.propose(COMMENTED, placed(2)), placed(2).name, 25))
    (tmp_path / "kustomization.yaml").write_text(
        "resources: [service.yaml]\npatches: [{path: model.yaml, target: {kind: InferenceService}}]\n"
    )
    done = subprocess.run(
        ["kubectl", "kustomize", str(tmp_path)], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    spec = yaml.safe_load(done.stdout)["spec"]
    assert spec["predictor"]["name"] == STABLE.name
    assert spec["predictor"]["model"]["storageUri"] == STABLE.uri
    (canary,) = spec["canary"]
    assert canary["trafficPercent"] == 25
    model = {"modelFormat": {"name": "pixguard"}, "storageUri": placed(2).uri}  # both are required of a canary's model
    assert canary["predictor"] == {"name": placed(2).name, "minReplicas": 1, "model": model}
