"""The first stable version of a new plane: checked, put into the store, and committed. Later ones are releases."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pixguard import overlay as overlays
from pixguard.errors import UsageError
from pixguard.laptop.plane import store
from pixguard.laptop.plane.folder import Folder
from pixguard.laptop.plane.manifest import NOTHING
from pixguard.provenance import KeptVersion, load_version
from pixguard.provenance.files import replace_file
from pixguard.release.desk import Desk
from pixguard.release.git import Branch
from pixguard.release.message import Note
from pixguard.release.store import Store, StoreAccess

AUTHOR = "pixguard up"


@dataclass(frozen=True)
class First:
    """A verified version on disk, and the key that its signature verifies with."""

    kept: KeptVersion
    public_key: Path


def checked(version: Path, public_key: Path | None) -> First:
    """Return the version at a folder, verified; VersionError where it is not what was signed."""
    key = public_key or _key_near(version)
    return First(load_version(version, key), key)


def trust(folder: Folder, public_key: Path) -> None:
    """Keep the key that this plane's servers verify versions with; another than before is a UsageError."""
    content = public_key.read_bytes()
    if folder.public_key.exists() and folder.public_key.read_bytes() != content:
        raise UsageError(f"{public_key} is not the key that {folder.root} trusts; use another --state, or the same key")
    folder.public_key.parent.mkdir(exist_ok=True)
    replace_file(folder.public_key, content)


def install(folder: Folder, overlay: str, first: First, s3: Mapping[str, str]) -> None:
    """Put the version into the store and commit it as stable; a plane that serves another refuses.

    Done twice, it is done once: what serves already stays as it is.
    """
    with Branch(str(folder.git)) as branch:
        desk = Desk(branch, Path(overlay).name, AUTHOR)
        seen = desk.standing()
        stable = seen.release.stable
        if stable.name == first.kept.name:
            return
        if stable.name != NOTHING:
            raise UsageError(f"{stable.name} serves already: release {first.kept.name} with pixguard propose")
        store.make_bucket(stable.uri, s3)
        access = StoreAccess(s3["endpoint"], s3["access_key"], s3["secret_key"], s3["region"])
        placed = Store(stable, access).put(first.kept, first.public_key)
        note = Note("install", desk.environment, placed.name, stable.name, 100, ("nothing served before",))
        desk.write(seen, lambda text: overlays.install(text, placed), note)


def _key_near(version: Path) -> Path:
    """Return the one public key beside the version, or in a folder `keys` beside it or above."""
    for parent in version.absolute().parents[:3]:
        found = [*parent.glob("*.pub"), *parent.glob("keys/*.pub")]
        if len(found) == 1:
            return found[0]
    raise UsageError(f"no public key near {version}: name it with --public-key")
