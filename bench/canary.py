"""How often a good canary is rolled back by chance, and how soon a bad one goes, `make bench-canary`.

Thousands of simulated canaries at 5 % beside a stable version that fails 0.2 % of its requests; after every 20 requests
of the canary one looks, 400 times. Three ways to judge the same counts:
  ours       bounds that hold at every look, at the level that one guard has in one stage (`pixguard.rollout`)
  z_test     a two-proportion z-test at 1 % at every look, as if it were the only one
  threshold  more than 1.5 times stable's share of errors, and more than one error
"""

from __future__ import annotations

import argparse

import numpy as np
from numpy.typing import NDArray
from table import Row, finish

from pixguard.rollout import RolloutRules
from pixguard.rollout.guards import guard_level
from pixguard.rollout.sequences import share_bounds

LOOKS, EACH, SHARE, STABLE = 400, 20, 0.05, 0.002
RULES = RolloutRules()
Counts = NDArray[np.int64]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", help="not used: canaries are simulated")
    parser.add_argument("--trials", type=int, default=4000)
    trials = parser.parse_args().trials
    rows = []
    for name, judge in (("ours", ours), ("z_test", z_test), ("threshold", threshold)):
        found = first_alarms(judge, STABLE, trials)
        rows.append(Row(name, "false_alarms", float((found > 0).mean()), "share"))
        for errors in (0.01, 0.03, 0.2, 1.0):
            found = first_alarms(judge, errors, trials // 4)
            rows.append(Row(name, f"found_{errors:.0%}", float((found > 0).mean()), "share"))
            taken = found[found > 0]
            if taken.size:
                rows.append(Row(name, f"requests_{errors:.0%}", float(np.median(taken)), "canary requests, median"))
    finish("canary", rows)


def first_alarms(judge: object, errors: float, trials: int) -> Counts:
    """Return how many requests the canary had had at the first alarm, 0 where there was none."""
    rng = np.random.default_rng(7)
    canary = np.zeros(trials, dtype=np.int64)
    stable, found = canary.copy(), canary.copy()
    n, m = 0, 0
    for _ in range(LOOKS):
        n, beside = n + EACH, round(EACH * (1 - SHARE) / SHARE)
        m += beside
        canary += rng.binomial(EACH, errors, trials)
        stable += rng.binomial(beside, STABLE, trials)
        alarm = judge(canary, n, stable, m)  # type: ignore[operator]
        found = np.where((found == 0) & alarm, n, found)
    return found


def ours(canary: Counts, n: int, stable: Counts, m: int) -> NDArray[np.bool_]:
    alpha = guard_level(RULES) / 2
    low, high = share_bounds(canary, n, alpha)[0], share_bounds(stable, m, alpha)[1]
    return np.asarray(low > high + RULES.error_rise.value)


def z_test(canary: Counts, n: int, stable: Counts, m: int) -> NDArray[np.bool_]:
    pooled = (canary + stable) / (n + m)
    spread = np.sqrt(np.maximum(pooled * (1 - pooled) * (1 / n + 1 / m), 1e-12))
    return np.asarray((canary / n - stable / m) / spread > 2.326)


def threshold(canary: Counts, n: int, stable: Counts, m: int) -> NDArray[np.bool_]:
    return np.asarray((canary > 1) & (canary / n > 1.5 * stable / m))


if __name__ == "__main__":
    main()
