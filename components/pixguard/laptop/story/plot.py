"""Both stories as one picture, and the picture in a page that needs nothing else."""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from jinja2 import Environment, PackageLoader, StrictUndefined

from pixguard.laptop.story.play import Event, Story, What
from pixguard.provenance.files import replace_file

MEAN_DAYS = 7
_COLOURS = {
    What.TYPOLOGY: "#b3261e",
    What.ALARM: "#9a6700",
    What.FIRED: "#9a6700",
    What.REFUSED: "#6e7781",
    What.TRAINED: "#0550ae",
    What.STEP: "#54aeff",
    What.PROMOTED: "#1a7f37",
    What.ROLLED_BACK: "#b3261e",
}
_SHORT = {What.FIRED: "trigger", What.ALARM: "drift alarm", What.TRAINED: "passes the gate", What.REFUSED: "refused"}


def picture(stories: Sequence[tuple[str, Story]]) -> bytes:
    """Return a PNG: value lost per day, its mean over a week, and the events, a panel a story."""
    from matplotlib.figure import Figure  # noqa: PLC0415  (--help need not wait for it)

    figure = Figure(figsize=(12, 4.6 * len(stories)), layout="constrained")
    panels = np.atleast_1d(figure.subplots(len(stories), 1, sharex=True, sharey=True))
    for axes, (title, story) in zip(panels, stories, strict=True):
        _panel(axes, title, story)
    panels[-1].set_xlabel("day")
    handles, names = panels[-1].get_legend_handles_labels()
    figure.legend(handles, names, loc="outside lower center", ncols=2)
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=110, metadata={"Software": None})
    return buffer.getvalue()


def _panel(axes: Any, title: str, story: Story) -> None:
    lost = np.array(story.lost_brl) / 1000
    days = np.arange(lost.size)
    axes.bar(days, lost, color="#d0d7de", width=0.9, label="value lost, R$ thousand a day")
    mean = np.convolve(lost, np.ones(MEAN_DAYS), "full")[: lost.size] / np.minimum(days + 1, MEAN_DAYS)
    axes.plot(days, mean, color="#24292f", label=f"mean of the last {MEAN_DAYS} days")
    axes.set(title=title, ylabel="R$ thousand")
    for level, (event, text) in enumerate(_marks(story.events)):
        at = event.told_day
        axes.axvline(at - 0.5, color=_COLOURS[event.what], linewidth=1.2)
        side = "right" if at > 0.9 * lost.size else "left"
        axes.annotate(text, (at - 0.5, 0.97 - 0.075 * (level % 8)), xycoords=("data", "axes fraction"),
                      xytext=(3 if side == "left" else -3, 0), textcoords="offset points", fontsize=8,
                      color=_COLOURS[event.what], ha=side, va="top",
                      bbox={"facecolor": "white", "edgecolor": "none", "alpha": 0.8, "pad": 0.5})  # fmt: skip


def _marks(events: Sequence[Event]) -> list[tuple[Event, str]]:
    return [(each, _text(each)) for each in events if each.what in _COLOURS]


def _text(event: Event) -> str:
    if event.what is What.STEP:
        return event.detail.rpartition(" at ")[2]
    if event.what is What.FIRED:
        return f"trigger: {event.detail.partition(':')[0]}"
    return _SHORT.get(event.what, str(event.what))


def write_page(path: Path, png: bytes, panels: Sequence[dict[str, Any]], estimates: Sequence[dict[str, Any]]) -> None:
    """Write the page: the picture, the numbers of each story, its events, and the estimates."""
    environment = Environment(
        loader=PackageLoader("pixguard.laptop.story"), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    image = base64.b64encode(png).decode()
    page = environment.get_template("story.html").render(image=image, panels=panels, estimates=estimates)
    replace_file(path, page.encode())
