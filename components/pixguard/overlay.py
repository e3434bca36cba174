"""An overlay's model.yaml: text → text, the only edits that a release makes. Pure, and strict on all it does not know.

The file is a JSON6902 patch on the InferenceService: the stable version's name and URI, and while a canary runs one
entry of /spec/canary. An edit touches the characters it must: comments and format stay, and dropping what was proposed
gives back the same bytes. Every edit is read again before it is returned; every verb done twice changes nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

import yaml

from pixguard.errors import PixguardError

NAME, URI, CANARY = "/spec/predictor/name", "/spec/predictor/model/storageUri", "/spec/canary"
_LABEL = re.compile(r"[a-z]([-a-z0-9]{0,61}[a-z0-9])?")
_URI = re.compile(r"[a-z][a-z0-9+.-]*://[A-Za-z0-9._~/-]+")
_STR, _INT = "tag:yaml.org,2002:str", "tag:yaml.org,2002:int"
_ENTRY = """\
- op: add
  path: /spec/canary
  value:
    - trafficPercent: {percent}
      predictor:
        name: {name}
        minReplicas: 1
        model:
          modelFormat: {{name: pixguard}}
          storageUri: {uri}
"""


class OverlayError(PixguardError):
    """An overlay that no release wrote, or an edit that the state of the release does not allow."""


@dataclass(frozen=True)
class Placed:
    """A version and where it lies; the URI's last part is the name, so that the two cannot part."""

    name: str
    uri: str

    def __post_init__(self) -> None:
        if not _LABEL.fullmatch(self.name):
            raise OverlayError(f"version name {self.name!r}: wanted a DNS label such as v0123456789ab")
        if not _URI.fullmatch(self.uri) or self.uri.rstrip("/").rpartition("/")[2] != self.name:
            raise OverlayError(f"storageUri {self.uri!r}: wanted an address that ends in /{self.name}")

    def beside(self, name: str) -> Placed:
        """Return another version that lies beside this one."""
        slash = "/" if self.uri.endswith("/") else ""
        return Placed(name, f"{self.uri.rstrip('/').rpartition('/')[0]}/{name}{slash}")


@dataclass(frozen=True)
class Canary:
    """The version on trial and the share of the traffic that it is given, whole percent."""

    version: Placed
    percent: int

    def __post_init__(self) -> None:
        if not 0 <= self.percent <= 100:
            raise OverlayError(f"trafficPercent {self.percent}: wanted 0 to 100")


@dataclass(frozen=True)
class Release:
    """What an overlay says: who is stable, and who is on trial."""

    stable: Placed
    canary: Canary | None = None

    def __post_init__(self) -> None:
        if self.canary and self.canary.version.name == self.stable.name:
            raise OverlayError(f"{self.stable.name} is stable and canary at once: drop the canary entry")


def read(text: str) -> Release:
    """Return what the overlay says; OverlayError names the line of anything else in it."""
    return _Parsed(text).release


def propose(text: str, version: Placed) -> str:
    """Put `version` on trial at 0 %; unchanged where it is on trial already."""
    release = read(text)
    if release.canary and release.canary.version == version:
        return text
    if release.canary:
        raise OverlayError(
            f"{release.canary.version.name} is on trial at {release.canary.percent} %: one canary at a time; "
            "let it end, or roll it back"
        )
    if release.stable.name == version.name:
        raise OverlayError(f"{version.name} serves already, from {release.stable.uri}")
    return _edited(text, replace(release, canary=Canary(version, 0)))


def shift(text: str, name: str, percent: int) -> str:
    """Give the canary `name` that share of the traffic."""
    release = read(text)
    return _edited(text, replace(release, canary=Canary(_on_trial(release, name), percent)))


def promote(text: str, name: str) -> str:
    """Make the canary `name` stable; unchanged where it is."""
    release = read(text)
    if release.stable.name == name and release.canary is None:
        return text
    return _edited(text, Release(_on_trial(release, name)))


def drop(text: str, name: str) -> str:
    """Take the canary `name` away; unchanged where no canary runs."""
    release = read(text)
    if release.canary is None and release.stable.name != name:
        return text
    _on_trial(release, name)
    return _edited(text, Release(release.stable))


def install(text: str, version: Placed) -> str:
    """Make `version` stable without a trial: for a place where nothing serves yet."""
    release = read(text)
    if release.canary:
        raise OverlayError(f"{release.canary.version.name} is on trial: a version is installed where nothing runs")
    return _edited(text, Release(version))


def _on_trial(release: Release, name: str) -> Placed:
    if release.canary is None or release.canary.version.name != name:
        found = release.canary.version.name if release.canary else "nobody"
        raise OverlayError(
            f"{name} is not on trial, {found} is; stable is {release.stable.name}: read the overlay again"
        )
    return release.canary.version


def _edited(text: str, wanted: Release) -> str:
    """Return `text` with the fewest characters changed that make it say `wanted`; checked by reading it again."""
    for start, end, new in sorted(_Parsed(text).edits(wanted), reverse=True):
        text = text[:start] + new + text[end:]
    if read(text) != wanted:
        raise OverlayError(
            f"the overlay's format cannot be edited safely to {wanted}; write it plainly, one key a line"
        )
    return text


