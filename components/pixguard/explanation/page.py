"""The day's gravest decisions as one HTML page: no script, no outside resource, everything escaped."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from html import escape

from pixguard.explanation.incidents import Driver, Incident
from pixguard.explanation.values import brl, number

_STYLE = """
:root { color-scheme: light dark; --up: #b3261e; --down: #1b6e4b; --line: color-mix(in srgb, CanvasText 18%, Canvas) }
body { font: 15px/1.45 system-ui, sans-serif; max-width: 62rem; margin: 2rem auto; padding: 0 1rem }
h1 { font-size: 1.4rem } h2 { font-size: 1.1rem; margin-top: 2rem }
article { border-top: 1px solid var(--line); padding: .8rem 0 }
.row { display: grid; grid-template-columns: minmax(12rem, 26rem) 1fr 5rem; gap: .6rem; align-items: center }
.row span:last-child { text-align: right; font-variant-numeric: tabular-nums }
.bar { position: relative; height: .8rem }
.bar { background: linear-gradient(var(--line), var(--line)) center/1px 100% no-repeat }
.bar i { position: absolute; top: 0; bottom: 0 } .up { left: 50%; background: var(--up) }
.down { right: 50%; background: var(--down) } small { opacity: .75 }
"""
_WORDS = {
    "pt": ("Incidentes mais graves de {}", "O que pesou no dia (média sobre {} incidentes)", "demais fatores",
           "{} em risco", "nenhum pagamento retido ou recusado", "contribuições em log-odds; vermelho aumenta o risco"),
    "en": ("Gravest incidents of {}", "What drove the day (mean over {} incidents)", "all other features",
           "{} at stake", "no payment was held or refused", "contributions in log-odds; red raises the risk"),
}  # fmt: skip
Label = Callable[[str], str]


def page(found: Sequence[Incident], day_drivers: Sequence[Driver], day: date, label: Label, language: str) -> str:
    """Return the page; `label` says a feature in words."""
    title, drove, rest, stake, none, legend = _WORDS[language]
    title = title.format(day.isoformat())
    widest = max((abs(part) for each in found for _, part in _parts(each, rest, label)), default=1.0)
    days_widest = max((driver.mean_size for driver in day_drivers), default=1.0)
    body = [f"<h1>{escape(title)}</h1>", f"<p><small>{escape(legend)}</small></p>"]
    if not found:
        body.append(f"<p>{escape(none)}</p>")
    else:
        body.append(f"<h2>{escape(drove.format(len(found)))}</h2>")
        body += [_row(label(driver.feature), driver.mean, days_widest) for driver in day_drivers[:15]]
    for incident in found:
        record = incident.record
        head = (
            f"{record.decided_at[11:19]} · {brl(record.payment['amount_centavos'] / 100, language)} · {record.decision}"
        )
        at_stake = stake.format(brl(incident.at_stake_centavos / 100, language))
        small = (
            f"{record.end_to_end_id} · p = {number(record.probability, language, 4)} · {at_stake} · {record.version}"
        )
        rows = "".join(_row(name, part, widest) for name, part in _parts(incident, rest, label))
        body.append(f"<article><b>{escape(head)}</b> <small>{escape(small)}</small>{rows}</article>")
    return (
        f'<!doctype html>\n<html lang="{language}"><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width"><meta http-equiv="Content-Security-Policy" '
        f"content=\"default-src 'none'; style-src 'unsafe-inline'\"><title>{escape(title)}</title>"
        f"<style>{_STYLE}</style>\n" + "\n".join(body) + "\n</html>\n"
    )


def _parts(incident: Incident, rest: str, label: Label) -> list[tuple[str, float]]:
    told = [(label(reason["feature"]), float(reason["contribution"])) for reason in incident.record.reasons]
    return [*told, (rest, incident.rest)]


def _row(name: str, part: float, widest: float) -> str:
    width = 50 * min(1.0, abs(part) / (widest or 1.0))
    bar = f'<div class="bar"><i class="{"up" if part > 0 else "down"}" style="width:{width:.1f}%"></i></div>'
    return f'<div class="row"><span>{escape(name)}</span>{bar}<span>{part:+.2f}</span></div>'
