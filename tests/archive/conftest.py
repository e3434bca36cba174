"""The log of a real scorer, to archive."""

from tests.explanation.conftest import logged

__all__ = ["logged"]
