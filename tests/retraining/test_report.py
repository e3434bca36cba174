from dataclasses import asdict
from datetime import date, timedelta

from pixguard.drift import What
from pixguard.retraining import evidence_of
from pixguard.retraining.report import LEARNABLE
from tests.retraining.cases import DAY, KEPT, before

PROMISED = {"metrics": {"challenger": {"recall_at_fpr_1pct": asdict(KEPT.promised), "brier": asdict(KEPT.promised)}}}


def day_of(day: date, *whats: str, state: str = "judged") -> dict[str, object]:
    alarms = [{"measure": f"measure_{what}", "what": what} for what in whats]
    return {"day": day.isoformat(), "state": state, "alarms": alarms}


def report(*days: dict[str, object], recent: object = None) -> dict[str, object]:
    performance = None if recent is None else {"recent": recent}
    return {"versions": {"v1": {"drift": {"days": list(days)}, "performance": performance}}}


def test_faults_are_mended_and_not_learned() -> None:
    whats = [str(what) for what in What]
    found = evidence_of(report(day_of(before(1), *whats)), PROMISED, day=DAY, champion="v1", taught_until=before(9))
    assert set(found.days[0].measures) == {f"measure_{what}" for what in LEARNABLE}
    assert not {"measure_missing", "measure_degraded", "measure_skew"} & set(found.days[0].measures)


def test_days_that_were_not_judged_and_the_day_itself_are_left_out() -> None:
    days = (day_of(before(2), state="too_few"), day_of(before(1), state="learning"), day_of(DAY))
    found = evidence_of(report(*days), PROMISED, day=DAY, champion="v1", taught_until=before(9))
    assert [each.day for each in found.days] == [before(1)]


def test_what_the_gate_and_the_watch_both_know_is_a_promise() -> None:
    recent = {"rows": 9, "frauds": 70, "values": {"recall_at_fpr_1pct": None, "value_detection_rate": None}}
    found = evidence_of(report(recent=recent), PROMISED, day=DAY, champion="v1", taught_until=before(9))
    assert found.frauds == 70
    assert found.promises is not None
    assert {name: each.found for name, each in found.promises.items()} == {"recall_at_fpr_1pct": None}
    assert found.promises["recall_at_fpr_1pct"].promised == KEPT.promised


def test_a_champion_that_decided_nothing_yet_has_no_evidence_against_it() -> None:
    found = evidence_of({"versions": {}}, PROMISED, day=DAY + timedelta(days=1), champion="v1", taught_until=DAY)
    assert (found.days, found.promises, found.frauds) == ((), None, 0)
