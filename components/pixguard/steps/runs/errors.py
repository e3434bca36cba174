"""What can go wrong with a pipeline as a whole.

PixguardError
├── UsageError
│   ├── PipelineNotFoundError     no pipeline file of that name
│   └── PipelineParameterError    a parameter that the pipeline does not take, or that is missing or malformed
├── PipelineRunError              a step failed, or the graph could not be followed
└── SubmitError                   the KFP server could not be reached, or refused
"""

from pixguard.errors import PixguardError, UsageError


class PipelineNotFoundError(UsageError):
    """No pipeline file of the wanted name, or the file defines no pipeline of that name."""


class PipelineParameterError(UsageError):
    """A parameter that the pipeline does not take, that is missing, or that is not of its type."""


class PipelineRunError(PixguardError):
    """A run that failed; the message ends with the cause."""


class SubmitError(PixguardError):
    """A KFP API server that cannot be reached, or that refused the run."""
