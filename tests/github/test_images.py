"""An image is built once, pushed without a name, scanned before it is signed, and signed before it is named."""

import json
from pathlib import Path

import pytest
from delivery import images
from delivery.shell import DeliveryError

from tests.github.conftest import Fakes, Git, commit

REGISTRY = "123456789012.dkr.ecr.sa-east-1.amazonaws.com/pixguard"
DOCKER = """
import hashlib
if "--metadata-file" in arguments:
    target = arguments[arguments.index("--target") + 1]
    digest = "sha256:" + hashlib.sha256(target.encode()).hexdigest()
    pushed = {} if (here / "not-pushed").exists() else {"containerimage.digest": digest}
    Path(arguments[arguments.index("--metadata-file") + 1]).write_text(json.dumps(pushed))
return 0
"""
TRIVY = """
if "--output" in arguments:
    Path(arguments[arguments.index("--output") + 1]).write_text("{}")
if "--exit-code" in arguments and (here / "weak").exists():
    print("CVE-2026-0001 CRITICAL openssl, mended in 3.5.9")
    return 1
return 0
"""


@pytest.fixture
def checkout(repository: Path, git: Git, fakes: Fakes, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name, body in {"docker": DOCKER, "trivy": TRIVY, "cosign": "return 0"}.items():
        fakes.put(name, body)
    commit(git, repository, {".gitignore": "build/\n"}, "ignore what is built")
    monkeypatch.chdir(repository)
    return repository


@pytest.fixture
def pushed(checkout: Path) -> list[images.Image]:
    return images.publish(REGISTRY)


def test_every_target_is_built_once_from_the_commit_and_pushed_without_a_tag(
    checkout: Path, git: Git, fakes: Fakes, pushed: list[images.Image]
) -> None:
    builds = fakes.calls("docker")
    assert [call[call.index("--target") + 1] for call in builds] == list(images.TARGETS)
    for call in builds:
        assert "push-by-digest=true" in call[call.index("--output") + 1]
        assert "--tag" not in call
        assert f"COMMIT={git(checkout, 'rev-parse', 'HEAD')}" in call
    assert images.read(images.FOLDER / images.LIST) == pushed


def test_a_checkout_that_differs_is_not_built(checkout: Path, fakes: Fakes) -> None:
    (checkout / "README.md").write_text("changed\n")
    with pytest.raises(DeliveryError, match="built from a commit"):
        images.publish(REGISTRY)
    assert fakes.calls("docker") == []


def test_an_image_that_was_not_pushed_is_an_error(checkout: Path, fakes: Fakes) -> None:
    (fakes.folder / "not-pushed").touch()
    with pytest.raises(DeliveryError, match="names no digest"):
        images.publish(REGISTRY)


def test_what_was_not_scanned_is_not_signed(fakes: Fakes, pushed: list[images.Image]) -> None:
    with pytest.raises(DeliveryError, match="only a scanned image is signed"):
        images.sign(pushed)
    assert fakes.calls("cosign") == []


def test_a_weakness_with_a_mend_stops_it(fakes: Fakes, pushed: list[images.Image]) -> None:
    (fakes.folder / "weak").touch()
    with pytest.raises(DeliveryError, match="CVE-2026-0001"):
        images.scan(pushed)


def test_everything_from_then_on_is_by_digest(fakes: Fakes, pushed: list[images.Image]) -> None:
    images.scan(pushed)
    images.sign(pushed)
    images.tag(pushed, "v1.2.0")
    signed = [call[-1] for call in fakes.calls("cosign") if call[0] == "sign"]
    attested = [call[-1] for call in fakes.calls("cosign") if call[0] == "attest"]
    assert signed == attested == [image.reference for image in pushed]
    assert all("@sha256:" in reference for reference in signed)
    named = [call for call in fakes.calls("docker") if "imagetools" in call]
    assert named[0][-3:] == ["--tag", f"{REGISTRY}/pixguard-spark:v1.2.0", pushed[0].reference]


def test_with_a_key_nothing_is_keyless(fakes: Fakes, pushed: list[images.Image]) -> None:
    images.scan(pushed)
    images.sign(pushed, "awskms:///alias/pixguard-images")
    images.verify(pushed, key="awskms:///alias/pixguard-images")
    assert all("awskms:///alias/pixguard-images" in call for call in fakes.calls("cosign"))


def test_a_keyless_signature_is_verified_against_a_name(fakes: Fakes, pushed: list[images.Image]) -> None:
    with pytest.raises(DeliveryError, match="name the identity"):
        images.verify(pushed, issuer="https://token.actions.githubusercontent.com")
    images.verify(
        pushed, identity="^https://github.com/pixguard/", issuer="https://token.actions.githubusercontent.com"
    )
    assert "--certificate-identity-regexp" in fakes.calls("cosign")[0]


def test_an_image_without_our_signature_is_an_error(fakes: Fakes, pushed: list[images.Image]) -> None:
    fakes.put("cosign", "print('no signatures found', file=sys.stderr)\nreturn 1")
    with pytest.raises(DeliveryError, match="no signatures found"):
        images.verify(pushed, key="awskms:///alias/pixguard-images")


@pytest.mark.parametrize("text", ["", "{}", '[{"target": "serve"}]'])
def test_a_broken_list_is_an_error(tmp_path: Path, text: str) -> None:
    file = tmp_path / "images.json"
    file.write_text(text)
    if text == "{}":
        assert images.read(file) == []
    else:
        with pytest.raises(DeliveryError, match="is no list of images"):
            images.read(file)


def test_the_list_reaches_later_jobs_on_one_line(
    checkout: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB_OUTPUT", str(tmp_path / "outputs"))
    images._command(["publish", "--registry", REGISTRY])
    name, _, value = (tmp_path / "outputs").read_text().rstrip("\n").partition("=")
    assert name == "images"
    assert [entry["target"] for entry in json.loads(value)] == list(images.TARGETS)
