"""What the manifests and overlays become: each kustomization rendered once, as text and as objects."""

import subprocess
import sysconfig
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import yaml

Object = dict[str, Any]

ROOT = Path(__file__).parents[2]
KUBECTL = Path(sysconfig.get_path("scripts")) / "kubectl"
OVERLAYS = tuple(ROOT / "kustomize" / "overlays" / name for name in ("laptop", "dev", "staging", "prod"))
KIND = ROOT / "manifests" / "kind"
_APART = {
    ROOT / "manifests" / "serving",
    ROOT / "manifests" / "workloads",
    KIND / "stores",
    KIND / "serving",
    KIND / "workloads",
}
_FOLDERS = {file.parent for file in (ROOT / "manifests").rglob("kustomization.yaml")} - _APART
UNITS = (*sorted(folder for folder in _FOLDERS if not _FOLDERS & set(folder.parents)), *OVERLAYS)
"""Each object once: serving by its overlay, a nested folder by its parent; kind's and the sum of others apart."""


def name_of(folder: Path) -> str:
    return str(folder.relative_to(ROOT))


def kustomize(folder: Path) -> str:
    done = subprocess.run([KUBECTL, "kustomize", folder], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


rendered = cache(kustomize)


@cache
def _objects(folder: Path) -> tuple[Object, ...]:
    return tuple(document for document in yaml.load_all(rendered(folder), yaml.CSafeLoader) if document)


def objects(folder: Path) -> list[Object]:
    return list(_objects(folder))


def everything() -> list[Object]:
    """Every object of every kustomization; serving once, as in prod."""
    return [found for unit in UNITS if unit not in OVERLAYS[:-1] for found in objects(unit)]


def one(found: list[Object], kind: str, name: str | None = None) -> Object:
    matching = [o for o in found if o["kind"] == kind and name in {None, o["metadata"]["name"]}]
    assert len(matching) == 1, f"{len(matching)} of kind {kind} named {name}"
    return matching[0]


def label(found: Object) -> str:
    metadata = found.get("metadata", {})
    return f"{found.get('kind')} {metadata.get('namespace', '-')}/{metadata.get('name')}"


def walk(value: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Every value below `value` with its path, mappings and lists included."""
    yield path, value
    children = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, child in children:
        yield from walk(child, (*path, str(key)))
