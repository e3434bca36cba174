"""Envoy's configuration as plain data: what is fixed at its start, and the files it reads again when they change.

A version is two clusters, `<version>` (HTTP/1.1) and `<version>_grpc` (HTTP/2; no version's name has a `_`), each with
a file of its own for its addresses, so that a replica that comes or goes touches nothing but that. Weights are one
file. All files are discovery responses that Envoy takes up when a new one is renamed into place; `version_info` lets us
ask whether it did.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

Json = dict[str, Any]
GRPC = "_grpc"
ROUTES = "clients"
# Servers close a connection that idled for 5 s (uvicorn). The proxy must be the first to close it: a request sent into
# a connection that is just being closed is lost, and is not retried since it may have been read.
IDLE_S = 2
# A connection refused, or reset before a byte of the request left: nobody read it, so another replica may have it.
# Answers lost later are not retried: a payment that kills a server would kill them all, one after the other.
RETRY_ON = "connect-failure,refused-stream,reset-before-request"
BUCKETS_MS = [0.5, 1, 2, 3, 4, 5, 6, 8, 10, 15, 20, 30, 50, 75, 100, 150, 250, 500, 1000, 2000, 5000, 10000]
_TYPE = "type.googleapis.com/envoy"


@dataclass(frozen=True)
class Addresses:
    """Where Envoy listens, all on loopback."""

    port: int
    admin: int


def bootstrap(addresses: Addresses, folder: Path) -> Json:
    """Return what Envoy starts with: the clients' listener, the admin's, and where routes and clusters are read."""
    return {
        "node": {"id": "laptop", "cluster": "pixguard"},
        "admin": {"address": _address(addresses.admin)},
        "dynamic_resources": {"cds_config": _file(folder, "clusters")},
        "static_resources": {"listeners": [_listener(addresses.port, folder)]},
        "stats_config": {
            "histogram_bucket_settings": [{"match": {"suffix": "upstream_rq_time"}, "buckets": BUCKETS_MS}]
        },
        "stats_flush_interval": "1s",  # how often histograms are brought up to date
        "overload_manager": {"resource_monitors": [_CONNECTIONS]},
    }


def routes(weights: Mapping[str, int], timeout_s: float, version_info: str) -> Json:
    """Return the routes: each request goes to a version by weight, and gRPC to the same version's gRPC door."""
    rules = [
        {"match": {"prefix": "/", "grpc": {}}, "route": _route(weights, GRPC, timeout_s)},
        {"match": {"prefix": "/"}, "route": _route(weights, "", timeout_s)},
    ]
    if not weights:
        nobody = {"status": 503, "body": {"inline_string": "no version of the model is ready\n"}}
        rules = [{"match": {"prefix": "/"}, "direct_response": nobody}]
    resource = {
        "@type": f"{_TYPE}.config.route.v3.RouteConfiguration",
        "name": ROUTES,
        "virtual_hosts": [{"name": ROUTES, "domains": ["*"], "routes": rules}],
    }
    return _response([resource], version_info)


def clusters(versions: Sequence[str], folder: Path, version_info: str) -> Json:
    """Return the clusters of these versions."""
    found = [_cluster(version + kind, folder, kind == GRPC) for version in versions for kind in ("", GRPC)]
    return _response(found, version_info)


def endpoints(cluster: str, ports: Sequence[int], version_info: str) -> Json:
    """Return where the replicas behind one cluster listen."""
    resource = {
        "@type": f"{_TYPE}.config.endpoint.v3.ClusterLoadAssignment",
        "cluster_name": cluster,
        "endpoints": [{"lb_endpoints": [{"endpoint": {"address": _address(port)}} for port in ports]}],
    }
    return _response([resource], version_info)


def _response(resources: list[Json], version_info: str) -> Json:
    return {"version_info": version_info, "resources": resources}


