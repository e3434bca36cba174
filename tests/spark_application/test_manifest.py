from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pixguard.spark_application import Request, SparkApplicationError, application
from pixguard.spark_application.manifest import DIGEST, digest

REQUEST = Request("build_features", ("--lake", "/lake"), "run-1", "pixguard-pipelines")


def test_the_job_and_its_arguments_are_what_runs() -> None:
    made = application(REQUEST)
    assert made["spec"]["mainApplicationFile"].endswith("/pixguard/jobs/build_features.py")
    assert made["spec"]["arguments"] == ["--lake", "/lake"]
    assert made["metadata"]["namespace"] == "pixguard-pipelines"
    assert made["metadata"]["annotations"][DIGEST] == digest(made["spec"])


def test_an_image_and_a_limit_of_executors_may_be_asked_for() -> None:
    spec = application(replace(REQUEST, image="here/spark:1", max_executors=1))["spec"]
    assert spec["image"] == "here/spark:1"
    assert application(replace(REQUEST, events="s3a://b/e"))["spec"]["sparkConf"]["spark.eventLog.dir"] == "s3a://b/e"
    assert spec["dynamicAllocation"]["maxExecutors"] == spec["dynamicAllocation"]["initialExecutors"] == 1


def test_it_does_not_outlive_the_pod_that_asked() -> None:
    assert "ownerReferences" not in application(REQUEST)["metadata"]
    (owner,) = application(replace(REQUEST, owner=("step-pod", "uid-1")))["metadata"]["ownerReferences"]
    assert (owner["kind"], owner["name"], owner["uid"]) == ("Pod", "step-pod", "uid-1")


def test_the_name_is_the_works_own() -> None:
    assert REQUEST.name == replace(REQUEST, owner=("other-pod", "2"), image="x").name
    others = {replace(REQUEST, run="run-2").name, replace(REQUEST, arguments=()).name, replace(REQUEST, job="b").name}
    assert len({REQUEST.name, *others}) == 4


@given(job=st.from_regex(r"[a-z][a-z0-9_]{0,80}", fullmatch=True), run=st.text(max_size=40))
def test_every_name_is_a_label_that_leaves_room_for_the_operators_suffixes(job: str, run: str) -> None:
    name = replace(REQUEST, job=job, run=run).name
    assert len(name) <= 50
    assert all(c.isascii() and (c.isalnum() or c == "-") for c in name)
    assert name[0].isalpha()
    assert name[-1] != "-"


@pytest.mark.parametrize("job", ["", "../evil", "Build", "a-b", "a b"])
def test_a_job_is_a_module_of_ours(job: str) -> None:
    with pytest.raises(SparkApplicationError, match=r"pixguard\.jobs"):
        application(replace(REQUEST, job=job))


def test_two_applications_share_nothing() -> None:
    application(REQUEST)["spec"]["sparkConf"].clear()
    assert application(REQUEST)["spec"]["sparkConf"]
