"""OpenSSF model signing with a local key: every file of a folder under one signature.

The signature is what `model_signing sign key` writes and `model_signing verify key` reads.
"""

from __future__ import annotations

import os
import stat
import uuid
from pathlib import Path
from typing import Any

from pixguard.provenance.errors import KeyFileError, SignatureError
from pixguard.provenance.files import SIGNATURE


def ensure_key(private_key: Path) -> Path:
    """Return the public key beside `private_key` (same name plus .pub), making both where absent.

    The key is P-256, PEM, without password and readable by its owner alone; keep it in a secret store on a cluster.
    Two processes that start together end up with one key. KeyFileError when it is open to others or no such key.
    """
    if not private_key.exists():
        _make_key(private_key)
    mode = stat.S_IMODE(private_key.stat().st_mode)
    if mode & 0o077:
        raise KeyFileError(f"{private_key} has mode {mode:04o}: others may sign with it; chmod 600 {private_key}")
    public_key = private_key.with_name(private_key.name + ".pub")
    expected = _public_pem(private_key)
    if not public_key.exists():
        _write_new(public_key, expected, 0o644)
    if public_key.read_bytes() != expected:
        raise KeyFileError(f"{public_key} does not belong to {private_key}: delete it and it is written again")
    return public_key


def sign_folder(folder: Path, private_key: Path) -> Path:
    """Sign every file of the folder and return the signature file inside it; KeyFileError on an unusable key."""
    from model_signing import signing  # noqa: PLC0415  (its import takes a second)

    try:
        config = signing.Config().use_elliptic_key_signer(private_key=private_key)
    except (OSError, ValueError, TypeError) as error:
        raise KeyFileError(f"{private_key}: {error}; make one with `openssl ecparam -name prime256v1`") from error
    config.set_hashing_config(_hashing()).sign(folder, folder / SIGNATURE)
    return folder / SIGNATURE


def verify_folder(folder: Path, public_key: Path) -> None:
    """Return if the folder holds exactly the files that were signed with the key's private half.

    SignatureError names changed, missing and extra files, a missing or malformed signature, or a key that does not
    belong to it; KeyFileError when the public key cannot be read.
    """
    from cryptography.exceptions import InvalidSignature  # noqa: PLC0415
    from model_signing import verifying  # noqa: PLC0415  (its import takes a second)

    if not (folder / SIGNATURE).is_file():
        raise SignatureError(
            f"{folder / SIGNATURE} is missing: the version is unsigned or half fetched; fetch it again"
        )
    try:
        config = verifying.Config().use_elliptic_key_verifier(public_key=public_key).set_hashing_config(_hashing())
    except (OSError, ValueError, TypeError) as error:
        raise KeyFileError(f"{public_key}: {error}; give the public key of the registry") from error
    try:
        config.verify(folder, folder / SIGNATURE)
    except InvalidSignature as error:
        raise SignatureError(
            f"{folder / SIGNATURE}: the signature is forged or broken; fetch the version again"
        ) from error
    except (ValueError, KeyError, IndexError, TypeError, AttributeError, OSError) as error:
        raise SignatureError(f"{folder}: {error}; do not serve it, fetch the version again") from error


def _hashing() -> Any:
    """Return the rules of hashing: all files but the signature, .git files too, links refused."""
    from model_signing import hashing  # noqa: PLC0415

    config = hashing.Config().use_file_serialization(hashing_algorithm="sha256", allow_symlinks=False)
    return config.set_ignored_paths(paths=[Path(SIGNATURE)], ignore_git_paths=False)


def _make_key(path: Path) -> None:
    from cryptography.hazmat.primitives import serialization  # noqa: PLC0415
    from cryptography.hazmat.primitives.asymmetric import ec  # noqa: PLC0415

    pem = ec.generate_private_key(ec.SECP256R1()).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    _write_new(path, pem, 0o600)


def _public_pem(private_key: Path) -> bytes:
    from cryptography.hazmat.primitives import serialization  # noqa: PLC0415
    from cryptography.hazmat.primitives.asymmetric import ec  # noqa: PLC0415

    try:
        key = serialization.load_pem_private_key(private_key.read_bytes(), password=None)
    except (OSError, ValueError, TypeError) as error:
        raise KeyFileError(f"{private_key}: no PEM private key without password ({error}); move it away") from error
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise KeyFileError(f"{private_key}: a {type(key).__name__}, wanted an elliptic curve key; move it away")
    return key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)


def _write_new(path: Path, content: bytes, mode: int) -> None:
    """Write a file that appears whole with its mode, or leave the one that another process wrote first."""
    hidden = path.with_name(f".{path.name}.{uuid.uuid4().hex[:8]}")
    descriptor = os.open(hidden, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(hidden, path)
        except FileExistsError:
            return
    finally:
        hidden.unlink()
