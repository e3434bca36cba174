import io

import pytest

from pixguard.gate.figures import figures

from .world import FAST, evidence


def test_every_model_is_drawn_and_the_plots_can_be_saved() -> None:
    rows = evidence(3_000)
    drawn = figures(evidence(3_000, champion=rows.probability), FAST)
    assert set(drawn) == {"precision_recall", "calibration", "value_by_budget"}
    labels = {line.get_label() for line in drawn["value_by_budget"].axes[0].get_lines()}
    assert {"challenger", "champion", "baseline"} <= labels
    for figure in drawn.values():
        buffer = io.BytesIO()
        figure.savefig(buffer, format="png")
        assert buffer.getvalue().startswith(b"\x89PNG")


def test_the_value_curve_rises_with_the_budget() -> None:
    line = figures(evidence(3_000), FAST)["value_by_budget"].axes[0].get_lines()[0]
    values = line.get_ydata()
    assert values[-1] > values[0]
    assert list(values) == pytest.approx(sorted(values))
