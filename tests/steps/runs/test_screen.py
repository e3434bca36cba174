"""What a run shows: steps as they begin and end, and signs of life that tell the step's own seconds."""

import io
import time

from pixguard.steps.runs.screen import Screen
from pixguard.steps.runs.transcript import Step


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def beats(screen: Screen, clock: Clock, *seconds: float) -> None:
    for each in seconds:
        clock.now += each
        screen.beat()


def test_a_log_gets_a_line_every_15_seconds_of_a_step_and_none_of_a_short_one() -> None:
    clock, out = Clock(), io.StringIO()
    screen = Screen(out, clock=clock)
    beats(screen, clock, 14.0)
    short = Step("ingest_payments", clock.now)
    screen.show("started", short, "")
    beats(screen, clock, 1.0, 4.9)
    short.state, short.seconds = "done", 5.9
    screen.show("ended", short, "")
    screen.show("started", Step("train_model", clock.now, logged="epoch 1"), "")
    beats(screen, clock, 14.0, 2.0, 1.0, 14.0)
    assert out.getvalue().splitlines() == [
        "▸ ingest_payments",
        "✓ ingest_payments  5.9 s",
        "▸ train_model",
        "  … train_model  16 s  epoch 1",
        "  … train_model  31 s  epoch 1",
    ]


def test_a_terminal_redraws_its_line_and_nothing_after_the_end() -> None:
    clock, out = Clock(), Terminal()
    screen = Screen(out, clock=clock)
    step = Step("judge_model", clock.now)
    screen.show("started", step, "")
    beats(screen, clock, 0.5)
    assert out.getvalue().endswith("\r\x1b[K▸ judge_model  0 s")
    step.state, step.seconds = "failed", 61.4
    screen.show("ended", step, "")
    beats(screen, clock, 60.0)
    assert out.getvalue().endswith("\r\x1b[K✗ judge_model  1 min 1 s\n")


def test_verbose_prints_every_line_instead() -> None:
    clock, out = Clock(), io.StringIO()
    screen = Screen(out, verbose=True, clock=clock)
    step = Step("train_model", clock.now)
    screen.show("started", step, "")
    screen.show("said", step, "epoch 1")
    beats(screen, clock, 60.0)
    assert out.getvalue() == "▸ train_model\n    epoch 1\n"


def test_it_beats_by_itself_while_it_is_open() -> None:
    out = Terminal()
    with Screen(out) as screen:
        screen.show("started", Step("train_model", 0.0), "")
        while "train_model" not in out.getvalue():
            time.sleep(0.05)
