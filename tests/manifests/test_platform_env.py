"""What Terraform tells an environment reaches what runs there: every key, in every place where it belongs."""

import fnmatch
import re
import shutil
from pathlib import Path

import pytest
import yaml
from delivery import images, overlay_images

from . import invariants
from .rendering import OVERLAYS, ROOT, Object, kustomize, label, objects, one, rendered, walk

TERRAFORM = ROOT / "terraform"
ON_AWS = [overlay for overlay in OVERLAYS if overlay.name != "laptop"]
# What stands in manifests/ for want of an environment, and must be nowhere in one.
DEFAULTS = (
    "s3a://pixguard-spark",
    "pixguard-mlflow/",
    "pixguard-kafka-bootstrap",
    "000000000000:",
    "ws-0/",
    "PLAINTEXT",
)


def read_env(overlay: Path) -> dict[str, str]:
    lines = (overlay / "environment" / "platform.env").read_text().splitlines()
    return dict(line.split("=", 1) for line in lines)


def told_by_terraform() -> set[str]:
    block = (TERRAFORM / "outputs.tf").read_text().partition("platform = {")[2].partition("}\n")[0]
    return set(re.findall(r"^    ([A-Z_]+) +=", block, re.M))


def variables(environment: str) -> dict[str, str]:
    text = (TERRAFORM / "envs" / f"{environment}.tfvars").read_text()
    return dict(re.findall(r'^(\w+) += "([^"]+)"$', text, re.M))


@pytest.mark.parametrize("overlay", OVERLAYS, ids=lambda folder: folder.name)
def test_a_file_holds_what_terraform_tells_in_its_order(overlay: Path) -> None:
    assert list(read_env(overlay)) == sorted(told_by_terraform())
    assert read_env(overlay)["ENVIRONMENT"] == overlay.name


def test_every_key_is_read() -> None:
    shared = yaml.safe_load((ROOT / "kustomize" / "environment" / "kustomization.yaml").read_text())
    read = {found["source"]["fieldPath"].removeprefix("data.") for found in shared["replacements"]
            if found["source"]["name"] == "platform"}  # fmt: skip
    assert read | {"MODELS_BUCKET"} == told_by_terraform()


@pytest.mark.parametrize("overlay", OVERLAYS, ids=lambda folder: folder.name)
def test_versions_lie_in_the_bucket_that_terraform_made(overlay: Path) -> None:
    address = one(objects(overlay), "InferenceService")["spec"]["predictor"]["model"]["storageUri"]
    assert address.split("/")[2] == read_env(overlay)["MODELS_BUCKET"]


@pytest.mark.parametrize("overlay", ON_AWS, ids=lambda folder: folder.name)
def test_names_are_those_that_terraform_gives(overlay: Path) -> None:
    told, account = read_env(overlay), variables(overlay.name)["account_id"]
    for use in ("ARTIFACTS", "LAKE", "MODELS"):
        assert told[f"{use}_BUCKET"] == f"pixguard-{overlay.name}-{use.lower()}-{account}"
    assert told["REGISTRY"] == f"{account}.dkr.ecr.{told['REGION']}.amazonaws.com/pixguard"


def test_images_are_pushed_to_repositories_that_exist_and_are_asked_for_a_signature() -> None:
    block = (TERRAFORM / "platform.tf").read_text()
    repositories = re.findall(r'"(pixguard-\w+)"', re.findall(r"repositories +=(.*)", block)[0])
    assert repositories == [f"pixguard-{target}" for target in sorted(images.TARGETS)]
    (rule,) = [o for o in objects(ROOT / "manifests" / "policies") if o["kind"] == "ImageValidatingPolicy"]
    globs = [reference["glob"] for reference in rule["spec"]["matchImageReferences"]]
    for overlay in OVERLAYS:
        for repository in repositories:
            pushed = f"{read_env(overlay)['REGISTRY']}/{repository}@sha256:{'0' * 64}"
            assert any(fnmatch.fnmatch(pushed, glob) for glob in globs), pushed


def leaves(found: list[Object]) -> str:
    return "\n".join(str(value) for each in found for _, value in walk(each) if isinstance(value, str))


@pytest.mark.parametrize("overlay", ON_AWS, ids=lambda folder: folder.name)
def test_every_value_arrives_and_no_default_is_left(overlay: Path) -> None:
    everywhere = [*objects(overlay), *objects(overlay / "workloads"), *objects(overlay / "platform")]
    text = leaves(everywhere)
    for key, value in read_env(overlay).items():
        assert value in text, key
    assert [default for default in DEFAULTS if default in text] == []
    assert not [o for o in everywhere if o["kind"] == "ConfigMap" and o["metadata"]["name"] == "platform"]


