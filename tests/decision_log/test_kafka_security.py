"""The log's producer proves itself as the stream does: TLS that is checked, certificates, the environment's word."""

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from pixguard.decision_log import DecisionLogError, open_decision_log
from pixguard.decision_log.kafka import KafkaSink
from pixguard.stream.kafka import Security, SourceError
from tests.decision_log.records import line


def certificate(folder: Path, name: str) -> tuple[Path, Path]:
    """A certificate of 127.0.0.1 that signs itself, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    who = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder().subject_name(who).issuer_name(who).public_key(key.public_key()).serial_number(7)
        .not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(IPv4Address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    paths = folder / f"{name}.pem", folder / f"{name}.key"
    paths[0].write_bytes(made.public_bytes(serialization.Encoding.PEM))
    paths[1].write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return paths


@contextmanager
def listener(own: tuple[Path, Path], client: Path | None = None) -> Iterator[tuple[str, list[bytes]]]:
    """Something that speaks TLS on a port: its address, and the first bytes of everybody who got through."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*own)
    if client:
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(client)
    heard: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.05)
        ended = threading.Event()

        def serve() -> None:
            while not ended.is_set():
                try:
                    plain, _ = server.accept()
                except TimeoutError:
                    continue
                plain.settimeout(2)
                try:
                    with context.wrap_socket(plain, server_side=True) as secure:
                        heard.append(secure.recv(4096))
                except OSError:  # a handshake that failed
                    plain.close()

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield f"127.0.0.1:{server.getsockname()[1]}", heard
        finally:
            ended.set()
            thread.join()


def talk(address: str, security: Security) -> None:
    """Try to send a line; nobody answers, so it is lost."""
    sink = KafkaSink(address, "decisions", client_id="replica-7", security=security)
    assert sink.write([line(1)]) == 1
    assert sink.close(1.0) == 1


def test_kafka_is_spoken_within_tls_to_a_broker_whose_authority_is_known(tmp_path: Path) -> None:
    own = certificate(tmp_path, "broker")
    with listener(own) as (address, heard):
        talk(address, Security(protocol="SSL", ca=str(own[0])))
    assert any(b"replica-7" in first for first in heard)


def test_a_broker_of_another_authority_hears_nothing(tmp_path: Path) -> None:
    own, other = certificate(tmp_path, "broker"), certificate(tmp_path, "other")
    with listener(own) as (address, heard):
        talk(address, Security(protocol="SSL", ca=str(other[0])))
    assert not any(heard)


def test_a_broker_that_asks_for_a_certificate_gets_it(tmp_path: Path) -> None:
    own, mine = certificate(tmp_path, "broker"), certificate(tmp_path, "replica")
    with listener(own, client=mine[0]) as (address, heard):
        talk(address, Security(protocol="SSL", ca=str(own[0]), certificate=str(mine[0]), key=str(mine[1])))
    assert any(b"replica-7" in first for first in heard)


def test_what_the_environment_says_is_used_and_checked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIXGUARD_KAFKA_PROTOCOL", "SASL_SSL")
    with pytest.raises(SourceError, match="PIXGUARD_KAFKA_USER"):
        open_decision_log("kafka://127.0.0.1:1/decisions", "r1")
    monkeypatch.setenv("PIXGUARD_KAFKA_PROTOCOL", "SSL")
    monkeypatch.setenv("PIXGUARD_KAFKA_CA", str(tmp_path / "none.pem"))
    with pytest.raises(DecisionLogError, match=r"ssl\.ca\.location"):
        open_decision_log("kafka://127.0.0.1:1/decisions", "r1")
