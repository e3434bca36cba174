"""How Kafka is reached: addresses, security for both clients, and the options of Spark's source."""

from pathlib import Path

import pytest

from pixguard.stream.kafka import (
    TOPICS,
    Security,
    SourceError,
    java_security,
    kafka_address,
    librdkafka_security,
)
from pixguard.stream.source import Source, spark_options

SASL = Security(protocol="SASL_SSL", ca="/ca.pem", user="pixguard", password='a"b\\c')


def test_an_address_names_brokers_and_topics() -> None:
    assert kafka_address("kafka://a:9092,b:9092/x,y") == ("a:9092,b:9092", ("x", "y"))
    assert kafka_address("kafka://a:9092") == ("a:9092", TOPICS)


@pytest.mark.parametrize("address", ["kafka://", "http://a:9092", "a:9092", "kafka://a:9092/a b", "file://relative"])
def test_another_address_is_refused(address: str) -> None:
    with pytest.raises(SourceError, match="give kafka://"):
        _ = Source(address).folder


def test_options_say_what_may_be_lost_and_where_to_begin() -> None:
    options = spark_options(Source("kafka://a:9092"))
    assert options["failOnDataLoss"] == "true"
    assert options["startingOffsets"] == "earliest"
    assert options["subscribe"] == "pixguard.payments,pixguard.labels"
    assert options["kafka.security.protocol"] == "PLAINTEXT"
    assert "maxOffsetsPerTrigger" not in options


def test_a_stream_that_takes_over_begins_at_a_time() -> None:
    options = spark_options(Source("kafka://a:9092", per_batch=500, start_us=1_700_000_000_123_456))
    assert options["startingTimestamp"] == "1700000000123"
    assert options["startingOffsetsByTimestampStrategy"] == "latest"
    assert options["maxOffsetsPerTrigger"] == "500"


def test_sasl_over_tls_for_java() -> None:
    settings = java_security(SASL)
    assert settings["ssl.truststore.type"] == "PEM"
    assert settings["ssl.truststore.location"] == "/ca.pem"
    assert settings["sasl.mechanism"] == "SCRAM-SHA-512"
    assert settings["sasl.jaas.config"] == (
        'org.apache.kafka.common.security.scram.ScramLoginModule required username="pixguard" password="a\\"b\\\\c";'
    )
    assert {f"kafka.{k}": v for k, v in settings.items()}.items() <= spark_options(
        Source("kafka://a:9092", security=SASL)
    ).items()


def test_tls_of_both_sides() -> None:
    mutual = Security(protocol="SSL", ca="/ca.pem", certificate="/c.pem", key="/k.pem")
    assert librdkafka_security(mutual) == {
        "security.protocol": "SSL",
        "ssl.ca.location": "/ca.pem",
        "ssl.certificate.location": "/c.pem",
        "ssl.key.location": "/k.pem",
    }
    assert librdkafka_security(SASL)["sasl.password"] == SASL.password


def test_the_environment_says_it_and_the_password_is_a_file(tmp_path: Path) -> None:
    file = tmp_path / "password"
    file.write_text("secret\n")
    found = Security.of_environment(
        {
            "PIXGUARD_KAFKA_PROTOCOL": "SASL_SSL",
            "PIXGUARD_KAFKA_USER": "u",
            "PIXGUARD_KAFKA_PASSWORD_FILE": str(file),
        }
    )
    assert (found.user, found.password) == ("u", "secret")
    assert "secret" not in repr(found)


@pytest.mark.parametrize(
    ("environment", "message"),
    [
        ({"PIXGUARD_KAFKA_PROTOCOL": "TLS"}, "choose one of PLAINTEXT"),
        ({"PIXGUARD_KAFKA_PROTOCOL": "SASL_SSL"}, "needs PIXGUARD_KAFKA_USER"),
        ({"PIXGUARD_KAFKA_CERTIFICATE": "/c.pem"}, "give both or none"),
        ({"PIXGUARD_KAFKA_PASSWORD_FILE": "/none/such"}, "No such file"),
    ],
)
def test_settings_that_make_no_sense_are_refused(environment: dict[str, str], message: str) -> None:
    with pytest.raises(SourceError, match=message):
        Security.of_environment(environment)
