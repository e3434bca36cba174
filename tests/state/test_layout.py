from dataclasses import replace

from pixguard.declaration import FeatureSet, aggregates
from pixguard.features import PIX
from pixguard.state import StateLayout, layouts


def layout(*declared: object) -> StateLayout:
    return StateLayout.of(FeatureSet("some", tuple(declared)), "account")  # type: ignore[arg-type]


def test_each_entity_of_a_set_has_a_layout() -> None:
    assert list(layouts(PIX)) == ["account", "device", "pair"]


def test_windows_of_the_same_events_share_a_segment() -> None:
    both = layout(
        *aggregates("payer", "sent", "count", "1h"),
        *aggregates("payee", "sent_centavos", "sum", "1h"),
        *aggregates("payer", "sent", "count", "24h"),
    )
    assert [(s.window_us, s.reach, s.kinds) for s in both.segments] == [
        (3_600_000_000, 12, (0,)),
        (86_400_000_000, 12, (0,)),
    ]


def test_an_event_belongs_to_every_segment_of_its_kind() -> None:
    labels = layout(
        *aggregates("payee", "received_frauds", "count", "7d"), *aggregates("payee", "received_labels", "count", "7d")
    )
    assert [kind.only for kind in labels.kinds] == ["fraud", "honest"]
    assert labels.segments_of_kind.tolist() == [[0, 1], [1, -1]]


def test_only_what_changes_the_bytes_changes_the_fingerprint() -> None:
    one = layout(*aggregates("payer", "sent", "count", "1h"))
    same = layout(
        *aggregates("payer", "sent", "count", "1h"),
        *aggregates("payer", "sent", "last", "1h"),
        *aggregates("payer", "sent_payees", "distinct", "1h"),
    )
    assert one.fingerprint == same.fingerprint
    assert one.fingerprint != layout(*aggregates("payer", "sent", "count", "2h")).fingerprint
    assert one.fingerprint != layout(*aggregates("payer", "received", "count", "1h")).fingerprint
    assert one.fingerprint != layout(*aggregates("payer", "sent", "count", "1h", delay="1h")).fingerprint
    assert one.fingerprint != replace(one, entity="device").fingerprint