def test_each_program_gets_what_it_needs() -> None:
    prod = next(overlay for overlay in OVERLAYS if overlay.name == "prod")
    told, found = read_env(prod), objects(prod / "workloads")
    kafka = f"kafka://{told['KAFKA_BROKERS']}"
    security = {f"PIXGUARD_KAFKA_{key}": told[f"KAFKA_{key}"] for key in ("PROTOCOL", "MECHANISM")}

    def environment(container: Object) -> dict[str, str]:
        return {each["name"]: each["value"] for each in container["env"] if "value" in each}

    server = environment(one(objects(prod), "ClusterServingRuntime")["spec"]["containers"][0])
    assert server["PIXGUARD_DECISION_LOG"] == f"{kafka}/pixguard.decisions"
    assert security.items() <= server.items()
    keeper = one(found, "Deployment", "keep-decisions")["spec"]["template"]["spec"]["containers"][0]
    assert keeper["args"][0] == f"--source={kafka}/pixguard.decisions"
    assert environment(keeper) == security
    stream = one(found, "SparkApplication", "stream-features")["spec"]
    assert stream["arguments"][0].startswith(f"--source={kafka}/pixguard.payments")
    assert all(environment(stream[role]) == security for role in ("driver", "executor"))
    assert one(found, "ConfigMap", "pixguard-spark")["data"]["events"] == f"s3a://{told['LAKE_BUCKET']}/events"
    job = one(found, "CronJob", "advance-canary")["spec"]["jobTemplate"]["spec"]["template"]["spec"]["containers"][0]
    assert "--env=prod" in job["args"]
    applications = {o["metadata"]["name"]: o["spec"]["source"] for o in objects(prod / "platform")}
    assert applications["workloads"]["path"] == "kustomize/overlays/prod/workloads"
    receivers = applications["prometheus"]["helm"]["valuesObject"]["alertmanager"]["config"]["receivers"]
    assert [r["sns_configs"][0]["topic_arn"] for r in receivers] == [told["TOPIC_ALARMS"], told["TOPIC_ROLLBACK"]]


def test_where_a_managed_kafka_serves_none_runs_in_the_cluster() -> None:
    for overlay in ON_AWS:
        names = {o["metadata"]["name"] for o in objects(overlay / "platform")}
        assert not names & {"kafka", "strimzi"}
        assert {"workloads", "prometheus", "kserve"} <= names


def test_topics_are_the_same_by_strimzi_and_by_terraform() -> None:
    block = (TERRAFORM / "data.tf").read_text().partition("topics = {")[2]
    pattern = (
        r'^ +([a-z-]+) += \{ partitions = (\d+), configs = \{ "cleanup.policy" = "(\w+)", "retention.ms" = (-?\d+)'
    )
    declared = {
        f"pixguard.{name}": (int(count), policy, -1 if days == "-1" else int(days) * 86_400_000)
        for name, count, policy, days in re.findall(pattern, block, re.M)
    }
    made = {
        o["metadata"]["name"]: (o["spec"]["partitions"], o["spec"]["config"]["cleanup.policy"],
                                int(o["spec"]["config"]["retention.ms"]))
        for o in objects(ROOT / "manifests" / "kafka") if o["kind"] == "KafkaTopic"
    }  # fmt: skip
    assert declared == made


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    for folder in ("kustomize", "manifests"):
        shutil.copytree(ROOT / folder, tmp_path / folder)
    return tmp_path


def test_a_promotion_pins_all_that_runs_by_digest(checkout: Path) -> None:
    registry = "111111111111.dkr.ecr.sa-east-1.amazonaws.com/pixguard"
    pushed = [images.Image(t, f"{registry}/pixguard-{t}", f"sha256:{'a' * 64}") for t in ("serve", "spark", "train")]
    overlay = checkout / "kustomize" / "overlays" / "dev"
    assert overlay_images.write(overlay / "environment", pushed)
    found = [each for unit in (overlay, overlay / "workloads") for each in yaml.safe_load_all(kustomize(unit))]
    named = {(label(each), value) for each in found for path, value in walk(each)
             if path and path[-1] == "image" and isinstance(value, str) and "pixguard-" in value}  # fmt: skip
    assert ("ConfigMap pixguard-pipelines/pixguard-spark", pushed[1].reference) in named
    assert {value for _, value in named} == {image.reference for image in pushed}
    assert len({where for where, _ in named}) > 10


def test_a_target_that_lost_its_field_is_an_error_and_not_passed_over(checkout: Path) -> None:
    runtime = checkout / "manifests" / "serving" / "runtime.yaml"
    runtime.write_text(runtime.read_text().replace("PIXGUARD_DECISION_LOG", "PIXGUARD_LOG"))
    with pytest.raises(AssertionError, match="PIXGUARD_DECISION_LOG"):
        kustomize(checkout / "kustomize" / "overlays" / "prod")


def test_a_key_that_is_missing_is_an_error(checkout: Path) -> None:
    file = checkout / "kustomize" / "overlays" / "prod" / "environment" / "platform.env"
    file.write_text(file.read_text().replace("KAFKA_BROKERS", "BROKERS"))
    with pytest.raises(AssertionError, match="KAFKA_BROKERS"):
        kustomize(checkout / "kustomize" / "overlays" / "prod" / "workloads")


@pytest.mark.parametrize("overlay", ON_AWS, ids=lambda folder: folder.name)
def test_rendered_units_are_fixed_sized_and_confined(overlay: Path) -> None:
    for found in objects(overlay / "workloads"):
        for rule in (invariants.images, invariants.resources, invariants.confined, invariants.secrets):
            assert rule(found) == []
    assert kustomize(overlay / "workloads") == rendered(overlay / "workloads")
