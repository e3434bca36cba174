"""The few words that are said to the Kubernetes API, each tried again while the API is away."""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from kubernetes import client, config
from urllib3.exceptions import HTTPError

from pixguard.spark_application.errors import ApplicationApiError

log = logging.getLogger(__name__)
_GROUP, _VERSION, _PLURAL = "sparkoperator.k8s.io", "v1beta2", "sparkapplications"
_PASSING = frozenset({429, 500, 502, 503, 504})
_REQUEST_S = 10.0
_HINTS = {
    401: "the service account's token is not accepted; is it mounted?",
    403: "the service account lacks the role run-spark-applications (manifests/pipelines)",
    404: "is the Spark operator installed, and the namespace right?",
    422: "the application does not fit the operator's version",
}
_DRIVER_CONTAINER = "spark-kubernetes-driver"


@dataclass(frozen=True)
class Applications:
    """The applications of one namespace; an API that is away is asked again for up to `patience_s` seconds."""

    api: client.ApiClient
    namespace: str
    patience_s: float = 120.0

    def create(self, application: dict[str, Any]) -> dict[str, Any] | None:
        """Create it; None where one of that name exists, be it that an answer to our own request was lost."""
        return self._asked(lambda: self._custom("post", body=application), missing={409})

    def read(self, name: str) -> dict[str, Any] | None:
        """Return it as it is now; None where there is none."""
        return self._asked(lambda: self._custom("get", name), missing={404})

    def delete(self, name: str) -> None:
        """Take it away with its driver and executors; harmless where there is none."""
        self._asked(lambda: self._custom("delete", name), missing={404})

    def last_lines(self, pod: str, lines: int) -> str:
        """Return the end of what a driver said, or why that cannot be read: never an error of its own."""
        if not pod:
            return "(no driver was started)"
        core = client.CoreV1Api(self.api)
        try:
            said: str = core.read_namespaced_pod_log(
                pod, self.namespace, container=_DRIVER_CONTAINER, tail_lines=lines, _request_timeout=_REQUEST_S
            )
        except (client.ApiException, HTTPError) as error:
            return f"(what the driver {pod} said cannot be read: {_reason(error)})"
        return said.rstrip() or f"(the driver {pod} said nothing)"

    def _custom(self, verb: str, name: str = "", body: dict[str, Any] | None = None) -> Any:
        custom = client.CustomObjectsApi(self.api)
        where = (_GROUP, _VERSION, self.namespace, _PLURAL)
        if verb == "post":
            return custom.create_namespaced_custom_object(*where, body, _request_timeout=_REQUEST_S)
        if verb == "get":
            return custom.get_namespaced_custom_object(*where, name, _request_timeout=_REQUEST_S)
        return custom.delete_namespaced_custom_object(
            *where, name, propagation_policy="Foreground", _request_timeout=_REQUEST_S
        )

    def _asked(self, ask: Callable[[], Any], *, missing: set[int]) -> dict[str, Any] | None:
        """Ask until there is an answer; None for a status in `missing`, ApplicationApiError for any other refusal."""
        deadline, pause_s = time.monotonic() + self.patience_s, 0.2
        while True:
            try:
                answer: dict[str, Any] = ask()
                return answer
            except client.ApiException as error:
                if error.status in missing:
                    return None
                if error.status not in _PASSING:
                    raise ApplicationApiError(f"Kubernetes refused: {_reason(error)}") from error
                last: Exception = error
            except HTTPError as error:
                last = error
            if time.monotonic() + pause_s > deadline:
                raise ApplicationApiError(
                    f"the Kubernetes API did not answer for {self.patience_s:g} s: {_reason(last)}"
                ) from last
            log.warning("the Kubernetes API is away (%s); asking again", _reason(last))
            time.sleep(pause_s * random.uniform(0.8, 1.2))  # noqa: S311 - spreads the askers, hides nothing
            pause_s = min(pause_s * 2, 10.0)


def connect(namespace: str) -> Applications:
    """Return the applications of the cluster that this pod runs in, or that the kubeconfig names."""
    try:
        config.load_config()
    except config.ConfigException as error:
        raise ApplicationApiError(f"no cluster is known here: {error}; run this in a pod, or set KUBECONFIG") from error
    return Applications(client.ApiClient(), namespace)


def _reason(error: Exception) -> str:
    if isinstance(error, client.ApiException):
        hint = _HINTS.get(error.status)
        return f"{error.status} {error.reason}" + (f"; {hint}" if hint else "")
    return type(error).__name__
