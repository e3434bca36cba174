"""The tree of our own errors: every message says what was wrong, where, and what to do next.

PixguardError
├── PaymentError, MappingError, TokenError …   input that breaks the contract
├── DeclarationError                           a feature declaration without meaning
├── DataGateError                              data that must not be trained on
├── UsageError                                 a call that cannot mean anything: the caller must change it
└── …                                          each module derives its own from PixguardError
"""


class PixguardError(Exception):
    """Base of every error that pixguard raises on purpose."""


class UsageError(PixguardError):
    """A call that cannot mean anything; the command line ends with status 2, as for a wrong option."""
