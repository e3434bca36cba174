"""Who is stopped, who is stopped in vain, and what no model may read. The policy is FAIRNESS.md beside this file."""

from pixguard.fairness.fields import FORBIDDEN, SENSITIVE, forbidden_in
from pixguard.fairness.rates import DISPARITY, CohortRates, Rate, rates

__all__ = ["DISPARITY", "FORBIDDEN", "SENSITIVE", "CohortRates", "Rate", "forbidden_in", "rates"]
