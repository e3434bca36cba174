"""The data gate's error."""

from pixguard.errors import PixguardError


class DataGateError(PixguardError):
    """Data that must not be trained on: names each failing expectation, how many rows broke it, and some of them."""