def _route(weights: Mapping[str, int], kind: str, timeout_s: float) -> Json:
    shares = [{"name": version + kind, "weight": weight} for version, weight in weights.items()]
    return {
        "weighted_clusters": {"clusters": shares},
        "timeout": f"{timeout_s:g}s",
        "retry_policy": {
            "retry_on": RETRY_ON,
            "num_retries": 2,
            "retry_host_predicate": [
                {
                    "name": "envoy.retry_host_predicates.previous_hosts",
                    "typed_config": {
                        "@type": f"{_TYPE}.extensions.retry.host.previous_hosts.v3.PreviousHostsPredicate"
                    },
                }
            ],
            "host_selection_retry_max_attempts": 5,
            "retry_back_off": {"base_interval": "0.01s", "max_interval": "0.1s"},
        },
    }


def _cluster(name: str, folder: Path, http2: bool) -> Json:
    protocol: Json = {"http2_protocol_options": {}} if http2 else {"http_protocol_options": {}}
    return {
        "@type": f"{_TYPE}.config.cluster.v3.Cluster",
        "name": name,
        "type": "EDS",
        "eds_cluster_config": {"eds_config": _file(folder / "endpoints", name)},
        "connect_timeout": "0.5s",
        "lb_policy": "LEAST_REQUEST",
        "ignore_health_on_host_removal": True,
        "typed_extension_protocol_options": {
            "envoy.extensions.upstreams.http.v3.HttpProtocolOptions": {
                "@type": f"{_TYPE}.extensions.upstreams.http.v3.HttpProtocolOptions",
                "common_http_protocol_options": {"idle_timeout": f"{IDLE_S}s"},
                "explicit_http_config": protocol,
            }
        },
    }


def _listener(port: int, folder: Path) -> Json:
    manager = {
        "@type": f"{_TYPE}.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",
        "stat_prefix": ROUTES,
        "codec_type": "AUTO",
        "rds": {"route_config_name": ROUTES, "config_source": _file(folder, "routes")},
        "http_filters": [
            {"name": "envoy.filters.http.grpc_stats", "typed_config": _GRPC_STATS},
            {
                "name": "envoy.filters.http.router",
                "typed_config": {"@type": f"{_TYPE}.extensions.filters.http.router.v3.Router"},
            },
        ],
        "access_log": [_failures_log()],
        "stream_idle_timeout": "60s",
        "generate_request_id": False,
    }
    chain = {"filters": [{"name": "envoy.filters.network.http_connection_manager", "typed_config": manager}]}
    return {"name": ROUTES, "address": _address(port), "filter_chains": [chain]}


_CONNECTIONS = {
    "name": "envoy.resource_monitors.global_downstream_max_connections",
    "typed_config": {
        "@type": f"{_TYPE}.extensions.resource_monitors.downstream_connections.v3.DownstreamConnectionsConfig",
        "max_active_downstream_connections": 10000,
    },
}
_GRPC_STATS = {
    "@type": f"{_TYPE}.extensions.filters.http.grpc_stats.v3.FilterConfig",
    "stats_for_all_methods": False,
}


def _failures_log() -> Json:
    """Return an access log of the answers that failed, without a payment's data: only Envoy knows why they did."""
    line = "%START_TIME% %RESPONSE_CODE% %RESPONSE_FLAGS% %UPSTREAM_CLUSTER% %UPSTREAM_HOST% %DURATION%ms "
    return {
        "name": "envoy.access_loggers.stdout",
        "filter": {
            "status_code_filter": {
                "comparison": {"op": "GE", "value": {"default_value": 500, "runtime_key": "log.from_status"}}
            }
        },
        "typed_config": {
            "@type": f"{_TYPE}.extensions.access_loggers.stream.v3.StdoutAccessLog",
            "log_format": {"text_format_source": {"inline_string": line + "%UPSTREAM_TRANSPORT_FAILURE_REASON%\n"}},
        },
    }


def _file(folder: Path, name: str) -> Json:
    source = {"path": str(folder / f"{name}.json"), "watched_directory": {"path": str(folder)}}
    return {"resource_api_version": "V3", "path_config_source": source}


def _address(port: int) -> Json:
    return {"socket_address": {"address": "127.0.0.1", "port_value": port}}
