from pixguard.gate import judge
from pixguard.gate.summary import summary

from .world import FAST, evidence, log_odds


def test_the_page_shows_outcome_checks_metrics_and_cohorts() -> None:
    champion = log_odds(evidence().probability)
    page = summary(judge(evidence(train_overlap_rows=3, champion=champion), FAST).to_json())
    for wanted in (
        "20,000 later payments with",
        "The gate's verdict: **failed**.",
        "| train_overlap | failed | 3 | 0 | payments that were trained on must not be judged on |",
        "| metric | challenger | champion | baseline |",
        "| key_type = none |",
    ):
        assert wanted in page


def test_an_undecided_verdict_says_why_there_are_no_metrics() -> None:
    page = summary(judge(evidence(500), FAST).to_json())
    assert "too few frauds to measure" in page
    assert "None were compared." in page
