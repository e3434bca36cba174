import json
import re
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from pixguard.decision_log import Segment, read_segments
from pixguard.drift import Counter, DriftError
from pixguard.jobs import ingest_labels, watch_decisions
from pixguard.jobs.decision_counts import balanced
from tests.outcomes.log import verdict, write_segment
from tests.watch.version import day_of, keep

DAY = datetime(2026, 3, 10, tzinfo=UTC)
QUICK = {"burn_in_days": {"value": 2, "reason": "a test is quick"},
         "baseline_days": {"value": 3, "reason": "a test is quick"}, "min_rows": {"value": 100, "reason": "and small"},
         "design_effect": {"value": 1, "reason": "rows are independent here"}}  # fmt: skip


class Watch:
    """A log of seven days, of which the last two shifted, and how to look at it."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.log, self.out, self.lake = folder, folder / "log", folder / "watch", folder / "lake"
        self.version, self.key = keep(folder)
        for n in range(7):
            moved = 4.0 if n >= 5 else 0.0
            rows = day_of(self.version.name, DAY + timedelta(days=n), moved=moved, first=n * 1000)
            write_segment(self.log, rows[:400], "one")
            write_segment(self.log, rows[400:], "two")
        frauds = [verdict(n * 1000 + k, DAY + timedelta(days=n, seconds=86_000 * k / 600), 2)
                  for n in range(7) for k in range(0, 600, 30)]  # fmt: skip
        source = folder / "verdicts.jsonl"
        source.write_text("".join(json.dumps(each) + "\n" for each in frauds))
        ingest_labels.run(decisions=self.log, lake=self.lake, verdicts=source)
        (folder / "rules.json").write_text(json.dumps(QUICK))

    def look(self, days: int = 7, **changes: object) -> watch_decisions.Looked:
        options = {"decisions": self.log, "out": self.out, "versions": self.folder / "versions", "public_key": self.key,
                   "lake": self.lake, "until": DAY + timedelta(days=days), "maturity_days": 1,
                   "rules": self.folder / "rules.json"}  # fmt: skip
        return watch_decisions.run(**{**options, **changes})  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def watch(tmp_path_factory: pytest.TempPathFactory, spark: object) -> Watch:
    made = Watch(tmp_path_factory.mktemp("watch"))
    made.first = made.look()  # type: ignore[attr-defined]
    return made


def test_spark_counts_what_one_process_counts(watch: Watch) -> None:
    assert watch.first.counted_rows == 7 * 600  # type: ignore[attr-defined]
    measures = {watch.version.name: watch_decisions.measures_of(watch.version)}
    files = sorted((watch.out / "counts" / "decisions").glob("day=*/*.parquet"))
    assert len(files) == 7
    for file in files:
        counter = Counter(measures, [datetime.fromisoformat(file.parent.name[4:]).date()])
        counter.add(read_segments(watch.log))
        keys = [(name, "ascending") for name in counter.table().column_names]
        assert pq.read_table(file, partitioning=None).sort_by(keys).equals(counter.table().sort_by(keys))


def test_the_shifted_feature_is_named_and_no_other(watch: Watch) -> None:
    looked = watch.first  # type: ignore[attr-defined]
    assert [verdict.state for verdict in looked.verdicts] == ["learning"] * 3 + ["judged"] * 4
    assert {feature for verdict in looked.verdicts for feature in verdict.features} == {"payer_sent_count_24h"}
    assert {verdict.day for verdict in looked.verdicts if verdict.began} <= {
        (DAY + timedelta(days=n)).date() for n in (5, 6)
    }
    assert looked.alarms


def test_the_reports_say_the_same(watch: Watch) -> None:
    report = json.loads((watch.out / "report.json").read_text())
    found = report["versions"][watch.version.name]
    assert found["drift"]["newest"]["features"] == ["payer_sent_count_24h"]
    assert found["performance"]["observed"]["frauds"] > 80
    assert {each["cohort"] for each in found["fairness"]} >= {"key_type", "payer_region", "hour"}
    page = (watch.out / "report.html").read_text()
    HTMLParser().feed(page)
    assert "payer_sent_count_24h: drift" in page or "payer_sent_count_24h: shift" in page
    assert "http" not in re.sub(r"<!doctype html>", "", page)
    metrics = (watch.out / "metrics.prom").read_text()
    label = f'version="{watch.version.name}"'
    alarms = re.search(rf'pixguard_drift_alarms{{{label},measure="payer_sent_count_24h"}} (\S+)', metrics)
    assert alarms
    assert float(alarms[1]) >= 1
    assert f'pixguard_drift_alarms{{{label},measure="log_amount"}} 0.0' in metrics
    assert f"pixguard_watch_decisions{{{label}}} 600.0" in metrics
    for line in metrics.splitlines():
        assert line.startswith("# ") or re.fullmatch(r'[a-z_]+{([a-z]+="[^"]*",?)+} \S+', line)


def test_only_days_that_grew_are_counted_again(watch: Watch) -> None:
    again = watch.look()
    assert (again.counted_days, again.counted_rows) == (0, 0)
    assert again.report == watch.first.report  # type: ignore[attr-defined]
    write_segment(watch.log, day_of(watch.version.name, DAY + timedelta(days=7, seconds=90), first=9000), "one")
    more = watch.look(8)
    assert (more.counted_days, more.counted_rows) == (1, 600)
    assert more.verdicts[: len(again.verdicts)] == again.verdicts


def test_a_version_that_was_not_at_hand_is_counted_once_it_is(watch: Watch, tmp_path: Path) -> None:
    _, key = keep(tmp_path, b"other weights")
    blind = watch.look(8, out=tmp_path / "out", versions=tmp_path / "versions", public_key=key)
    assert {verdict.version for verdict in blind.verdicts} == {watch.version.name}
    assert {figure.measure for figure in blind.verdicts[-1].figures} == {"score", "decision", "state_age", "degraded"}
    whole = watch.look(8, out=tmp_path / "out")
    assert whole.counted_rows == blind.counted_rows == 4800
    assert "payer_sent_count_24h" in {figure.measure for figure in whole.verdicts[-1].figures}


def test_what_is_wrong_is_named_and_the_old_report_stays(watch: Watch, tmp_path: Path) -> None:
    before = (watch.out / "report.json").read_bytes()
    with pytest.raises(DriftError, match="holds no version"):
        watch.look(versions=tmp_path)
    with pytest.raises(DriftError, match="no decision in it"):
        watch.look(decisions=tmp_path, out=tmp_path / "new")
    damaged = tmp_path / "log"
    write_segment(damaged, day_of(watch.version.name, DAY))
    path = next(damaged.rglob("*.jsonl"))
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join([*lines[:5], b"{}\n", *lines[5:]]))
    with pytest.raises(DriftError, match=path.name):
        watch.look(decisions=damaged, out=tmp_path / "new")
    assert (watch.out / "report.json").read_bytes() == before


def test_segments_are_shared_out_by_size() -> None:
    sizes, day = [9, 5, 4, 1, 1], DAY.date()
    segments = [Segment(Path(f"/log/r/{n}.jsonl"), size, day, day) for n, size in enumerate(sizes)]
    groups = balanced(segments, 2)
    assert sorted(path for group in groups for path in group) == sorted(str(each.path) for each in segments)
    assert [sum(sizes[int(Path(path).stem)] for path in group) for group in groups] == [10, 10]
    assert balanced([], 4) == []
