"""Send a compiled pipeline to a KFP API server, and wait for it where wanted."""

import time
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import kfp_server_api
from kfp import client as kfp_client
from urllib3.exceptions import HTTPError

from pixguard.steps.runs.definition import Parameters
from pixguard.steps.runs.errors import SubmitError

ENDED = frozenset({"SUCCEEDED", "FAILED", "CANCELED", "SKIPPED"})
_POLL_S = 2.0
_HINTS = {401: "set PIXGUARD_KFP_TOKEN to a valid token", 403: "this token may not start runs there"}


@dataclass(frozen=True)
class SubmittedRun:
    """A run on a server: its page, and its state as last seen (PENDING, RUNNING, SUCCEEDED, FAILED …)."""

    run_id: str
    page: str
    state: str


def submit_pipeline(
    package: Path,
    parameters: Parameters,
    *,
    host: str,
    experiment: str,
    token: str | None = None,
    service_account: str | None = None,
    wait_s: float = 0,
) -> SubmittedRun:
    """Start a run of the compiled `package` on `host`, and wait up to `wait_s` seconds for its end (0: not at all).

    Raises SubmitError when the server cannot be reached, refuses, or the run has not ended in time.
    """
    if not host.startswith(("http://", "https://")):
        raise SubmitError(f"{host!r} is not an address; give it whole, such as https://{host}")
    try:
        server = _client(host, token)
        run_id = server.create_run_from_pipeline_package(
            str(package), arguments=parameters, experiment_name=experiment, service_account=service_account
        ).run_id
        run = _wait(server, run_id, wait_s)
    except kfp_server_api.ApiException as error:
        hint = _HINTS.get(error.status, "its log says more")
        raise SubmitError(f"{host} refused the run: {error.status} {error.reason}; {hint}") from error
    except HTTPError as error:
        raise SubmitError(f"no KFP API server answers at {host}; is the address right and reachable?") from error
    page = f"{host.rstrip('/')}/#/runs/details/{run_id}"
    if wait_s and run.state not in ENDED:
        raise SubmitError(f"the run is still {run.state} after {wait_s:g} s; it goes on: {page}")
    return SubmittedRun(run_id, page, run.state or "PENDING")


def _wait(server: Any, run_id: str, wait_s: float) -> Any:
    """The run as it is when it ends, or after `wait_s` seconds (the SDK's own wait never sees a cancelled run end)."""
    deadline = time.monotonic() + wait_s
    while (run := server.get_run(run_id)).state not in ENDED and (rest_s := deadline - time.monotonic()) > 0:
        time.sleep(min(_POLL_S, rest_s))
    return run


def _client(host: str, token: str | None) -> Any:
    """The SDK's client, after one look whether the server is there: the SDK itself would ask five times in 25 s."""
    configuration = kfp_server_api.Configuration(host=host.rstrip("/"))
    if token:
        configuration.api_key, configuration.api_key_prefix = {"authorization": token}, {"authorization": "Bearer"}
    with kfp_server_api.ApiClient(configuration) as server:
        kfp_server_api.HealthzServiceApi(server).healthz_service_get_healthz()
    with warnings.catch_warnings():  # the SDK says on every start that it needs KFP 2
        warnings.simplefilter("ignore", FutureWarning)
        return kfp_client.Client(host=host, existing_token=token)
