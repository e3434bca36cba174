"""How clients reach Kafka: address, topics, and what proves each side to the other; producers use it too, so no Spark.

What Kafka wants beyond its address comes from the environment (PIXGUARD_KAFKA_…), so that no secret stands on a command
line.

SourceError (a UsageError)
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pixguard.errors import UsageError
from pixguard.stream import msk

TOPIC_OF_KIND = {"payment": "pixguard.payments", "label": "pixguard.labels"}
TOPICS = tuple(TOPIC_OF_KIND.values())
DEAD_LETTER_TOPIC = "pixguard.dead-letters"
PYTHON_KAFKA = "pixguard_kafka"
"""The format that reads Kafka where Spark's own connector is not at hand (`stream/python_kafka.py`)."""
_PROTOCOLS = ("PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL")
IAM = "AWS_MSK_IAM"
"""The mechanism of Amazon MSK by which a pod's own role is its name: no user, no password."""
_MECHANISMS = {
    "PLAIN": "plain.PlainLoginModule",
    "SCRAM-SHA-256": "scram.ScramLoginModule",
    "SCRAM-SHA-512": "scram.ScramLoginModule",
    IAM: "",
}
_MSK = "software.amazon.msk.auth.iam"


class SourceError(UsageError):
    """An address or a setting of a source that has no meaning; the message says what may stand there."""


def kafka_address(address: str) -> tuple[str, tuple[str, ...]]:
    """Return brokers and topics of `kafka://host:port[,host:port][/topic,topic]`; SourceError for another address."""
    match = re.fullmatch(r"kafka://([^/\s]+)(?:/([\w.,-]+))?", address)
    if match is None:
        raise SourceError(f"{address!r}: give kafka://host:port[,host:port][/topic,topic] or file:///folder")
    return match[1], tuple((match[2] or ",".join(TOPICS)).split(","))


@dataclass(frozen=True)
class Security:
    """How a client proves itself to Kafka, and the broker to it; files are PEM."""

    protocol: str = "PLAINTEXT"
    ca: str = ""
    certificate: str = ""
    key: str = ""
    mechanism: str = "SCRAM-SHA-512"
    user: str = ""
    password: str = field(default="", repr=False)

    def __post_init__(self) -> None:
        if self.protocol not in _PROTOCOLS:
            raise SourceError(f"PIXGUARD_KAFKA_PROTOCOL is {self.protocol!r}: choose one of {', '.join(_PROTOCOLS)}")
        if self.is_sasl and self.mechanism not in _MECHANISMS:
            raise SourceError(f"PIXGUARD_KAFKA_MECHANISM is {self.mechanism!r}: choose one of {', '.join(_MECHANISMS)}")
        if self.is_iam and self.protocol != "SASL_SSL":
            raise SourceError(
                f"{IAM} signs tokens that a listener could use again: set PIXGUARD_KAFKA_PROTOCOL=SASL_SSL"
            )
        if self.is_sasl and not self.is_iam and not (self.user and self.password):
            raise SourceError(f"{self.protocol} needs PIXGUARD_KAFKA_USER and PIXGUARD_KAFKA_PASSWORD_FILE")
        if bool(self.certificate) != bool(self.key):
            raise SourceError("PIXGUARD_KAFKA_CERTIFICATE and PIXGUARD_KAFKA_KEY go together: give both or none")

    @property
    def is_sasl(self) -> bool:
        """Whether the client says who it is within the connection."""
        return self.protocol.startswith("SASL")

    @property
    def is_iam(self) -> bool:
        """Whether it says so by its role in AWS."""
        return self.is_sasl and self.mechanism == IAM

    @classmethod
    def of_environment(cls, environment: Mapping[str, str] | None = None) -> Security:
        """Read PIXGUARD_KAFKA_PROTOCOL, _CA, _CERTIFICATE, _KEY, _MECHANISM, _USER and _PASSWORD_FILE."""
        environment = os.environ if environment is None else environment
        found = {name: environment.get(f"PIXGUARD_KAFKA_{name.upper()}", "") for name in _NAMES}
        file = environment.get("PIXGUARD_KAFKA_PASSWORD_FILE", "")
        if file:
            try:
                found["password"] = Path(file).read_text("utf-8").strip()
            except OSError as error:
                raise SourceError(f"PIXGUARD_KAFKA_PASSWORD_FILE: {file}: {error.strerror}") from error
        return cls(**{name: value for name, value in found.items() if value})


_NAMES = ("protocol", "ca", "certificate", "key", "mechanism", "user")


def java_security(security: Security) -> dict[str, str]:
    """Return the settings of Kafka's Java client."""
    settings = {"security.protocol": security.protocol}
    if security.ca:
        settings |= {"ssl.truststore.type": "PEM", "ssl.truststore.location": security.ca}
    if security.certificate:
        settings |= {"ssl.keystore.type": "PEM", "ssl.keystore.location": security.certificate}
    if security.is_iam:
        by_role = {"sasl.mechanism": IAM, "sasl.jaas.config": f"{_MSK}.IAMLoginModule required;"}
        return settings | by_role | {"sasl.client.callback.handler.class": f"{_MSK}.IAMClientCallbackHandler"}
    if security.is_sasl:
        module = f"org.apache.kafka.common.security.{_MECHANISMS[security.mechanism]}"
        login = f'{module} required username="{_quoted(security.user)}" password="{_quoted(security.password)}";'
        settings |= {"sasl.mechanism": security.mechanism, "sasl.jaas.config": login}
    return settings


def librdkafka_security(security: Security) -> dict[str, Any]:
    """Return the settings of librdkafka, which producers, the decision log and the small source use."""
    settings: dict[str, Any] = {"security.protocol": security.protocol}
    files = {"ssl.ca.location": security.ca, "ssl.certificate.location": security.certificate}
    settings |= {name: value for name, value in {**files, "ssl.key.location": security.key}.items() if value}
    if security.is_iam:
        return settings | {"sasl.mechanisms": "OAUTHBEARER", "oauth_cb": msk.oauth_callback(os.environ)}
    if security.is_sasl:
        settings |= {"sasl.mechanisms": security.mechanism, "sasl.username": security.user}
        settings["sasl.password"] = security.password
    return settings


def _quoted(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')
