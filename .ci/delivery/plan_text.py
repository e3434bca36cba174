"""A Terraform plan as a reviewer wants to read it: what goes away first, then the counts, then the whole text."""

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

from delivery.binding import Record

MAX_TEXT = 50_000
"""A comment on GitHub ends at 65,536 characters."""
_KINDS = {
    ("create",): "create",
    ("update",): "update",
    ("delete",): "destroy",
    ("delete", "create"): "replace",
    ("create", "delete"): "replace",
    ("forget",): "forget",
    ("read",): "read",
}
_LOSSES = ("destroy", "replace", "forget")

Json = dict[str, Any]


def changes(document: Json, part: str = "resource_changes") -> Iterator[tuple[str, str]]:
    """Yield (kind, address) of every resource that the plan changes, out of `terraform show -json`."""
    for change in document.get(part, []):
        actions = tuple(change["change"]["actions"])
        if actions not in {("no-op",), ("read",)}:
            yield _KINDS.get(actions, "+".join(actions)), change["address"]


def changes_anything(document: Json) -> bool:
    """Say whether applying the plan would change a resource or an output."""
    outputs = document.get("output_changes", {}).values()
    return any(True for _ in changes(document)) or any(o["actions"] != ["no-op"] for o in outputs)


def describe(document: Json, record: Record, text: str) -> str:
    """Return the comment of a plan in Markdown; its values are those that Terraform itself prints, secrets hidden."""
    found = list(changes(document))
    counts = Counter(kind for kind, _ in found)
    said = ", ".join(f"{count} to {kind}" for kind, count in sorted(counts.items())) or "no change of a resource"
    lost = [f"- **{kind}** `{address}`" for kind, address in found if kind in _LOSSES]
    return "\n".join(
        [
            f"### Terraform plan for {record.environment}: {said}",
            "",
            *([f"{len(lost)} of them lose what is there:", "", *lost, ""] if lost else []),
            *_block(text),
            f"commit `{record.commit}` · terraform {record.terraform} · plan `{record.plan_sha256}`  ",
            f"binding `{record.binding}`: only the plan with this binding can be applied.",
            "",
        ]
    )


def _block(text: str) -> Iterable[str]:
    fence = "`" * max(3, 1 + max((len(run) for run in text.split() if set(run) == {"`"}), default=0))
    shown = text if len(text) <= MAX_TEXT else text[:MAX_TEXT] + f"\n… {len(text) - MAX_TEXT} more characters"
    return ["<details><summary>the whole plan</summary>", "", fence, shown.strip("\n"), fence, "", "</details>", ""]
