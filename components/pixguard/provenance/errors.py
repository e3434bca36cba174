"""What can be wrong with a kept model version.

VersionError
├── IncompleteVersionError  a file of the version is absent or unreadable
├── SignatureError          the folder is not what was signed, or another key signed it
└── KeyFileError            a signing key that cannot be used or lies open to others
"""

from __future__ import annotations

from pixguard.errors import PixguardError


class VersionError(PixguardError):
    """A model version that must not be kept, released or served."""


class IncompleteVersionError(VersionError):
    """A file of the version is absent or unreadable."""


class SignatureError(VersionError):
    """The folder differs from what was signed, or was signed by another key."""


class KeyFileError(VersionError):
    """A signing key that is absent, malformed or readable by others."""
