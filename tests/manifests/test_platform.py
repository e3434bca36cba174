"""The platform: pinned, in an order that a bare cluster needs, and with no more rights than said."""

import re
from typing import Any

import pytest

from .rendering import OVERLAYS, ROOT, Object, everything, objects, one

PLATFORM = ROOT / "manifests" / "platform"
APPLICATIONS = {o["metadata"]["name"]: o for o in objects(PLATFORM / "applications")}
HELD = objects(PLATFORM / "namespaces")
NAMESPACES = {o["metadata"]["name"]: o["metadata"]["labels"] for o in HELD if o["kind"] == "Namespace"}
OURS = {name for name, labels in NAMESPACES.items() if labels.get("pixguard.io/namespace") == "ours"}
SETTINGS = objects(ROOT / "manifests" / "argocd")
PROJECTS = {o["metadata"]["name"]: o["spec"] for o in SETTINGS if o["kind"] == "AppProject"}


def wave(name: str) -> int:
    return int(APPLICATIONS[name]["metadata"]["annotations"]["argocd.argoproj.io/sync-wave"])


def test_every_part_of_others_is_pinned_to_one_version() -> None:
    for name, application in APPLICATIONS.items():
        source = application["spec"]["source"]
        if source["repoURL"].endswith("/pixguard/pixguard.git"):
            assert (ROOT / source["path"] / "kustomization.yaml").is_file(), name
        else:
            assert re.fullmatch(r"v?\d+\.\d+\.\d+", source["targetRevision"]), name


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("namespaces", "cert-manager"), ("cert-manager", "trust"), ("external-secrets", "trust"),
        ("envoy-gateway", "gateway"), ("trust", "gateway"), ("kserve-crd", "kserve"), ("cert-manager", "kserve"),
        ("envoy-gateway", "kserve"), ("kubeflow-pipelines-crd", "kubeflow-pipelines"), ("kyverno", "policies"),
        ("strimzi", "kafka"), ("feast-operator", "workloads"), ("spark-operator", "workloads"),
        ("prometheus", "spark-operator"), ("prometheus", "workloads"), ("kubeflow-pipelines", "workloads"),
        ("trust", "kafka"), ("kafka", "workloads"), ("external-secrets", "workloads"),
    ],
)  # fmt: skip
def test_what_is_needed_comes_before(before: str, after: str) -> None:
    assert wave(before) < wave(after)


def test_waves_wait_for_the_health_of_applications() -> None:
    settings = one(SETTINGS, "ConfigMap", "argocd-cm")["data"]
    assert "resource.customizations.health.argoproj.io_Application" in settings


def test_the_project_knows_every_source_and_no_other() -> None:
    used = {application["spec"]["source"]["repoURL"] for application in APPLICATIONS.values()}
    assert used == set(PROJECTS["pixguard-platform"]["sourceRepos"])


def test_serving_may_create_what_an_overlay_holds_and_nothing_else() -> None:
    def kinds(allowed: list[Object]) -> set[tuple[str, str]]:
        return {(entry["group"], entry["kind"]) for entry in allowed}

    project = PROJECTS["pixguard"]
    allowed = kinds(project["clusterResourceWhitelist"]) | kinds(project["namespaceResourceWhitelist"])
    held = {(o["apiVersion"].rpartition("/")[0], o["kind"]) for overlay in OVERLAYS for o in objects(overlay)}
    assert allowed == held


def test_prod_has_windows_for_the_platform_and_none_that_could_hold_a_rollback_up() -> None:
    windows = PROJECTS["pixguard-platform"]["syncWindows"]
    assert {window["kind"] for window in windows} == {"allow", "deny"}
    assert all(window["clusters"] == ["pixguard-prod"] and window["manualSync"] for window in windows)
    assert "syncWindows" not in PROJECTS["pixguard"]


def test_applications_compare_and_apply_on_the_server() -> None:
    found = [*APPLICATIONS.values(), *(o["spec"]["template"] for o in SETTINGS
                                       if o["kind"] == "ApplicationSet")]  # fmt: skip
    assert len(found) > 20
    for application in found:
        assert "ServerSideDiff=true" in application["metadata"]["annotations"]["argocd.argoproj.io/compare-options"]
        assert "ServerSideApply=true" in application["spec"]["syncPolicy"]["syncOptions"]


