"""What the manifests tell our programs is what our programs understand: arguments, variables, topics, ports."""

import re
from typing import Any

import pytest

from pixguard import cli
from pixguard.jobs import build_features, stream_features
from pixguard.predictor import options
from pixguard.stream.kafka import DEAD_LETTER_TOPIC, TOPICS, kafka_address

from .rendering import Object, everything, one


def test_the_model_server_understands_its_runtime() -> None:
    container = one(everything(), "ClusterServingRuntime")["spec"]["containers"][0]
    filled = [argument.replace("{{.Name}}", "pix-fraud") for argument in container["args"]]
    told = options.parse(filled, {each["name"]: each.get("value", "from a secret") for each in container["env"]})
    ports = {port["name"]: port["containerPort"] for port in container["ports"]}
    assert (told.http_port, told.grpc_port, told.model_name) == (ports["http"], ports["grpc"], "pix-fraud")
    assert str(told.public_key).startswith(tuple(mount["mountPath"] for mount in container["volumeMounts"]))
    pod = one(everything(), "InferenceService")["spec"]["predictor"]
    farewell = container["lifecycle"]["preStop"]["sleep"]["seconds"] + told.drain_s + told.grace_s
    assert farewell < pod["terminationGracePeriodSeconds"]


def test_the_stream_understands_its_application() -> None:
    stream = one(everything(), "SparkApplication", "stream-features")["spec"]
    told = stream_features.parse(stream["arguments"])
    assert kafka_address(told.source)[1] == TOPICS
    assert told.metrics_port == stream["driver"]["ports"][0]["containerPort"]
    assert "PIXGUARD_ONLINE_STORE" in {each["name"] for each in stream["driver"]["env"]}


def test_topics_are_those_that_programs_use() -> None:
    topics = {found["metadata"]["name"] for found in everything() if found["kind"] == "KafkaTopic"}
    log = next(each["value"] for each in one(everything(), "ClusterServingRuntime")["spec"]["containers"][0]["env"]
               if each["name"] == "PIXGUARD_DECISION_LOG")  # fmt: skip
    assert topics == {*TOPICS, DEAD_LETTER_TOPIC, *kafka_address(log)[1]}


def test_the_nightly_backfill_is_a_command_of_its_job(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: dict[str, Any] = {}

    def run(**arguments: Any) -> build_features.Built:
        asked.update(arguments)
        return build_features.Built({}, (), 0.0)

    monkeypatch.setattr(build_features, "run", run)
    nightly = one(everything(), "ScheduledSparkApplication")["spec"]["template"]
    assert build_features.main(nightly["arguments"]) == 0
    assert str(asked["lake"]) == nightly["driver"]["volumeMounts"][0]["mountPath"]


def test_the_recurring_run_is_a_command_with_parameters_of_its_pipeline(monkeypatch: pytest.MonkeyPatch) -> None:
    from pixguard.steps.runs import remote

    asked: dict[str, Any] = {}

    def submit(package: Any, parameters: Any, **options: Any) -> remote.SubmittedRun:
        asked.update(options, parameters=parameters)
        return remote.SubmittedRun("1", "page", "SUCCEEDED")

    monkeypatch.setattr(remote, "submit_pipeline", submit)
    container = submits()["containers"][0]
    program, *words = container["command"]
    assert program == "pixguard"
    assert cli.main([*words, *container["args"]]) == 0
    assert asked["service_account"] == "train-model"
    assert asked["parameters"]["signing_key"].startswith("/keys/")
    job = one(everything(), "CronJob", "train-model")["spec"]["jobTemplate"]["spec"]
    assert asked["wait_s"] < job["activeDeadlineSeconds"]


def submits() -> Object:
    spec: Object = one(everything(), "CronJob", "train-model")["spec"]["jobTemplate"]["spec"]["template"]["spec"]
    return spec


def test_applications_start_modules_that_exist() -> None:
    for found in everything():
        if found["kind"] in {"SparkApplication", "ScheduledSparkApplication"}:
            spec = found["spec"].get("template", found["spec"])
            assert re.fullmatch(r"local:///opt/pixguard/\S+/pixguard/jobs/\w+\.py", spec["mainApplicationFile"])
            module = spec["mainApplicationFile"].rpartition("/")[2].removesuffix(".py")
            __import__(f"pixguard.jobs.{module}")
