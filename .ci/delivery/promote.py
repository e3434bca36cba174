"""Bring a release's images to an environment: edit its overlay, commit, and open a pull request (or push, `--direct`).

The request of dev and staging merges by itself once its checks are green; prod's waits for a code owner. `--direct` is
for a pipeline that asked for its approval before, and has no pull requests.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

from delivery import images, overlay_images, rendered
from delivery.shell import DeliveryError, git, main, output, run, summarise

ENVIRONMENTS = ("dev", "staging", "prod")
ASKS_AN_OWNER = ("prod",)


def commit(environment: str, release: str, pushed: Sequence[images.Image]) -> bool:
    """Commit the images to an environment's overlay; False where they run already."""
    if git("status", "--porcelain", "--untracked-files=no"):
        raise DeliveryError("the checkout differs from its commit: promote from a clean one")
    if not overlay_images.write(rendered.OVERLAYS / environment / "environment", pushed):
        return False
    git("commit", "--quiet", "--all", "--message", message(environment, release, pushed))
    return True


def message(environment: str, release: str, pushed: Sequence[images.Image]) -> str:
    """Return the commit's message, with the trailers that the history is read from."""
    digests = "\n".join(f"Pixguard-Image: {image.reference}" for image in pushed)
    return f"{environment}: images of {release}\n\nPixguard-Action: release\nPixguard-Release: {release}\n{digests}\n"


def request(environment: str, release: str, pushed: Sequence[images.Image]) -> str:
    """Push a branch and open its pull request; return the address. A token's push starts no checks: we start them."""
    branch, title = f"promote/{environment}-{release}", f"{environment}: images of {release}"
    git("push", "--quiet", "--force", "origin", f"HEAD:refs/heads/{branch}")
    if found := run(["gh", "pr", "list", "--head", branch, "--json", "url", "--jq", ".[].url"]).strip():
        return found
    what = body(environment, release, pushed, rendered.describe(rendered.diffs("HEAD~1"), git("rev-parse", "HEAD~1")))
    address = run(["gh", "pr", "create", "--base", "main", "--head", branch, "--title", title, "--body", what]).strip()
    run(["gh", "workflow", "run", "ci.yml", "--ref", branch])
    if environment not in ASKS_AN_OWNER:
        run(["gh", "pr", "merge", address, "--auto", "--squash"])
    return address


def body(environment: str, release: str, pushed: Sequence[images.Image], difference: str) -> str:
    """Return what the pull request says: which digests, and what they do to the environment's objects."""
    return "\n".join(
        [
            f"Images of {release} for {environment}. Each was scanned, signed and verified before it got its name.",
            "",
            *("| image | by digest |", "| --- | --- |"),
            *(f"| {image.target} | `{image.reference}` |" for image in pushed),
            "",
            difference,
            "",
            "Roll back: revert the merge.",
        ]
    )


def _command(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--environment", required=True, choices=ENVIRONMENTS)
    parser.add_argument("--release", required=True, help="the release's name, such as v1.2.0")
    parser.add_argument("--direct", action="store_true", help="push to main instead of opening a pull request")
    parser.add_argument("--list", type=Path, default=images.FOLDER / images.LIST, help="(default: %(default)s)")
    options = parser.parse_args(arguments)
    pushed = images.read(options.list)
    if not commit(options.environment, options.release, pushed):
        summarise(f"{options.environment} runs the images of {options.release} already.")
    elif options.direct:
        git("push", "--quiet", "origin", "HEAD:refs/heads/main")
        output(commit=git("rev-parse", "HEAD"))
    else:
        summarise(request(options.environment, options.release, pushed))
    return 0


if __name__ == "__main__":
    main(_command)