def test_kserve_routes_by_the_gateway_that_exists() -> None:
    values = APPLICATIONS["kserve"]["spec"]["source"]["helm"]["valuesObject"]["kserve"]["controller"]
    gateway = one(objects(PLATFORM / "gateway"), "Gateway")["metadata"]
    assert values["deploymentMode"] == "Standard"
    assert values["gateway"]["ingressGateway"]["enableGatewayApi"] is True
    assert values["gateway"]["ingressGateway"]["kserveGateway"] == f"{gateway['namespace']}/{gateway['name']}"
    assert APPLICATIONS["kserve"]["spec"]["source"]["targetRevision"] >= "v0.21.0"


def test_our_namespaces_are_restricted_and_speak_to_nobody_by_default() -> None:
    assert {"pixguard", "pixguard-pipelines", "pixguard-streaming", "pixguard-monitoring"} <= OURS
    for name in OURS:
        assert NAMESPACES[name]["pod-security.kubernetes.io/enforce"] == "restricted"
        deny = [o for o in HELD if o["kind"] == "NetworkPolicy"
                and (o["metadata"]["namespace"], o["metadata"]["name"]) == (name, "deny")]  # fmt: skip
        assert [o["spec"] for o in deny] == [{"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}]


def test_namespaces_with_pods_have_a_quota_and_defaults() -> None:
    for kind in ("ResourceQuota", "LimitRange"):
        having = {o["metadata"]["namespace"] for o in everything() if o["kind"] == kind}
        assert having == OURS - {"pixguard-gateway"}


def test_every_application_goes_to_a_namespace_that_exists() -> None:
    for name, application in APPLICATIONS.items():
        assert application["spec"]["destination"]["namespace"] in NAMESPACES, name


def test_no_policy_opens_the_nodes_metadata() -> None:
    for found in (o for o in everything() if o["kind"] == "NetworkPolicy"):
        places = [to for rule in found["spec"].get("egress", []) for to in rule.get("to", [])]
        for block in (to["ipBlock"] for to in places if "ipBlock" in to):
            assert block["cidr"] != "0.0.0.0/0" or block["except"] == ["169.254.0.0/16"]


def granted() -> list[tuple[str, dict[str, Any]]]:
    return [(o["metadata"]["name"], rule) for o in everything() if o["kind"] in {"Role", "ClusterRole"}
            for rule in o["rules"]]  # fmt: skip


def test_no_role_of_ours_holds_everything_or_reads_secrets_or_opens_a_shell() -> None:
    for name, rule in granted():
        assert "*" not in {*rule["apiGroups"], *rule["resources"], *rule["verbs"]}, name
        assert not {"secrets", "pods/exec", "pods/attach", "pods/portforward"} & set(rule["resources"]), name
        assert not {"escalate", "bind", "impersonate"} & set(rule["verbs"]), name


def test_people_look_and_only_engineers_start_work() -> None:
    bound: dict[str, set[str]] = {}
    for found in (o for o in everything() if o["kind"] == "RoleBinding"):
        for subject in found["subjects"]:
            bound.setdefault(subject["name"], set()).add(found["roleRef"]["name"])
    assert bound["pixguard-reviewers"] == {"pixguard-look"}
    assert bound["pixguard-engineers"] == {"pixguard-look", "pixguard-experiment"}
    looks = [rule for name, rule in granted() if name == "pixguard-look"]
    assert {verb for rule in looks for verb in rule["verbs"]} == {"get", "list", "watch"}
    work = [rule for name, rule in granted() if name == "pixguard-experiment" and "get" not in rule["verbs"]]
    assert {resource for rule in work for resource in rule["resources"]} == {"sparkapplications", "workflows"}


def test_clients_of_the_gateway_show_a_certificate() -> None:
    policy = one(objects(PLATFORM / "gateway"), "ClientTrafficPolicy")["spec"]
    assert policy["tls"]["clientValidation"]["caCertificateRefs"]


def test_topics_are_replicated_and_say_how_long_they_keep() -> None:
    topics = {o["metadata"]["name"]: o["spec"] for o in everything() if o["kind"] == "KafkaTopic"}
    assert set(topics) == {"pixguard.payments", "pixguard.labels", "pixguard.decisions", "pixguard.dead-letters"}
    for name, topic in topics.items():
        assert (topic["replicas"], topic["config"]["min.insync.replicas"]) == (3, 2), name
        assert "retention.ms" in topic["config"]
    used = " ".join(str(o["spec"]) for o in everything() if o["kind"] in {"SparkApplication", "ClusterServingRuntime"})
    assert set(re.findall(r"pixguard\.(?!io|pred|jobs)[a-z-]+", used)) <= set(topics)
