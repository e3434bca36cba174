"""Where a task runs on a cluster, and how often it is tried: size, the shared lake, retries."""

from typing import Any

from kfp import kubernetes

LAKE_CLAIM, LAKE_MOUNT = "pixguard-lake", "/lake"
RELEASE_SECRET = "pixguard-release"  # noqa: S105  (its name)
_RELEASE_VARIABLES = ("AWS_ENDPOINT_URL", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "PIXGUARD_GITHUB_TOKEN")
SPARK_SETTINGS = "pixguard-spark"
SPARK_VARIABLES = {"image": "PIXGUARD_SPARK_IMAGE", "events": "PIXGUARD_SPARK_EVENTS"}
SIGNING_SECRET, SIGNING_MOUNT = "pixguard-signing", "/keys"
PUBLIC_KEY_SECRET, PUBLIC_KEY_MOUNT = "pixguard-public-key", "/public-key"
KEYS_SECRET, KEYS_VARIABLE = "pixguard-keys", "PIXGUARD_KEYS"


def placed(task: Any, title: str, *, cpu: str, memory: str, retries: int = 0, cached: bool = True) -> Any:
    """Give `task` its name on the drawing, its size, the lake's volume, and `retries` after 10, 20, 40 … seconds.

    A step whose failure is an answer (a broken expectation, a refusal) is not tried again.
    """
    task.set_display_name(title).set_cpu_request(cpu).set_cpu_limit(cpu).set_memory_request(memory)
    task.set_memory_limit(memory).set_caching_options(cached)
    if retries:
        task.set_retry(num_retries=retries, backoff_duration="10s", backoff_factor=2)
    return kubernetes.mount_pvc(task, pvc_name=LAKE_CLAIM, mount_path=LAKE_MOUNT)


def with_spark(task: Any) -> Any:
    """Give `task`, which may run on the Spark operator, the environment's image of Spark and place of event logs."""
    return kubernetes.use_config_map_as_env(
        task, config_map_name=SPARK_SETTINGS, config_map_key_to_env=SPARK_VARIABLES, optional=True
    )


def with_keys(task: Any) -> Any:
    """Give `task` the key ring that makes tokens of personal data, from the cluster's secret."""
    return kubernetes.use_secret_as_env(
        task, secret_name=KEYS_SECRET, secret_key_to_env={"keyring.json": KEYS_VARIABLE}, optional=True
    )


def with_signing_key(task: Any) -> Any:
    """Give `task` the key that signs model versions, below /keys, from the cluster's secret."""
    return kubernetes.use_secret_as_volume(task, secret_name=SIGNING_SECRET, mount_path=SIGNING_MOUNT, optional=True)


def with_public_key(task: Any) -> Any:
    """Give `task` the key that versions are verified with, below /public-key: the private one is not beside it."""
    return kubernetes.use_secret_as_volume(
        task, secret_name=PUBLIC_KEY_SECRET, mount_path=PUBLIC_KEY_MOUNT, optional=True
    )


def with_release(task: Any) -> Any:
    """Give `task` what writes a release: the store's keys and the forge's token; where a key is absent, so it stays."""
    return kubernetes.use_secret_as_env(
        task, secret_name=RELEASE_SECRET, secret_key_to_env={name: name for name in _RELEASE_VARIABLES}, optional=True
    )
