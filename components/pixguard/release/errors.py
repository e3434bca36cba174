"""What can go wrong when a release is written.

ReleaseError
├── NotReleasableError   a version that did not pass the gate
├── GitError             Git failed or took too long: nothing was changed
│   └── MovedError       somebody else was first: read again, decide again
├── StoreError           the store does not answer, or refuses
│   ├── MissingError     it does not hold the version
│   └── ConflictError    it holds other content under the version's name
└── ForgeError           the forge (GitHub) refused or does not answer
    └── RateLimitError   too many calls: not now
"""

from pixguard.errors import PixguardError


class ReleaseError(PixguardError):
    """A release that could not be written; the overlay in Git is as it was."""


class NotReleasableError(ReleaseError):
    """A version that must not be proposed."""


class GitError(ReleaseError):
    """Git failed or took too long."""


class MovedError(GitError):
    """The branch or the overlay was changed by somebody else meanwhile."""


class StoreError(ReleaseError):
    """The store does not answer, or refuses."""


class MissingError(StoreError):
    """The store does not hold the version."""


class ConflictError(StoreError):
    """The store holds other content under the version's name: a version never changes."""


class ForgeError(ReleaseError):
    """The forge refused or does not answer."""


class RateLimitError(ForgeError):
    """The forge asks to come back later."""
