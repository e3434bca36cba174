"""Tokens by which librdkafka proves a pod's role to Amazon MSK: an address that asks to connect, signed, short-lived.

The signature is AWS's version 4 (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html);
the credentials are looked for as AWS's SDKs do in a container: in the environment, then at the agent of pod identity.

CredentialsError (a PixguardError)
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import reduce
from pathlib import Path
from urllib.error import HTTPError
from urllib.parse import quote, urlencode, urlsplit
from urllib.request import Request, urlopen

from pixguard.errors import PixguardError

LIFETIME = timedelta(minutes=15)
TIMEOUT_S = 5
_SERVICE, _ALGORITHM = "kafka-cluster", "AWS4-HMAC-SHA256"
_NOTHING = hashlib.sha256(b"").hexdigest()
_AGENTS = {"169.254.170.2", "169.254.170.23", "fd00:ec2::23", "localhost", "127.0.0.1", "::1"}
_WAY_OUT = "run with pod identity, or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"


class CredentialsError(PixguardError):
    """No credentials of AWS where they are looked for; never says one."""


@dataclass(frozen=True)
class Credentials:
    """Who signs."""

    access_key: str
    secret_key: str = field(repr=False)
    session_token: str = field(default="", repr=False)


def oauth_callback(environment: Mapping[str, str]) -> Callable[[str], tuple[str, float]]:
    """Return what librdkafka calls for a token and the time until which it holds; CredentialsError without a region."""
    region = environment.get("AWS_REGION") or environment.get("AWS_DEFAULT_REGION")
    if not region:
        raise CredentialsError("AWS_REGION is not set: it says which region's Kafka a token is for")
    return lambda _config: token(region, credentials_of(environment), datetime.now(UTC))


def token(region: str, credentials: Credentials, now: datetime) -> tuple[str, float]:
    """Return a token for the brokers of a region, and the time (seconds since 1970) until which it holds."""
    url = f"{signed_url(region, credentials, now)}&User-Agent=pixguard"
    text = base64.urlsafe_b64encode(url.encode()).decode().rstrip("=")
    return text, (now + LIFETIME).timestamp()


def signed_url(region: str, credentials: Credentials, now: datetime) -> str:
    """Return the address, signed."""
    time, host = f"{now:%Y%m%dT%H%M%SZ}", f"kafka.{region}.amazonaws.com"
    scope = f"{time[:8]}/{region}/{_SERVICE}/aws4_request"
    asked = {
        "Action": f"{_SERVICE}:Connect",
        "X-Amz-Algorithm": _ALGORITHM,
        "X-Amz-Credential": f"{credentials.access_key}/{scope}",
        "X-Amz-Date": time,
        "X-Amz-Expires": str(int(LIFETIME.total_seconds())),
        "X-Amz-Security-Token": credentials.session_token,
        "X-Amz-SignedHeaders": "host",
    }
    query = urlencode({name: value for name, value in asked.items() if value}, quote_via=quote, safe="-_.~")
    request = f"GET\n/\n{query}\nhost:{host}\n\nhost\n{_NOTHING}"
    text = f"{_ALGORITHM}\n{time}\n{scope}\n{hashlib.sha256(request.encode()).hexdigest()}"
    key = reduce(_mac, scope.split("/"), f"AWS4{credentials.secret_key}".encode())
    return f"https://{host}/?{query}&X-Amz-Signature={_mac(key, text).hex()}"


def credentials_of(environment: Mapping[str, str]) -> Credentials:
    """Return the credentials of this process; CredentialsError where there are none."""
    if environment.get("AWS_ACCESS_KEY_ID"):
        names = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")
        return Credentials(*(environment.get(name, "") for name in names))
    address = environment.get("AWS_CONTAINER_CREDENTIALS_FULL_URI", "")
    parts = urlsplit(address)
    if parts.scheme != "http" or parts.hostname not in _AGENTS:
        raise CredentialsError(f"no credentials of AWS here: {_WAY_OUT}")
    try:
        proof = Path(environment.get("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", "")).read_text("utf-8").strip()
        with urlopen(Request(address, headers={"Authorization": proof}), timeout=TIMEOUT_S) as answer:  # noqa: S310
            found = json.load(answer)
        return Credentials(found["AccessKeyId"], found["SecretAccessKey"], found["Token"])
    except (OSError, ValueError, KeyError) as error:
        if isinstance(error, HTTPError):
            error.close()
        raise CredentialsError(f"{parts.hostname} gave no credentials ({type(error).__name__}): {_WAY_OUT}") from error


def _mac(key: bytes, text: str) -> bytes:
    return hmac.digest(key, text.encode(), "sha256")