class _Parsed:
    """An overlay's nodes with their places in the text."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.list = _compose(text)
        operations = {_text(fields["path"]): (item, fields) for item, fields in _operations(self.list)}
        for path in (NAME, URI):
            if path not in operations:
                raise OverlayError(f"the overlay does not set {path}: it wants name and URI of the stable version")
        self.name, self.uri = operations[NAME][1]["value"], operations[URI][1]["value"]
        self.canary_item = operations[CANARY][0] if CANARY in operations else None
        entry = _entry(operations[CANARY][1]["value"]) if CANARY in operations else None
        self.percent = entry[0] if entry else None
        self.release = Release(
            Placed(_text(self.name), _text(self.uri)), Canary(entry[1], int(entry[0].value)) if entry else None
        )

    def edits(self, wanted: Release) -> Iterator[tuple[int, int, str]]:
        """Yield spans of the text and what goes there instead."""
        yield _scalar(self.name, wanted.stable.name)
        yield _scalar(self.uri, wanted.stable.uri)
        if wanted.canary and self.percent is not None:
            yield _scalar(self.percent, str(wanted.canary.percent))
        elif wanted.canary:
            yield self._added(wanted.canary)
        elif self.canary_item is not None:
            yield self._removed(self.canary_item)

    def _added(self, canary: Canary) -> tuple[int, int, str]:
        if not self.text.endswith("\n"):
            raise OverlayError("the overlay's last line does not end: add a line feed")
        entry = _ENTRY.format(percent=canary.percent, name=canary.version.name, uri=canary.version.uri)
        indent = " " * self.list.start_mark.column
        return len(self.text), len(self.text), "".join(f"{indent}{line}\n" for line in entry.splitlines())

    def _removed(self, item: yaml.Node) -> tuple[int, int, str]:
        """Return the lines from the item's dash to its last value; comments below it are not its own."""
        begin = self.text.rfind("\n", 0, item.start_mark.index) + 1
        if self.text[begin : item.start_mark.index].strip() != "-":
            raise _refusal(item, "the entry does not begin on the line of its dash")
        return begin, self.text.find("\n", _end(item)) + 1 or len(self.text), ""


def _compose(text: str) -> yaml.SequenceNode:
    """Return the document's list of operations; nothing in it may be an alias, an anchor or have a tag."""
    if "\r" in text:
        raise OverlayError("the overlay has carriage returns: its lines end with a line feed alone")
    try:
        for event in yaml.parse(text, Loader=yaml.SafeLoader):
            if getattr(event, "anchor", None) or getattr(event, "tag", None):
                raise OverlayError("the overlay has an anchor, an alias or a tag: write its values out")
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.YAMLError as error:
        raise OverlayError(f"the overlay is no YAML: {' '.join(str(error).split())}") from error
    if not isinstance(node, yaml.SequenceNode) or node.flow_style:
        raise OverlayError("the overlay is no list of JSON6902 operations, one after the other")
    return node


def _operations(operations: yaml.SequenceNode) -> Iterator[tuple[yaml.Node, dict[str, yaml.Node]]]:
    wanted = {NAME: "replace", URI: "replace", CANARY: "add"}
    for item in operations.value:
        fields = _mapping(item, "op", "path", "value")
        path = _text(fields["path"])
        if path not in wanted:
            raise _refusal(item, f"unknown path {path!r}; a machine writes {', '.join(wanted)}")
        if _text(fields["op"]) != wanted.pop(path):
            raise _refusal(item, f"op {fields['op'].value!r} on {path}; wanted replace, and add for the canary")
        yield item, fields


def _entry(node: yaml.Node) -> tuple[yaml.Node, Placed]:
    """Return the node of the canary's share, and its version."""
    if not isinstance(node, yaml.SequenceNode) or len(node.value) != 1:
        raise _refusal(node, "wanted a list of exactly one canary; without a canary the whole operation goes")
    entry = _mapping(node.value[0], "trafficPercent", "predictor")
    predictor = _mapping(entry["predictor"], "name", "minReplicas", "model")
    # KServe's definition wants the format of a canary's model, though the canary is then laid over stable's.
    model = _mapping(predictor["model"], "modelFormat", "storageUri")
    _text(_mapping(model["modelFormat"], "name")["name"])
    for whole, pattern in ((entry["trafficPercent"], "0|[1-9][0-9]?|100"), (predictor["minReplicas"], "[1-9][0-9]*")):
        if whole.tag != _INT or not re.fullmatch(pattern, whole.value):
            raise _refusal(whole, f"{whole.value!r}; wanted trafficPercent 0 to 100 and minReplicas of 1 or more")
    return entry["trafficPercent"], Placed(_text(predictor["name"]), _text(model["storageUri"]))


def _mapping(node: yaml.Node, *keys: str) -> dict[str, yaml.Node]:
    pairs = [(str(key.value), value) for key, value in node.value] if isinstance(node, yaml.MappingNode) else []
    if sorted(key for key, _ in pairs) != sorted(keys):
        found = ", ".join(key for key, _ in pairs) or "none"
        raise _refusal(node, f"wanted exactly the keys {', '.join(keys)}; found {found}")
    return dict(pairs)


def _text(node: yaml.Node) -> str:
    if not isinstance(node, yaml.ScalarNode) or node.tag != _STR or node.style in {"|", ">"}:
        raise _refusal(node, "wanted a text on one line")
    return str(node.value)


def _scalar(node: yaml.Node, new: str) -> tuple[int, int, str]:
    quote = getattr(node, "style", None) or ""  # a plain value stays plain
    return node.start_mark.index, node.end_mark.index, f"{quote}{new}{quote}"


def _end(node: yaml.Node) -> int:
    """Return where the node's own text ends: PyYAML ends a block where the next thing begins, beyond the comments."""
    if isinstance(node, yaml.MappingNode) and not node.flow_style:
        return max(_end(value) for _, value in node.value)
    if isinstance(node, yaml.SequenceNode) and not node.flow_style:
        return max(_end(value) for value in node.value)
    return int(node.end_mark.index)


def _refusal(node: yaml.Node, what: str) -> OverlayError:
    return OverlayError(f"overlay line {node.start_mark.line + 1}: {what}")
