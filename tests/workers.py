"""Which worker of pytest-xdist runs which tests, and when: what takes long begins first, for none to wait at the end.

A file stays whole. Files that share what is dear to make (a Spark session, the plans of Terraform, a trained version)
go to one worker, which makes it once. All others follow in order.
"""

from xdist.scheduler import LoadFileScheduling

UNITS: tuple[tuple[str, ...], ...] = (
    (
        *("tests/jobs/test_build_features.py", "tests/test_batch.py", "tests/jobs/test_stream_features.py"),
        *("tests/jobs/test_watch_decisions.py", "tests/parity/test_replay.py", "tests/stream/"),
    ),
    ("tests/pipelines/test_train_model_run.py", "tests/pipelines/test_retrain_model_run.py"),
    ("tests/terraform/",),
    ("tests/predictor/", "tests/explanation/", "tests/archive/", "tests/client/test_consumer_contract.py"),
    ("tests/jobs/test_advance_canary.py",),
    ("tests/laptop/test_release.py",),
    ("tests/laptop/test_stream.py",),
    ("tests/feature_repo/test_feature_repo.py",),
    ("tests/laptop/test_faults.py",),
    ("tests/rollout/test_decide.py",),
    ("tests/jobs/test_train_model.py",),
    ("tests/test_training.py",),
)


def place(nodeid: str) -> int:
    """Return the number of the unit that a test belongs to; all others come last."""
    return next((n for n, unit in enumerate(UNITS) if nodeid.startswith(unit)), len(UNITS))


class LongestFirst(LoadFileScheduling):
    """Hands out units in the order in which the workers collected them, which is `place`'s."""

    def _split_scope(self, nodeid: str) -> str:
        number = place(nodeid)
        return super()._split_scope(nodeid) if number == len(UNITS) else f"unit {number}"
