"""What a change does to the objects of each environment: overlays rendered before and after, as a diff."""

import argparse
import difflib
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from delivery.shell import DeliveryError, git, main, output, run, summarise

OVERLAYS = Path("kustomize") / "overlays"
UNITS = ("*", "*/workloads", "*/platform")
"""What is applied by itself: an environment's serving, its other workloads, and its list of applications."""


def diffs(base: str, root: Path = Path()) -> dict[str, str]:
    """Return the unified diff of every environment whose rendered objects differ between `base` and the checkout."""
    found = {}
    with _checkout(base, root) as before:
        for name in sorted({*_environments(before), *_environments(root)}):
            old, new = _render(before / OVERLAYS / name), _render(root / OVERLAYS / name)
            if old != new:
                found[name] = _diff(old, new, name)
    return found


def describe(found: dict[str, str], base: str) -> str:
    """Return the diffs in Markdown, production first."""
    if not found:
        return f"The rendered objects of every environment are the same as at `{base[:12]}`."
    parts = [f"### What this does to {', '.join(found)}", ""]
    for name in sorted(found, key=lambda n: (n.partition("/")[0] != "prod", n)):
        lines = found[name].splitlines()
        added = sum(line.startswith("+") for line in lines) - 1
        removed = sum(line.startswith("-") for line in lines) - 1
        open_ = " open" if name.partition("/")[0] == "prod" else ""
        parts += [f"<details{open_}><summary>{name}: +{added} −{removed} lines</summary>", "", "````diff"]  # noqa: RUF001
        parts += [*lines, "````", "", "</details>", ""]
    return "\n".join(parts)


def _diff(old: str, new: str, name: str) -> str:
    lines = difflib.unified_diff(old.splitlines(), new.splitlines(), f"{name} before", f"{name} after", lineterm="")
    return "\n".join(lines)


@contextmanager
def _checkout(commit: str, root: Path) -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as folder:
        where = Path(folder) / "before"
        git("worktree", "add", "--quiet", "--detach", str(where), commit, cwd=root)
        try:
            yield where
        finally:
            git("worktree", "remove", "--force", str(where), cwd=root)


def _environments(root: Path) -> list[str]:
    files = [file for unit in UNITS for file in (root / OVERLAYS).glob(f"{unit}/kustomization.yaml")]
    return [str(file.parent.relative_to(root / OVERLAYS)) for file in files]


def _render(overlay: Path) -> str:
    return run(["kubectl", "kustomize", str(overlay)]) if overlay.is_dir() else ""


def _command(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--base", required=True, help="the commit to compare with")
    parser.add_argument("--out", required=True, type=Path, help="file for the text")
    options = parser.parse_args(arguments)
    if not OVERLAYS.is_dir():
        raise DeliveryError(f"no {OVERLAYS} here: run this at the root of a checkout")
    found = diffs(options.base)
    text = describe(found, options.base)
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text(text, encoding="utf-8")
    summarise(text)
    output(environments=",".join(found))
    return 0


if __name__ == "__main__":
    main(_command)
