"""The S3 store of versions: SeaweedFS on the loopback with credentials of its own, and its bucket."""

from __future__ import annotations

import contextlib
import http.client
import secrets
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlparse

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from pixguard.laptop.plane import folder as files
from pixguard.laptop.plane import process, render
from pixguard.laptop.plane.errors import StoreError
from pixguard.laptop.plane.folder import Folder
from pixguard.laptop.plane.process import Process

NAME = "s3"
REGION = "us-east-1"
_PORTS = (
    "master",
    "master.grpc",
    "volume",
    "volume.grpc",
    "filer",
    "filer.grpc",
    "s3",
    "s3.grpc",
    "admin",
    "admin.grpc",
)


def start(folder: Folder, before: Process | None) -> Process:
    """Start the store, on the ports and with the credentials that it had before, if it had any."""
    facts = dict(before.facts) if before else _facts(folder)
    identity = {
        "name": "plane",
        "credentials": [{"accessKey": facts["access_key"], "secretKey": facts["secret_key"]}],
        "actions": ["Admin", "Read", "Write", "List", "Tagging"],
    }
    files.write(folder.s3 / "identities.json", {"identities": [identity]}, durable=True)
    data = folder.s3 / "data"
    data.mkdir(exist_ok=True)
    command = [
        render.tool("weed"),
        "-logtostderr",
        "mini",
        "-ip=127.0.0.1",
        "-ip.bind=127.0.0.1",
        f"-dir={data}",
        f"-s3.config={folder.s3 / 'identities.json'}",
        "-master.telemetry=false",  # it would report to its makers
        "-webdav=false",
        "-s3.port.iceberg=0",
        "-s3.port.lance=0",
        *(f"-{_option(name)}={port}" for name, port in facts["ports"].items()),
    ]
    # Its worker is never done looking for the admin's door, so that stays open, to whoever knows the secret.
    admin = {"WEED_ADMIN_USER": "plane", "WEED_ADMIN_PASSWORD": facts["secret_key"]}
    return process.start(folder, NAME, command, admin, **facts)


def ready(store: Process, timeout_s: float = 1.0) -> bool:
    """Return whether the store answers."""
    connection = http.client.HTTPConnection("127.0.0.1", store.facts["ports"]["s3"], timeout=timeout_s)
    with contextlib.closing(connection):
        try:
            connection.request("GET", "/healthz")
            return connection.getresponse().status < 500
        except (OSError, http.client.HTTPException):
            return False


def access(store: Process) -> dict[str, str]:
    """Return how the store is reached, as plane.json has it."""
    return {
        "endpoint": f"http://127.0.0.1:{store.facts['ports']['s3']}",
        "access_key": store.facts["access_key"],
        "secret_key": store.facts["secret_key"],
        "region": REGION,
    }


def make_bucket(uri: str, s3: Mapping[str, str]) -> None:
    """Make the bucket of an address, where it is not there yet."""
    client = boto3.client(
        "s3",
        endpoint_url=s3["endpoint"],
        aws_access_key_id=s3["access_key"],
        aws_secret_access_key=s3["secret_key"],
        region_name=s3["region"],
    )
    try:
        with contextlib.suppress(client.exceptions.BucketAlreadyOwnedByYou, client.exceptions.BucketAlreadyExists):
            client.create_bucket(Bucket=urlparse(uri).netloc)
    except (ClientError, BotoCoreError) as error:
        raise StoreError(f"{uri}: {error}; see `pixguard logs s3`") from error


def _facts(folder: Folder) -> dict[str, Any]:
    """Return ports and credentials: the latter as they were first made, since versions lie behind them."""
    made = files.read(folder.s3 / "identities.json").get("identities")
    if made:
        keys = made[0]["credentials"][0]
    else:
        keys = {"accessKey": secrets.token_hex(10).upper(), "secretKey": secrets.token_urlsafe(30)}
    ports = dict(zip(_PORTS, process.free_ports(len(_PORTS)), strict=True))
    return {"ports": ports, "access_key": keys["accessKey"], "secret_key": keys["secretKey"]}


def _option(name: str) -> str:
    part, _, kind = name.partition(".")
    return f"{part}.port.{kind}" if kind else f"{part}.port"
