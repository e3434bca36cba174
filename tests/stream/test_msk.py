"""Tokens for Amazon MSK: signed as AWS's own SDK signs, with credentials from where a pod has them."""

import base64
import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any
from unittest import mock
from urllib.parse import parse_qs, urlsplit

import pytest
from botocore.auth import SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials as SdkCredentials
from hypothesis import given
from hypothesis import strategies as st

from pixguard.stream import msk
from pixguard.stream.kafka import IAM, Security, SourceError, java_security, librdkafka_security
from pixguard.stream.msk import Credentials, CredentialsError, credentials_of, signed_url, token

NOW = datetime(2026, 3, 2, 12, 30, 45, tzinfo=UTC)
KEY = st.text("ABCXYZ0189/+=", min_size=1, max_size=40)


def of_the_sdk(region: str, who: Credentials, now: datetime) -> str:
    request = AWSRequest("GET", f"https://kafka.{region}.amazonaws.com/", params={"Action": "kafka-cluster:Connect"})
    with mock.patch("botocore.auth.get_current_datetime", return_value=now.replace(tzinfo=None)):
        theirs = SdkCredentials(who.access_key, who.secret_key, who.session_token or None)
        SigV4QueryAuth(theirs, "kafka-cluster", region, expires=900).add_auth(request)
    return str(request.url)


@given(KEY, KEY, st.one_of(st.just(""), KEY), st.sampled_from(["sa-east-1", "us-east-1"]),
       st.datetimes(datetime(2020, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC)))  # fmt: skip
def test_an_address_is_signed_as_the_sdk_signs_it(
    key: str, secret: str, session: str, region: str, now: datetime
) -> None:
    who = Credentials(key, secret, session)
    ours, theirs = urlsplit(signed_url(region, who, now)), urlsplit(of_the_sdk(region, who, now))
    assert (ours.netloc, ours.path) == (theirs.netloc, theirs.path)
    assert parse_qs(ours.query) == parse_qs(theirs.query)


def test_a_token_is_the_address_in_base64_and_holds_for_a_quarter_of_an_hour() -> None:
    text, until = token("sa-east-1", Credentials("AKIA", "secret"), NOW)
    url = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode()
    assert url.startswith("https://kafka.sa-east-1.amazonaws.com/?Action=kafka-cluster%3AConnect&")
    assert url.endswith("&User-Agent=pixguard")
    assert until - NOW.timestamp() == 900


@pytest.fixture
def agent() -> Iterator[tuple[str, list[str]]]:
    """The agent of pod identity, as far as it is asked: an address, and the proofs that it was shown."""
    shown: list[str] = []

    class Agent(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            shown.append(self.headers["Authorization"])
            self.send_response(200 if shown[-1] == "proof" else 401)
            self.end_headers()
            self.wfile.write(json.dumps({"AccessKeyId": "A", "SecretAccessKey": "S", "Token": "T"}).encode())

        def log_message(self, format: str, *args: Any) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Agent) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/v1/credentials", shown
        server.shutdown()
        thread.join()


def pod(address: str, file: Path) -> dict[str, str]:
    return {"AWS_CONTAINER_CREDENTIALS_FULL_URI": address, "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": str(file)}


def test_a_pod_shows_its_proof_to_the_agent(agent: tuple[str, list[str]], tmp_path: Path) -> None:
    (tmp_path / "token").write_text("proof\n")
    assert credentials_of(pod(agent[0], tmp_path / "token")) == Credentials("A", "S", "T")
    assert agent[1] == ["proof"]


def test_the_environment_comes_first() -> None:
    given_by_hand = {"AWS_ACCESS_KEY_ID": "A", "AWS_SECRET_ACCESS_KEY": "S"}
    assert credentials_of(given_by_hand | pod("http://169.254.170.23/v1", Path("/none"))) == Credentials("A", "S")


@pytest.mark.parametrize("address", ["", "http://example.com/v1", "https://169.254.170.23/v1", "file:///etc/passwd"])
def test_nobody_else_is_asked_for_credentials(address: str, tmp_path: Path) -> None:
    with pytest.raises(CredentialsError, match="pod identity"):
        credentials_of(pod(address, tmp_path))


def test_an_agent_that_refuses_is_an_error_without_the_proof(agent: tuple[str, list[str]], tmp_path: Path) -> None:
    (tmp_path / "token").write_text("stolen")
    with pytest.raises(CredentialsError, match="gave no credentials") as caught:
        credentials_of(pod(agent[0], tmp_path / "token"))
    assert "stolen" not in str(caught.value)


def test_both_clients_are_told_to_use_the_role(monkeypatch: pytest.MonkeyPatch) -> None:
    security = Security(protocol="SASL_SSL", mechanism=IAM)
    assert java_security(security)["sasl.mechanism"] == "AWS_MSK_IAM"
    assert java_security(security)["sasl.client.callback.handler.class"].endswith("IAMClientCallbackHandler")
    monkeypatch.setenv("AWS_REGION", "sa-east-1")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIA")
    settings = librdkafka_security(security)
    assert settings["sasl.mechanisms"] == "OAUTHBEARER"
    assert settings["oauth_cb"]("")[0].isascii()


def test_a_role_without_tls_or_region_is_refused() -> None:
    with pytest.raises(SourceError, match="SASL_SSL"):
        Security(protocol="SASL_PLAINTEXT", mechanism=IAM)
    with pytest.raises(CredentialsError, match="AWS_REGION"):
        msk.oauth_callback({})
