"""Build each image once, scan it, sign it by digest, and only then give it a name that a manifest may use.

`images publish` pushes by digest alone, without any tag; `images scan` writes an SBOM and fails on known weaknesses
that have a mend; `images sign` signs and attaches the SBOM (keyless by the workflow's OIDC identity, or with a KMS
key); `images tag` names what was signed. What was pushed is in build/images/images.json, for the later steps.
"""

import argparse
import json
import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from delivery.shell import DeliveryError, git, main, output, run

TARGETS = ("spark", "train", "serve")
FOLDER = Path("build") / "images"
LIST = "images.json"


@dataclass(frozen=True, slots=True)
class Image:
    """One pushed image: its target, its name in the registry and its digest."""

    target: str
    name: str
    digest: str

    @property
    def reference(self) -> str:
        """The image by digest: what is scanned, signed and deployed."""
        return f"{self.name}@{self.digest}"


def publish(registry: str, folder: Path = FOLDER) -> list[Image]:
    """Build and push every target by digest, and write the list of them; nothing is tagged yet."""
    folder.mkdir(parents=True, exist_ok=True)
    commit, epoch = git("rev-parse", "HEAD"), git("show", "--no-patch", "--format=%ct", "HEAD")
    if git("status", "--porcelain"):
        raise DeliveryError("the checkout differs from its commit: an image is built from a commit, commit first")
    os.environ["SOURCE_DATE_EPOCH"] = epoch
    images = []
    for target in TARGETS:
        name, metadata = f"{registry}/pixguard-{target}", folder / f"{target}.json"
        run(build_command(target, name, commit, metadata))
        images.append(Image(target, name, _digest(metadata)))
    (folder / LIST).write_text(json.dumps([asdict(image) for image in images], indent=2) + "\n", encoding="utf-8")
    return images


def build_command(target: str, name: str, commit: str, metadata: Path) -> list[str]:
    """Return the one build of a target: pushed by digest, with BuildKit's own provenance."""
    return [
        *("docker", "buildx", "build", ".", "--file", "components/Dockerfile", "--target", target),
        *("--platform", "linux/amd64", "--provenance", "mode=max", "--pull"),
        *("--build-arg", f"COMMIT={commit}"),
        *("--output", f"type=image,name={name},push-by-digest=true,name-canonical=true,push=true"),
        *("--metadata-file", str(metadata)),
    ]


def scan(images: Sequence[Image], folder: Path = FOLDER) -> None:
    """Write the CycloneDX SBOM of each image; DeliveryError on a high or critical weakness that has a mend."""
    for image in images:
        sbom = str(folder / f"{image.target}.cdx.json")
        run(["trivy", "image", "--quiet", "--format", "cyclonedx", "--output", sbom, image.reference])
        severe = ["--severity", "HIGH,CRITICAL", "--ignore-unfixed", "--exit-code", "1"]
        run(["trivy", "sbom", "--quiet", *severe, sbom])


def sign(images: Sequence[Image], key: str = "", folder: Path = FOLDER) -> None:
    """Sign each image by digest and attach its SBOM as an attestation; without a key, keyless."""
    who = ["--key", key] if key else []
    for image in images:
        sbom = folder / f"{image.target}.cdx.json"
        if not sbom.is_file():
            raise DeliveryError(f"{sbom} is missing: only a scanned image is signed, run `images scan` first")
        run(["cosign", "sign", "--yes", *who, image.reference])
        run(["cosign", "attest", "--yes", *who, "--type", "cyclonedx", "--predicate", str(sbom), image.reference])


def verify(images: Sequence[Image], *, key: str = "", identity: str = "", issuer: str = "") -> None:
    """Return if every image carries our signature; DeliveryError otherwise."""
    who = ["--key", key] if key else ["--certificate-identity-regexp", identity, "--certificate-oidc-issuer", issuer]
    if not key and not (identity and issuer):
        raise DeliveryError("a keyless signature is somebody's: name the identity and the issuer, or a key")
    for image in images:
        run(["cosign", "verify", *who, image.reference])


def tag(images: Sequence[Image], name: str) -> None:
    """Give each image a tag, by digest and without a build; the registry refuses to move one (immutable tags)."""
    for image in images:
        run(["docker", "buildx", "imagetools", "create", "--tag", f"{image.name}:{name}", image.reference])


def read(path: Path) -> list[Image]:
    """Return the list that `publish` wrote."""
    try:
        return [Image(**entry) for entry in json.loads(path.read_text(encoding="utf-8"))]
    except (OSError, ValueError, TypeError) as error:
        raise DeliveryError(f"{path} is no list of images ({error}): run `images publish` first") from error


def _digest(metadata: Path) -> str:
    said = json.loads(metadata.read_text(encoding="utf-8"))
    digest = str(said.get("containerimage.digest", ""))
    if not digest.startswith("sha256:"):
        raise DeliveryError(f"{metadata} names no digest: the image was built, but not pushed")
    return digest


def _command(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("action", choices=["publish", "scan", "sign", "verify", "tag"])
    parser.add_argument("--registry", default="", help="where to push, without the image's name")
    parser.add_argument("--key", default="", help="a signing key such as awskms:///alias/…; none is keyless")
    parser.add_argument("--identity", default="", help="regular expression of the signer, to verify keyless")
    parser.add_argument("--issuer", default="https://token.actions.githubusercontent.com", help="of that identity")
    parser.add_argument("--tag", default="", help="the tag to give")
    parser.add_argument("--list", type=Path, default=FOLDER / LIST, help="(default: %(default)s)")
    options = parser.parse_args(arguments)
    if options.action == "publish":
        if not options.registry:
            raise DeliveryError("no registry: say where to push, such as REGISTRY=123456789012.dkr.ecr.…/pixguard")
        images = publish(options.registry, options.list.parent)
        output(images=json.dumps([asdict(image) for image in images], separators=(",", ":")))
        return 0
    images = read(options.list)
    if options.action == "scan":
        scan(images, options.list.parent)
    elif options.action == "sign":
        sign(images, options.key, options.list.parent)
    elif options.action == "verify":
        verify(images, key=options.key, identity=options.identity, issuer=options.issuer)
    else:
        tag(images, options.tag or git("rev-parse", "HEAD"))
    print("\n".join(image.reference for image in images))
    return 0


if __name__ == "__main__":
    main(_command)
