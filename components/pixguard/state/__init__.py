"""Online state of one key: its newest events as they came, and older ones folded into hop tiles.

A request at `t` merges exactly what is strictly before `t` and inside each window, so a window decays even when nothing
happened, and a payment that is asked about twice never counts itself. NumPy only.

StateError (a PixguardError)
"""

from pixguard.state.blob import (
    EVENT_WORDS,
    FOLDING,
    Folding,
    StateError,
    append,
    event_rows,
    header,
    newest_us,
    rewound,
)
from pixguard.state.layout import Segment, StateLayout, layouts
from pixguard.state.merge import Merger

__all__ = [
    "EVENT_WORDS",
    "FOLDING",
    "Folding",
    "Merger",
    "Segment",
    "StateError",
    "StateLayout",
    "append",
    "event_rows",
    "header",
    "layouts",
    "newest_us",
    "rewound",
]
