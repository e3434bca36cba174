"""The images' one file, and the entry point that Spark on Kubernetes calls."""

import os
import re
import subprocess
import xml.etree.ElementTree as ET
from importlib.metadata import files, version
from pathlib import Path

import pytest

from .rendering import ROOT

DOCKERFILE = (ROOT / "components" / "Dockerfile").read_text()
ENTRYPOINT = ROOT / "components" / "spark" / "entrypoint.sh"


def stages() -> dict[str, list[str]]:
    """The instructions of each stage, by its name."""
    found: dict[str, list[str]] = {}
    name = ""
    for line in DOCKERFILE.replace("\\\n", " ").splitlines():
        if match := re.fullmatch(r"FROM (\S+) AS (\S+)", line):
            name = match[2]
            found[name] = [f"FROM {match[1]}"]
        elif line and not line.startswith("#") and name:
            found[name].append(line)
    return found


def test_every_base_is_named_by_digest() -> None:
    bases = re.findall(r"^ARG (\w+_IMAGE)=(\S+)$", DOCKERFILE, re.M)
    assert bases
    assert all(re.search(r"@sha256:[0-9a-f]{64}$", image) for _, image in bases)
    named = {f"${{{name}}}" for name, _ in bases}
    for name, lines in stages().items():
        base = lines[0].removeprefix("FROM ")
        assert base in named or base in stages(), name


@pytest.mark.parametrize("target", ["spark", "train", "serve"])
def test_an_image_runs_as_a_user_without_rights(target: str) -> None:
    lines = stages()[target]
    assert [line for line in lines if line.startswith("USER")] == ["USER 10001:10001"]
    assert "HOME=/tmp" in " ".join(stages()["base"])
    assert "pip uninstall" in " ".join(stages()["base"])


def test_the_jars_are_of_sparks_own_versions() -> None:
    namespace = "{http://maven.apache.org/POM/4.0.0}"
    asked = ET.parse(ROOT / "components" / "spark" / "pom.xml").getroot().iter(f"{namespace}dependency")
    wanted = {d.findtext(f"{namespace}artifactId"): d.findtext(f"{namespace}version") for d in asked}
    jars = " ".join(path.name for path in files("pyspark") or ())
    (hadoop,) = re.findall(r"hadoop-client-api-([\d.]+)\.jar", jars)
    assert wanted.pop("aws-msk-iam-auth"), "the one of Kafka's own; it takes AWS's SDK from hadoop-aws"
    assert wanted == {"spark-sql-kafka-0-10_2.13": version("pyspark"), "hadoop-aws": hadoop}
    assert "scala-library-2.13" in jars


def entry(tmp_path: Path, *arguments: str, **environment: str) -> list[str]:
    """Run the entry point with a tini that prints the command it is given."""
    (tmp_path / "tini").write_text('#!/bin/sh\nshift 2\nprintf "%s\\n" "$@"\n')
    (tmp_path / "tini").chmod(0o755)
    given = {"PATH": f"{tmp_path}:{os.environ['PATH']}", "SPARK_HOME": "/spark", "JAVA_HOME": "/java", **environment}
    done = subprocess.run([ENTRYPOINT, *arguments], env=given, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def test_a_driver_is_spark_submit_in_client_mode(tmp_path: Path) -> None:
    said = entry(tmp_path, "driver", "--properties-file", "/conf", "app.py", SPARK_DRIVER_BIND_ADDRESS="10.0.0.1")
    assert said[0] == "/spark/bin/spark-submit"
    assert "spark.driver.bindAddress=10.0.0.1" in said
    assert said[-5:] == ["--deploy-mode", "client", "--properties-file", "/conf", "app.py"]


def test_an_executor_keeps_its_java_options_in_order_and_whole(tmp_path: Path) -> None:
    options = {f"SPARK_JAVA_OPT_{n}": f"-Dnumber{n}=with a blank" for n in range(12)}
    names = ("EXECUTOR_MEMORY", "DRIVER_URL", "EXECUTOR_ID", "EXECUTOR_CORES", "APPLICATION_ID", "EXECUTOR_POD_IP",
             "RESOURCE_PROFILE_ID", "EXECUTOR_POD_NAME")  # fmt: skip
    said = entry(tmp_path, "executor", **options, **{f"SPARK_{name}": name.lower() for name in names})
    assert said[0] == "/java/bin/java"
    assert said[1:13] == [f"-Dnumber{n}=with a blank" for n in range(12)]
    assert "-Xmxexecutor_memory" in said
    assert said[said.index("--podName") + 1] == "executor_pod_name"


def test_an_executor_that_was_told_too_little_fails_and_says_what(tmp_path: Path) -> None:
    given = {"PATH": os.environ["PATH"], "SPARK_HOME": "/s", "JAVA_HOME": "/j"}
    done = subprocess.run([ENTRYPOINT, "executor"], env=given, capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert "SPARK_EXECUTOR_MEMORY" in done.stderr


def test_any_other_word_is_the_command_itself(tmp_path: Path) -> None:
    assert entry(tmp_path, "feast", "version") == ["feast", "version"]
