"""Every decision, appended off the request path: segment files on one machine, Kafka on a cluster.

DecisionLogError (a PixguardError)
└── ChainError
"""

from pixguard.decision_log.days import Segment, fingerprint, has_grown, segments_by_day
from pixguard.decision_log.diagnosis import Break
from pixguard.decision_log.errors import ChainError, DecisionLogError
from pixguard.decision_log.open import open_decision_log
from pixguard.decision_log.queue import DecisionLog, Sink
from pixguard.decision_log.record import LATE, OF_STATE, SCHEMA, STALE, Record, names_sha256, read_record, record_line
from pixguard.decision_log.retention import Removed, remove
from pixguard.decision_log.segments import (
    SegmentSink,
    begun,
    read_segment,
    read_segments,
    recover,
    segment_files,
    write_segment,
)
from pixguard.decision_log.verify import Verification, anchors, verify_chain

__all__ = [
    "LATE",
    "OF_STATE",
    "SCHEMA",
    "STALE",
    "Break",
    "ChainError",
    "DecisionLog",
    "DecisionLogError",
    "Record",
    "Removed",
    "Segment",
    "SegmentSink",
    "Sink",
    "Verification",
    "anchors",
    "begun",
    "fingerprint",
    "has_grown",
    "names_sha256",
    "open_decision_log",
    "read_record",
    "read_segment",
    "read_segments",
    "record_line",
    "recover",
    "remove",
    "segment_files",
    "segments_by_day",
    "verify_chain",
    "write_segment",
]
