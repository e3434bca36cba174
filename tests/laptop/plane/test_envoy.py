"""Envoy itself says whether a configuration is one."""

import json
import subprocess
from pathlib import Path

from pixguard.laptop.plane import envoy, render


def test_envoy_takes_the_configuration(tmp_path: Path) -> None:
    (tmp_path / "endpoints").mkdir()
    written = {
        "bootstrap": envoy.bootstrap(envoy.Addresses(18080, 18081), tmp_path),
        "clusters": envoy.clusters(["v1"], tmp_path, "1"),
        "routes": envoy.routes({"v1": 100}, 2, "1"),
        "endpoints/v1": envoy.endpoints("v1", [18082], "1"),
        "endpoints/v1_grpc": envoy.endpoints("v1_grpc", [18083], "1"),
    }
    for name, content in written.items():
        (tmp_path / f"{name}.json").write_text(json.dumps(content))
    command = [render.tool("envoy"), "--mode", "validate", "-c", str(tmp_path / "bootstrap.json")]
    done = subprocess.run([*command, "-l", "warning"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "warning" not in done.stderr, done.stderr


def test_grpc_goes_to_the_same_versions_by_the_same_weights() -> None:
    (resource,) = envoy.routes({"v1": 95, "v2": 5}, 2, "1")["resources"]
    grpc, plain = resource["virtual_hosts"][0]["routes"]
    shares = [each["route"]["weighted_clusters"]["clusters"] for each in (plain, grpc)]
    assert [(each["name"], each["weight"]) for each in shares[0]] == [("v1", 95), ("v2", 5)]
    assert [(each["name"], each["weight"]) for each in shares[1]] == [("v1_grpc", 95), ("v2_grpc", 5)]
    assert "grpc" in grpc["match"]
    assert plain["route"]["timeout"] == "2s"


def test_what_may_have_been_read_is_not_sent_twice() -> None:
    (resource,) = envoy.routes({"v1": 100}, 2, "1")["resources"]
    for route in resource["virtual_hosts"][0]["routes"]:
        retried = set(route["route"]["retry_policy"]["retry_on"].split(","))
        assert retried == {"connect-failure", "refused-stream", "reset-before-request"}


def test_nobody_ready_is_an_answer() -> None:
    (resource,) = envoy.routes({}, 2, "1")["resources"]
    (only,) = resource["virtual_hosts"][0]["routes"]
    assert only["direct_response"]["status"] == 503
