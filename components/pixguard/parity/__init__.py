"""Does a request see what batch computes? Every feature of every payment held against the other path, bit for bit.

`replay` sends history through stream and request path; `logged` recomputes decisions that were made; `compare` counts
what differs, by feature and with its denominators.
"""
