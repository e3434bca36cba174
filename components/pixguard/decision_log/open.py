"""The address of a decision log → the log: `file:///folder[?fsync=always|second|never]` or `kafka://brokers/topic`."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import cast, get_args
from urllib.parse import parse_qs, unquote, urlsplit

from pixguard.decision_log.errors import DecisionLogError
from pixguard.decision_log.queue import DecisionLog, Sink
from pixguard.decision_log.segments import Fsync, SegmentSink

_WAY_OUT = "give file:///folder or kafka://broker:9092/topic"


def open_decision_log(address: str, replica: str, *, on_drop: Callable[[int], None] | None = None) -> DecisionLog:
    """Return the running log of one replica; DecisionLogError where the address is no log or cannot be opened."""
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}", replica):
        raise DecisionLogError(f"replica {replica!r}: wanted letters, digits, dots and dashes; set PIXGUARD_REPLICA")
    return DecisionLog(_sink(address, replica), on_drop=on_drop)


def _sink(address: str, replica: str) -> Sink:
    parts = urlsplit(address)
    if parts.scheme == "file" and not parts.netloc and parts.path.startswith("/"):
        fsync = parse_qs(parts.query).get("fsync", ["second"])[-1]
        if fsync not in get_args(Fsync):
            raise DecisionLogError(f"fsync={fsync!r}: wanted one of {', '.join(get_args(Fsync))}")
        return SegmentSink(Path(unquote(parts.path)) / replica, fsync=cast(Fsync, fsync))
    if parts.scheme == "kafka" and parts.netloc and re.fullmatch(r"/[A-Za-z0-9._-]{1,249}", parts.path):
        from pixguard.decision_log.kafka import KafkaSink  # noqa: PLC0415 - librdkafka only where it is used

        return KafkaSink(parts.netloc, parts.path[1:], client_id=replica)
    raise DecisionLogError(f"decision log {parts.scheme or address!r}: {_WAY_OUT}")
