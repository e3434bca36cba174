import json
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq

from pixguard.datasets.intake import PLACE, Intake, take_labels, take_payments
from pixguard.datasets.mapping import load_mapping
from pixguard.payment import LABEL_FIELDS, PAYMENT_FIELDS
from pixguard.privacy import Keyring

KEYS = Keyring({1: b"k" * 32})


def taken(folder: Path, payments: list[str], labels: list[str]) -> tuple[Intake, Intake]:
    files = []
    for name, content in (("p.jsonl", payments), ("l.jsonl", labels)):
        (folder / name).write_text("".join(f"{line}\n" for line in content))
        files.append((name, folder / name))
    (folder / "rejects").mkdir()
    mapping = load_mapping("pix")
    with (
        Intake("payments", PAYMENT_FIELDS, folder, folder / "rejects") as intake,
        Intake("labels", LABEL_FIELDS, folder, folder / "rejects") as marks,
    ):
        take_payments(files[:1], mapping, KEYS, intake, marks)
        take_labels(files[1:], mapping, marks)
    return intake, marks


PAYMENT = {
    "end_to_end_id": "E1234567820260131120000000000001",
    "event_time": "2026-01-31T12:00:00Z",
    "amount_centavos": 5,
    "payer_id": "12345678909",
    "payee_id": "98765432100",
}
LABEL = {"end_to_end_id": PAYMENT["end_to_end_id"], "is_fraud": True, "known_at": "2026-02-01T00:00:00Z"}


def test_rows_are_staged_with_their_place_or_rejected_with_their_reasons(tmp_path: Path) -> None:
    wrong = {**PAYMENT, "amount_centavos": -5, "purpose": "FUN"}
    lines = [json.dumps(wrong), "?", json.dumps(PAYMENT)]
    payments, labels = taken(tmp_path, lines, [json.dumps(LABEL), json.dumps({**LABEL, "is_fraud": "perhaps"})])
    assert (payments.rows, payments.rejected, labels.rows, labels.rejected) == (3, 2, 2, 1)
    assert payments.reasons == {"not_positive:amount_centavos": 1, "unknown_value:purpose": 1, "unreadable_row": 1}
    assert labels.reasons == {"wrong_type:is_fraud": 1}
    staged = pq.read_table(tmp_path / "payments.parquet").select([field.name for field in PLACE]).to_pylist()
    assert [(row["file"], row["row"]) for row in staged] == [("p.jsonl", 3)]
    rejects = pq.read_table(tmp_path / "rejects/payments.parquet").to_pylist()
    assert sorted((row["row"], row["payer_id"]) for row in rejects if row["payer_id"]) == [
        (1, KEYS.token("account", "12345678909"))
    ]


def test_ordinals_number_the_whole_input(tmp_path: Path) -> None:
    payments, _ = taken(tmp_path, [json.dumps(PAYMENT)] * 5, [])
    ordinals = pq.read_table(tmp_path / "payments.parquet")["ordinal"].to_numpy()
    np.testing.assert_array_equal(ordinals, np.arange(payments.rows))
