"""What a ValidatingPolicy says of an object, as far as CEL alone decides: matching, variables in turn, expressions.

A small part of Kyverno: its CEL has more functions than the standard's, and a policy that uses one of those cannot be
evaluated here; it raises, and never passes by mistake.
"""

import fnmatch
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cel
import yaml

from .rendering import ROOT, Object

POLICIES = ROOT / "manifests" / "policies"
SAMPLES = POLICIES / "samples"


def documents(path: Path) -> list[Object]:
    return [document for document in yaml.safe_load_all(path.read_text()) if document]


def policy(name: str) -> Object:
    (found,) = documents(POLICIES / f"{name.replace('-', '_')}.yaml")
    assert found["metadata"]["name"] == name
    return found


def matches(rules: Object, found: Object) -> bool:
    group, _, version = found["apiVersion"].rpartition("/")
    kind = f"{found['kind'].lower()}s"
    return any(
        group in rule["apiGroups"] and version in rule["apiVersions"] and kind in rule["resources"]
        for rule in rules["matchConstraints"]["resourceRules"]
    )


def faults(rules: Object, found: Object) -> list[str]:
    """The messages of the validations that do not hold."""
    assert matches(rules["spec"], found), f"{found['kind']} is nothing that the policy looks at"
    variables: dict[str, Any] = {}
    for variable in rules["spec"].get("variables", []):
        variables[variable["name"]] = cel.evaluate(variable["expression"], {"object": found, "variables": variables})
    return [
        validation["message"]
        for validation in rules["spec"]["validations"]
        if cel.evaluate(validation["expression"], {"object": found, "variables": variables}) is not True
    ]


def unsigned(rules: Object, images: list[str], signatures: Callable[[str], int]) -> list[str]:
    """What an ImageValidatingPolicy says of a pod's images where `signatures` counts those that verify."""
    globs = [reference["glob"] for reference in rules["spec"]["matchImageReferences"]]
    asked = [image for image in images if any(fnmatch.fnmatch(image, glob) for glob in globs)]
    context = cel.Context({"images": {"containers": asked, "initContainers": []}, "attestors": {"release": "release"}})
    context.add_function("verifyImageSignatures", lambda image, _attestors: signatures(image))
    return [v["message"] for v in rules["spec"]["validations"] if cel.evaluate(v["expression"], context) is not True]
