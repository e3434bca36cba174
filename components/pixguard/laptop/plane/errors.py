"""What can go wrong on the laptop plane.

PlaneError
├── ManifestError  what Git wants is invalid: nothing changes, and the status says so
├── FetchError     a version that could not be brought from the store
└── StoreError     the store of versions does not take or does not have what it should
"""

from pixguard.errors import PixguardError


class PlaneError(PixguardError):
    """The plane cannot do what was asked."""


class ManifestError(PlaneError):
    """A commit whose manifests KServe would refuse, or that this machine cannot run."""


class FetchError(PlaneError):
    """A version that could not be brought from the store; tried again later."""


class StoreError(PlaneError):
    """The store of versions does not take or does not have what it should."""
