from pixguard.provenance.card import model_card

from .parts import FACTS, VERDICT, record


def test_the_card_holds_what_a_reviewer_asks_for() -> None:
    card = model_card(FACTS, VERDICT, record("v0123456789ab"))
    for wanted in (
        "# Pix fraud · v0123456789ab",
        "trained on 123,456 payments with 789 frauds",
        "judged on 20,000 later payments with 116 frauds",
        "- `device_sent_count_24h`: the data set has no device_id",
        "| average_precision | 0.61 (0.55 to 0.67) | 0.6 (0.5 to 0.66) |",
        "| card_precision_at_100 | 0.02 | - |",
        "| key_type = EVP | 900 | 4 | - | too few frauds to judge |",
        "| ap_ceiling | passed | 0.61 | 0.95 | a \\| b |",
        "## Limits of use",
        "## Personal data (LGPD)",
        "- seed: `7`",
        "- lock_sha256: not known",
    ):
        assert wanted in card


def test_an_undecided_verdict_has_a_card_too() -> None:
    card = model_card(FACTS, VERDICT | {"metrics": {}, "cohorts": [], "outcome": "undecided"}, record("v1"))
    assert "None: there were too few frauds to measure." in card
    assert "**undecided**" in card
