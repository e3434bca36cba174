"""Each policy passes what it should and fails what it should, by the list that Kyverno's own test command reads."""

import copy

import pytest
import yaml

from .policies import POLICIES, SAMPLES, documents, faults, policy, unsigned
from .rendering import OVERLAYS, Object, objects, one

LISTED = yaml.safe_load((SAMPLES / "kyverno-test.yaml").read_text())
EXPECTED = [(r["policy"], name, r["result"]) for r in LISTED["results"] for name in r["resources"]]
FOUND = {(path.name.partition(".")[0], d["metadata"]["name"]): d
         for path in SAMPLES.glob("*.*.yaml") for d in documents(path)}  # fmt: skip


@pytest.mark.parametrize(("name", "sample", "result"), EXPECTED)
def test_a_sample_is_judged_as_listed(name: str, sample: str, result: str) -> None:
    said = faults(policy(name), FOUND[name, sample])
    assert bool(said) == (result == "fail"), said


def test_every_sample_is_listed_and_every_message_is_heard() -> None:
    assert {(name, sample) for name, sample, _ in EXPECTED} == set(FOUND)
    for name in {name for name, _, _ in EXPECTED}:
        heard = {said for (of, _), sample in FOUND.items() if of == name for said in faults(policy(name), sample)}
        assert heard == {validation["message"] for validation in policy(name)["spec"]["validations"]}


def test_every_policy_denies_in_our_namespaces_and_fails_closed() -> None:
    files = sorted(POLICIES.glob("*_*.yaml"))
    assert {file.stem.replace("_", "-") for file in files} == {name for name, _, _ in EXPECTED} | {"signed-images"}
    for file in files:
        (found,) = documents(file)
        spec = found["spec"]
        assert (spec["failurePolicy"], spec["validationActions"]) == ("Fail", ["Deny"])
        assert spec["matchConstraints"]["namespaceSelector"] == {"matchLabels": {"pixguard.io/namespace": "ours"}}


@pytest.mark.parametrize("overlay", OVERLAYS, ids=lambda folder: folder.name)
def test_what_we_serve_passes(overlay: object) -> None:
    assert faults(policy("signed-models"), one(objects(overlay), "InferenceService")) == []  # type: ignore[arg-type]


def test_an_image_of_ours_needs_a_signature_and_others_do_not() -> None:
    rules = policy("signed-images")
    ours, ecr = (
        "ghcr.io/pixguard/pixguard-serve:0.1.0",
        "1.dkr.ecr.sa-east-1.amazonaws.com/prod/pixguard-train@sha256:0",
    )
    for image in (ours, ecr):
        assert unsigned(rules, [image], lambda _: 0)
        assert unsigned(rules, [image], lambda _: 1) == []
    assert unsigned(rules, [ours, ecr], lambda image: int(image == ours))
    assert unsigned(rules, ["docker.io/library/postgres:17"], lambda _: 0) == []


def test_only_our_workflow_on_main_signs() -> None:
    (attestor,) = policy("signed-images")["spec"]["attestors"]
    (identity,) = attestor["cosign"]["keyless"]["identities"]
    assert identity["issuer"] == "https://token.actions.githubusercontent.com"
    assert identity["subjectRegExp"].startswith("^")
    assert identity["subjectRegExp"].endswith("@refs/heads/main$")


def test_a_policy_that_lost_a_rule_is_caught_by_its_samples() -> None:
    for name in {name for name, _, _ in EXPECTED}:
        whole = policy(name)
        for place in range(len(whole["spec"]["validations"])):
            weak: Object = copy.deepcopy(whole)
            del weak["spec"]["validations"][place]
            failing = [FOUND[of, s] for of, s, result in EXPECTED if (of, result) == (name, "fail")]
            assert [sample for sample in failing if not faults(weak, sample)], f"{name}: no sample needs rule {place}"
