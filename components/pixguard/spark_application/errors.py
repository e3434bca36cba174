"""What goes wrong with an application of the Spark operator.

SparkApplicationError
├── ApplicationFailedError    it ran and failed, or could not start: the driver's last lines are in the message
├── ApplicationTimeoutError   it was not done in time, and was taken away
└── ApplicationApiError       the Kubernetes API refused, or was away for too long
"""

from pixguard.errors import PixguardError


class SparkApplicationError(PixguardError):
    """A Spark application that did not do its work; the message names it and the way out."""


class ApplicationFailedError(SparkApplicationError):
    """The operator gave the application up."""


class ApplicationTimeoutError(SparkApplicationError):
    """The application was not done in time."""


class ApplicationApiError(SparkApplicationError):
    """Kubernetes did not do what was asked."""
