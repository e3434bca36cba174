"""What the hash chain costs the log's writer, per decision, and what verifying it costs: `make bench-decision_log`.

In turn, on the same lines (--data <folder of a decision log> brings others'): the sink without a chain (`floor`), with
a link for each line (`ours`), with a link for each write (`batch`, which would tell a broken write instead of a line).
The request path is not among the cases: it only appends to a queue, with a chain or without.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from unittest import mock

from table import Row, finish

from pixguard.decision_log import SegmentSink, segment_files, verify_chain
from pixguard.decision_log.chain import LinkFile, link

LINES, ROUNDS = 20_000, 5
PER_WRITE = (1, 10, 100)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, help="folder of a decision log (default: lines of the usual size)")
    lines = read(parser.parse_args().data)
    rows = [Row("ours", "bytes_per_line", sum(map(len, lines)) / len(lines), "B")]
    seconds: dict[tuple[str, int], list[float]] = {}
    for _ in range(ROUNDS):
        for per_write in PER_WRITE:
            for case in ("floor", "batch", "ours"):
                seconds.setdefault((case, per_write), []).append(writing(case, lines, per_write))
    for (case, per_write), found in seconds.items():
        rows.append(Row(case, f"cpu_us_per_line_{per_write}", min(found) / len(lines) * 1e6, "us"))
    finish("decision_log", [*rows, Row("ours", "verified_lines_per_s", verifying(lines), "1/s")])


def read(folder: Path | None) -> list[bytes]:
    if folder is None:
        return [
            b'{"decided_at":"2026-03-02T12:00:00.000000Z","n":%d,"x":"%s"}\n' % (n, b"x" * 2500) for n in range(LINES)
        ]
    found = [line for path in segment_files(folder) for line in path.read_bytes().splitlines(keepends=True)]
    return (found * (LINES // len(found) + 1))[:LINES]


def writing(case: str, lines: Sequence[bytes], per_write: int) -> float:
    """Return the CPU seconds of this thread."""
    append = {"floor": _nothing, "batch": _batch, "ours": LinkFile.append}[case]
    with (
        tempfile.TemporaryDirectory() as folder,
        mock.patch.object(LinkFile, "append", append),
        mock.patch("pixguard.decision_log.segments._name", return_value="s"),
        mock.patch("pixguard.decision_log.segments.read_record"),
    ):
        sink = SegmentSink(Path(folder) / "r", fsync="never")
        began = time.thread_time()
        for at in range(0, len(lines), per_write):
            sink.write(lines[at : at + per_write])
        spent = time.thread_time() - began
        sink.close(1)
    return spent


def _nothing(_self: LinkFile, _lines: Sequence[bytes]) -> None:
    pass


def _batch(self: LinkFile, lines: Sequence[bytes]) -> None:
    self.last = link(self.last, b"".join(lines))
    self._file.write(f"{self.last}\n".encode())


def verifying(lines: Sequence[bytes]) -> float:
    with (
        tempfile.TemporaryDirectory() as folder,
        mock.patch("pixguard.decision_log.segments._name", return_value="s"),
        mock.patch("pixguard.decision_log.segments.read_record"),
    ):
        sink = SegmentSink(Path(folder) / "r", fsync="never")
        sink.write(lines)
        sink.close(1)
        began = time.perf_counter()
        found = verify_chain(Path(folder))
        assert found.is_whole
        assert found.verified == len(lines)
        return len(lines) / (time.perf_counter() - began)


if __name__ == "__main__":
    main()
