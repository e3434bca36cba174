import io

import pyarrow.parquet as pq
import pytest
from rich.console import Console

from pixguard.jobs.simulate_payments import main, run, typologies
from pixguard.simulate import SimulationConfig, SimulationConfigError, Story

SMALL = ["--payments", "1500", "--days", "5", "--seed", "3"]


def test_the_job_writes_once_and_says_so(tmp_path, capsys):
    out = tmp_path / "world"
    assert main(["--out", str(out), *SMALL, "--prevalence", "0.02"]) == 0
    assert "1,500 payments" in capsys.readouterr().err
    assert pq.read_metadata(out / "payments.parquet").num_rows == 1_500
    written = (out / "payments.parquet").stat().st_mtime_ns
    assert main(["--out", str(out), *SMALL, "--prevalence", "0.02"]) == 0
    assert "nothing to do" in capsys.readouterr().err
    assert (out / "payments.parquet").stat().st_mtime_ns == written


def test_another_configuration_needs_replace(tmp_path, capsys):
    out = tmp_path / "world"
    assert main(["--out", str(out), *SMALL]) == 0
    assert main(["--out", str(out), *SMALL[:-1], "4"]) == 1
    assert "--replace" in capsys.readouterr().err
    assert main(["--out", str(out), *SMALL[:-1], "4", "--replace"]) == 0


def test_a_wrong_value_ends_with_one_line(tmp_path, capsys):
    assert main(["--out", str(tmp_path / "w"), "--payments", "5"]) == 1
    said = capsys.readouterr().err
    assert said.startswith("simulate_payments: payments is 5")
    assert said.count("\n") == 1
    assert not (tmp_path / "w").exists()


def test_typologies_are_changed_by_name():
    changed = {t.story: t for t in typologies(["qr_swap=0.4@20", "COERCION=0"])}
    assert changed[Story.QR_SWAP].share == 0.4
    assert changed[Story.QR_SWAP].first_day == 20
    assert changed[Story.COERCION].share == 0
    assert changed[Story.REMOTE_ACCESS].share > 0


def test_a_new_typology_is_in_a_world_that_asks_for_it_and_in_no_other():
    asked = {t.story: t for t in typologies(["consent_abuse=0.3@40"])}
    assert (asked[Story.CONSENT_ABUSE].share, asked[Story.CONSENT_ABUSE].first_day) == (0.3, 40)
    assert Story.CONSENT_ABUSE not in {t.story for t in typologies([])}


@pytest.mark.parametrize("change", ["nothing", "qr_swap=much", "qr_swap=0.1@soon", "honest=1"])
def test_a_wrong_typology_is_named(change):
    with pytest.raises(SimulationConfigError, match=change):
        typologies([change])


@pytest.mark.parametrize("terminal", [True, False])
def test_progress_shows_on_a_terminal_and_in_a_log(tmp_path, terminal):
    said = io.StringIO()
    console = Console(file=said, force_terminal=terminal, width=100)
    config = SimulationConfig(payments=1_500, days=5)
    assert run(config=config, out=tmp_path / "w", console=console)
    assert ("simulate: honest payments\n" in said.getvalue()) is not terminal
    assert not run(config=config, out=tmp_path / "w", console=console)
