"""Where messages come from: Kafka, or a folder of segment files; above the source nothing knows which."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F  # noqa: N812 - the field's name for it

from pixguard.stream.kafka import PYTHON_KAFKA, Security, java_security, kafka_address


@dataclass(frozen=True)
class Source:
    """An address of messages and how much of it one batch may take; 0 means all there is.

    `start_us` is the time from which a query without a checkpoint reads Kafka: a little before the backfill's cut.
    """

    address: str
    per_batch: int = 0
    start_us: int | None = None
    security: Security = field(default_factory=Security)

    @property
    def folder(self) -> Path | None:
        """The folder of segment files, None for Kafka; SourceError for an address that is neither."""
        if self.address.startswith("file:///"):
            return Path(self.address.removeprefix("file://"))
        kafka_address(self.address)
        return None


def spark_options(source: Source) -> dict[str, str]:
    """Return the options of Spark's Kafka source.

    Offsets that Kafka has already deleted stop the query: going on would lose payments silently.
    """
    brokers, topics = kafka_address(source.address)
    options = {
        "kafka.bootstrap.servers": brokers,
        "subscribe": ",".join(topics),
        "failOnDataLoss": "true",
        "groupIdPrefix": "pixguard-stream",
        "includeHeaders": "false",
        "startingOffsets": "earliest",
        **{f"kafka.{name}": value for name, value in java_security(source.security).items()},
    }
    if source.start_us is not None:
        # A partition without a message that young is read from its end.
        options |= {"startingTimestamp": str(source.start_us // 1000), "startingOffsetsByTimestampStrategy": "latest"}
    if source.per_batch:
        options["maxOffsetsPerTrigger"] = str(source.per_batch)
    return options


def messages(spark: SparkSession, source: Source, *, connector: str = "kafka") -> DataFrame:
    """Return the stream of messages, one column `value` (binary).

    A segment file holds one message a line and appears under its name by a rename; names order the files.
    """
    if source.folder is not None:
        source.folder.mkdir(parents=True, exist_ok=True)
        reader = spark.readStream.format("text").option("pathGlobFilter", "*.jsonl").option("latestFirst", "false")
        if source.per_batch:
            reader = reader.option("maxFilesPerTrigger", source.per_batch)
        return reader.load(str(source.folder)).select(F.col("value").cast("binary").alias("value"))
    if connector == PYTHON_KAFKA:
        from pixguard.stream.python_kafka import PythonKafka  # noqa: PLC0415 - librdkafka only where it reads

        spark.dataSource.register(PythonKafka)
    return spark.readStream.format(connector).options(**spark_options(source)).load().select("value")
