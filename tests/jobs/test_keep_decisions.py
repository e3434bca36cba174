"""The job against a broker process: kept once, killed and started again, one at a time, and its end is a clean one."""

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from confluent_kafka.admin import AdminClient, NewTopic

from pixguard.decision_log import DecisionLogError, open_decision_log, read_segments, verify_chain
from pixguard.jobs import keep_decisions
from tests.brokers import broker
from tests.decision_log.records import line


@pytest.fixture(scope="module")
def kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with broker(tmp_path_factory.mktemp("kafka")) as address:
        yield address


@pytest.fixture
def topic(kafka: str, request: pytest.FixtureRequest) -> str:
    name = request.node.name[:60]
    client = AdminClient({"bootstrap.servers": kafka, "log_level": 0})
    client.create_topics([NewTopic(name, 3, 1)])[name].result(10)
    return f"kafka://{kafka}/{name}"


def send(topic: str, numbers: range) -> None:
    log = open_decision_log(topic, "r1")
    for number in numbers:
        log.put(line(number))
    assert log.close() == 0


def kept(log: Path) -> list[str]:
    return sorted(record.end_to_end_id for record in read_segments(log))


def ids(count: int) -> list[str]:
    return [f"X{number:031d}" for number in range(count)]


def start(topic: str, log: Path) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "pixguard.jobs.keep_decisions", f"--source={topic}", f"--decisions={log}"]
    return subprocess.Popen(command, stderr=subprocess.PIPE, text=True)


def until_kept(log: Path, count: int, process: subprocess.Popen[str]) -> None:
    deadline = time.monotonic() + 30
    while not log.is_dir() or len(kept(log)) < count:
        assert process.poll() is None, process.stderr and process.stderr.read()
        assert time.monotonic() < deadline, f"{len(kept(log))} of {count}"
        time.sleep(0.05)


def test_decisions_are_kept_once_and_what_comes_later_too(topic: str, tmp_path: Path) -> None:
    send(topic, range(300))
    assert keep_decisions.run(source=topic, decisions=tmp_path, once=True) == 300
    assert keep_decisions.run(source=topic, decisions=tmp_path, once=True) == 0
    send(topic, range(300, 350))
    assert keep_decisions.run(source=topic, decisions=tmp_path, once=True) == 50
    assert kept(tmp_path) == ids(350)
    found = verify_chain(tmp_path)
    assert (found.is_whole, found.verified, found.waiting) == (True, 350, 0)
    assert len(list(tmp_path.glob("*/heads.chain"))) == 3


def test_a_killed_keeper_goes_on_without_a_gap_or_a_double(topic: str, tmp_path: Path) -> None:
    with start(topic, tmp_path) as first:
        send(topic, range(200))
        until_kept(tmp_path, 50, first)
        first.kill()
    send(topic, range(200, 260))
    with start(topic, tmp_path) as second:
        until_kept(tmp_path, 260, second)
        with pytest.raises(DecisionLogError, match="another process keeps this log"):
            keep_decisions.run(source=topic, decisions=tmp_path, once=True)
        second.send_signal(signal.SIGTERM)
        assert second.wait(20) == 0
        assert second.stderr is not None
        assert "decisions kept" in second.stderr.read()
    assert kept(tmp_path) == ids(260)
    assert verify_chain(tmp_path).is_whole
    assert not list(tmp_path.glob("*/*.open"))


def test_what_cannot_be_reached_is_an_error(kafka: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keep_decisions, "ANSWER_S", 1.0)
    with pytest.raises(DecisionLogError, match="no-such-topic"):
        keep_decisions.run(source=f"kafka://{kafka}/no-such-topic", decisions=tmp_path, once=True)
    with pytest.raises(DecisionLogError, match="PIXGUARD_KAFKA"):
        keep_decisions.run(source="kafka://127.0.0.1:1/decisions", decisions=tmp_path, once=True)
    with pytest.raises(DecisionLogError, match="name the one topic"):
        keep_decisions.run(source=f"kafka://{kafka}", decisions=tmp_path, once=True)
