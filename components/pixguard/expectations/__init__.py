"""The data gate: expectations from the contract and the declarations stop a run before it trains on bad data."""

from pixguard.expectations.errors import DataGateError
from pixguard.expectations.figures import Limits
from pixguard.expectations.payments import check_payments
from pixguard.expectations.views import check_features

__all__ = ["DataGateError", "Limits", "check_features", "check_payments"]
