"""Payments and labels as they happen → the online state of their keys, with Spark structured streaming.

`messages` is what producers send, `source` where it comes from, `events` what a payment leaves on its keys,
`key_state` the stateful operator on RocksDB, `sink` the online store, `query` all of it wired; `backfill` is the state
of history, at whose cut the stream takes over; `checkpoint` keeps state of other declarations out.
"""
