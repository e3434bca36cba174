"""Run another job as an application of the Spark operator: `python -m pixguard.jobs.run_spark_application --help`."""

from __future__ import annotations

import argparse
import logging
import os
import re
import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from types import FrameType

from pixguard.errors import PixguardError, UsageError
from pixguard.spark_application import Applications, Patience, Request, connect
from pixguard.spark_application import run as run_application

log = logging.getLogger(__name__)
NAMESPACE = "pixguard-pipelines"
IMAGE, EVENTS = "PIXGUARD_SPARK_IMAGE", "PIXGUARD_SPARK_EVENTS"
"""Variables by which the environment says its image of Spark and where event logs lie."""


def run(
    *,
    job: str,
    arguments: Sequence[str],
    run: str = "",
    image: str = "",
    max_executors: int = 0,
    timeout_s: float = 6 * 3600,
    namespace: str = NAMESPACE,
    applications: Applications | None = None,
) -> str:
    """Run `job` with `arguments` on the operator as part of `run` (empty: the KFP run); returns the application's name.

    Raises SparkApplicationError when it fails, is not done in time, or Kubernetes refuses.
    """
    pod, uid = os.environ.get("KFP_POD_NAME"), os.environ.get("KFP_POD_UID")
    owner = (pod, uid) if pod and uid else None
    image, events = image or os.environ.get(IMAGE, ""), os.environ.get(EVENTS, "")
    request = Request(job, tuple(arguments), run or kfp_run(pod), namespace, image, events, max_executors, owner)
    with _stopped_by_sigterm():
        ended = run_application(request, applications or connect(namespace), Patience(work_s=timeout_s))
    log.info("%s: %s", request.name, ended.state)
    return request.name


def main(argv: Sequence[str] | None = None) -> int:
    """Run the job from the command line; returns the exit status, 1 with the driver's last lines."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s", stream=sys.stderr)
    parser = argparse.ArgumentParser(description="Run a job as an application of the Spark operator and wait for it.")
    parser.add_argument("job", help="a module of pixguard.jobs, such as build_features")
    parser.add_argument("arguments", nargs=argparse.REMAINDER, help="what the job is given")
    parser.add_argument("--run", required=True, help="the run it belongs to: the same run does not work twice")
    parser.add_argument("--image", default="", help=f"(default: {IMAGE}, the template's)")
    parser.add_argument("--max-executors", type=int, default=0, help="(default: the template's)")
    parser.add_argument("--timeout-s", type=float, default=6 * 3600, help="(default: %(default)s)")
    parser.add_argument("--namespace", default=NAMESPACE, help="(default: %(default)s)")
    try:
        run(**vars(parser.parse_args(argv)))
    except PixguardError as error:
        log.error("%s", error)
        return 1
    return 0


def kfp_run(pod: str | None) -> str:
    """Return the run that a step's pod belongs to: what Argo puts before its own part, the same in every retry."""
    if not pod:
        raise UsageError("no run is named: give one, or run this as a step of KFP, where KFP_POD_NAME says it")
    return re.split(r"-(?:retry-)?system-", pod, maxsplit=1)[0]


@contextmanager
def _stopped_by_sigterm() -> Iterator[None]:
    """Kubernetes ends a pod with SIGTERM: then the application is taken away before we go."""

    def stop(_number: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


if __name__ == "__main__":
    sys.exit(main())
