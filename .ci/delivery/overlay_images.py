"""The kustomization.yaml of an overlay's folder `environment`: text → text, the images of a release by digest. Strict.

All that runs in an environment takes its images from there. The file's last block, `images:`, is the machine's; what
stands above it is never touched.
"""

import re
from collections.abc import Sequence
from pathlib import Path

from delivery.images import Image
from delivery.shell import DeliveryError

HEADING = "# Written by a release, never by hand: which build of each image runs here."
NAMED = "ghcr.io/pixguard/pixguard-{target}"
"""How the manifests name an image; an overlay says which registry and digest that is."""


def pinned(text: str, images: Sequence[Image]) -> str:
    """Return the kustomization with its images set to these digests; the same images give the same bytes."""
    for image in images:
        if not re.fullmatch(r"sha256:[0-9a-f]{64}", image.digest) or not re.fullmatch(r"[a-z0-9./:_-]+", image.name):
            raise DeliveryError(f"{image.reference} is no image by digest: a tag can move, a digest cannot")
    lines = [HEADING, "images:"]
    for image in sorted(images, key=lambda i: i.target):
        lines += [f"  - name: {NAMED.format(target=image.target)}", f"    newName: {image.name}"]
        lines += [f"    digest: {image.digest}"]
    return _without_images(text) + "\n".join(lines) + "\n"


def _without_images(text: str) -> str:
    before, found, block = text.partition("\nimages:\n")
    if not found:
        return text if text.endswith("\n") else text + "\n"
    if foreign := next((line for line in block.splitlines() if line and not line.startswith((" ", "#", "-"))), None):
        raise DeliveryError(f"`images:` is not the last block of the kustomization: move it below {foreign!r}")
    return before.removesuffix(HEADING).rstrip("\n") + "\n"


def write(folder: Path, images: Sequence[Image]) -> bool:
    """Pin the images in a folder's kustomization; say whether that changed anything."""
    file = folder / "kustomization.yaml"
    try:
        old = file.read_text(encoding="utf-8")
    except OSError as error:
        raise DeliveryError(f"{file} cannot be read: {error.strerror}; is the environment's name right?") from error
    new = pinned(old, images)
    if new == old:
        return False
    temporary = file.with_name(f".{file.name}.new")
    temporary.write_text(new, encoding="utf-8")
    temporary.replace(file)
    return True
