from pathlib import Path

import pytest

from pixguard.errors import UsageError
from pixguard.predictor.freshness import STALE_AFTER_S
from pixguard.predictor.options import parse

ENVIRONMENT = {
    "PIXGUARD_PUBLIC_KEY": "/k/signing.pem.pub",
    "PIXGUARD_ONLINE_STORE": "redis://127.0.0.1:6379",
    "PIXGUARD_DECISION_LOG": "file:///log",
}


def test_arguments_of_kserve_and_addresses_by_environment() -> None:
    found = parse(["--model_dir", "/mnt/models", "--http_port", "0", "--store_deadline_ms", "5"], ENVIRONMENT)
    assert (found.model_dir, found.model_name, found.http_port) == (Path("/mnt/models"), "pix-fraud", 0)
    assert found.public_key == Path("/k/signing.pem.pub")
    assert found.store_deadline_s == 0.005
    assert found.replica


def test_how_far_a_stream_may_be_behind_can_be_chosen() -> None:
    assert parse(["--model_dir", "m"], ENVIRONMENT).stale_after_s == STALE_AFTER_S
    assert parse(["--model_dir", "m", "--stale_after_s", "3"], ENVIRONMENT).stale_after_s == 3


def test_it_listens_on_loopback_unless_in_a_pod() -> None:
    assert parse(["--model_dir", "m"], ENVIRONMENT).host == "127.0.0.1"
    assert parse(["--model_dir", "m"], ENVIRONMENT | {"KUBERNETES_SERVICE_HOST": "10.0.0.1"}).host == "0.0.0.0"


@pytest.mark.parametrize("name", ENVIRONMENT)
def test_a_missing_address_is_named(name: str) -> None:
    with pytest.raises(UsageError, match=f"{name} is not set"):
        parse(["--model_dir", "m"], {key: value for key, value in ENVIRONMENT.items() if key != name})
