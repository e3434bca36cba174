import json
import logging
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.parquet as pq
import pytest

from pixguard.datasets.mapping import MappingError
from pixguard.datasets.readers import InputError
from pixguard.jobs.ingest_payments import CountError, Counts, Ingested, main, run
from pixguard.lake import LakeError
from pixguard.payment import ACCEPTED_LABEL_SCHEMA, PAYMENT_SCHEMA
from pixguard.privacy import Keyring, KeyringError

KEYS = {1: b"1" * 32, 2: b"2" * 32}
CPF_ANA, CPF_RUI = "12345678909", "98765432100"
NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)
Ingest = Callable[..., Ingested]


def key_file(folder: Path, *versions: int) -> Path:
    path = folder / f"keys{versions}.json"
    path.write_text(json.dumps({"keys": {str(version): KEYS[version].hex() for version in versions}}))
    return path


def payment(number: int = 0, at: datetime = NOON, **changed: Any) -> dict[str, Any]:
    row = {
        "end_to_end_id": f"E12345678{at:%Y%m%d%H%M}{number:011d}",
        "event_time": at.isoformat(),
        "amount_centavos": 1000 + number,
        "payer_id": CPF_ANA,
        "payee_id": CPF_RUI,
        "device_id": None,
    }
    return {**row, **changed}


def label(of: dict[str, Any], known_at: datetime, is_fraud: bool = True, **changed: Any) -> dict[str, Any]:
    row = {"end_to_end_id": of["end_to_end_id"], "is_fraud": is_fraud, "known_at": known_at.isoformat()}
    return {**row, "situation": "SCAM" if is_fraud else None, **changed}


@pytest.fixture
def lake(tmp_path: Path) -> Path:
    return tmp_path / "lake"


@pytest.fixture
def ingest(tmp_path: Path, lake: Path) -> Ingest:
    """Ingest rows, written as JSON Lines, into the lake."""

    def ingest_rows(*rows: Any, labels: list[Any] | None = None, keys: tuple[int, ...] = (1,)) -> Ingested:
        written = [tmp_path / "in.jsonl", tmp_path / "labels.jsonl"]
        for path, content in zip(written, (rows, labels or []), strict=True):
            path.write_text("".join(f"{row if isinstance(row, str) else json.dumps(row)}\n" for row in content))
        return run(
            input=written[0],
            labels=written[1] if labels is not None else None,
            mapping="pix",
            lake=lake,
            keys=key_file(tmp_path, *keys),
        )

    return ingest_rows


def rows(lake: Path, part: str = "payments") -> list[dict[str, Any]]:
    table = ds.dataset(lake / part, format="parquet").to_table() if list((lake / part).glob("*/*")) else None
    return [] if table is None else table.sort_by("end_to_end_id").to_pylist()


def rejects(lake: Path, outcome: Ingested, table: str = "payments") -> list[dict[str, Any]]:
    return list(pq.read_table(lake / "rejects" / outcome.input / f"{table}.parquet").to_pylist())


def content(lake: Path) -> dict[str, tuple[int, bytes]]:
    """All that readers see, with inodes: equal means untouched."""
    found = [path for part in ("payments", "labels", "rejects") for path in (lake / part).rglob("*") if path.is_file()]
    found += [lake / "snapshot.json"] if (lake / "snapshot.json").exists() else []
    return {str(path.relative_to(lake)): (path.stat().st_ino, path.read_bytes()) for path in found}


def test_accepted_rows_land_in_the_utc_day_of_their_time_in_the_contracts_schema(ingest: Ingest, lake: Path) -> None:
    evening = datetime(2026, 1, 31, 23, 30, tzinfo=UTC)
    late = payment(1, evening, event_time="2026-01-31T21:30:00-03:00")  # already February in UTC
    outcome = ingest(payment(0), late)
    assert (outcome.payments.rows, outcome.payments.accepted) == (2, 2)
    assert sorted(path.name for path in (lake / "payments").iterdir()) == [
        "event_date=2026-01-31",
        "event_date=2026-02-01",
    ]
    for path in (lake / "payments").glob("*/*.parquet"):
        assert pq.read_schema(path).equals(PAYMENT_SCHEMA)
    keys = Keyring({1: KEYS[1]})
    assert {row["payer_id"] for row in rows(lake)} == {keys.token("account", CPF_ANA)}


def test_counts_add_up_and_rejects_keep_file_row_and_reasons(ingest: Ingest, lake: Path) -> None:
    outcome = ingest(payment(0), payment(1, amount_centavos=0, key_type=CPF_ANA), "{broken", payment(0))
    counts = outcome.payments
    assert (counts.rows, counts.accepted, counts.duplicates, counts.rejected) == (4, 1, 1, 2)
    assert counts.reasons == {
        "not_positive:amount_centavos": 1,
        "unknown_value:key_type": 1,
        "unreadable_row": 1,
    }
    found = [(row["file"], row["row"], row["reasons"]) for row in rejects(lake, outcome)]
    assert sorted(found) == [
        ("in.jsonl", 2, ["not_positive:amount_centavos", "unknown_value:key_type"]),
        ("in.jsonl", 3, ["unreadable_row"]),
    ]
    kept = json.loads((lake / "rejects" / outcome.input / "counts.json").read_text())
    assert kept["payments"]["rejected"] == 2


def test_counts_that_do_not_add_up_are_an_error() -> None:
    with pytest.raises(CountError, match="do not add up"):
        Counts(rows=3, accepted=1, duplicates=1, rejected=0)


def test_clear_identifiers_reach_neither_the_lake_nor_the_log(
    ingest: Ingest, lake: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    wrong_places = [
        payment(n, **{field: CPF_ANA}) for n, field in enumerate(("end_to_end_id", "payer_ispb", "purpose"))
    ]
    ingest(payment(9), *wrong_places, f'{{"payer_id": "{CPF_ANA}"', labels=[label({"end_to_end_id": CPF_RUI}, NOON)])
    files = b"".join(path.read_bytes() for path in lake.rglob("*") if path.is_file())
    tables = "".join(str(pq.read_table(path).to_pylist()) for path in lake.rglob("*.parquet"))
    for text in (CPF_ANA, CPF_RUI):
        assert text.encode() not in files
        assert text not in tables
        assert text not in caplog.text


def test_the_same_input_again_changes_nothing(ingest: Ingest, lake: Path) -> None:
    given = [payment(n, NOON + timedelta(hours=7 * n)) for n in range(20)] + [payment(99, amount_centavos=-1)]
    labels = [label(given[3], NOON + timedelta(days=3)), label(payment(77), NOON)]
    first = ingest(*given, labels=labels)
    before = content(lake)
    second = ingest(*given, labels=labels)
    assert content(lake) == before
    assert second.snapshot == first.snapshot
    assert (second.payments.accepted, second.payments.duplicates, second.payments.rejected) == (0, 20, 1)
    assert (second.labels.accepted, second.labels.duplicates, second.labels.rejected) == (0, 1, 1)


def test_the_order_and_the_split_of_the_input_do_not_matter(tmp_path: Path) -> None:
    given = [payment(n, NOON + timedelta(hours=5 * n)) for n in range(12)]
    snapshots = set()
    for name, files in {"one": [given], "two": [given[6:], given[:6]]}.items():
        (tmp_path / name).mkdir()
        for number, part in enumerate(files):
            text = "".join(json.dumps(row) + "\n" for row in part)
            (tmp_path / name / f"{number}.jsonl").write_text(text)
        keys, lake = key_file(tmp_path, 1), tmp_path / f"lake-{name}"
        snapshots.add(run(input=tmp_path / name, mapping="pix", lake=lake, keys=keys).snapshot)
    assert len(snapshots) == 1


def test_a_payment_seen_again_later_counts_once_and_late_rows_join_their_day(ingest: Ingest, lake: Path) -> None:
    ingest(payment(1), payment(2, NOON + timedelta(days=1)))
    outcome = ingest(payment(2, NOON + timedelta(days=1)), payment(3), payment(4, NOON - timedelta(days=9)))
    assert (outcome.payments.accepted, outcome.payments.duplicates) == (2, 1)
    days = {path.name: ds.dataset(path).count_rows() for path in (lake / "payments").iterdir()}
    assert days == {"event_date=2026-01-22": 1, "event_date=2026-01-31": 2, "event_date=2026-02-01": 1}
    assert len(rows(lake)) == 4


@pytest.mark.parametrize("across", [False, True])
@pytest.mark.parametrize(
    "other",
    [{"amount_centavos": 7}, {"payee_id": CPF_ANA}, {"device_id": "phone"}, {"event_time": "2026-01-31T12:00:01Z"}],
)
def test_the_same_id_with_other_content_is_a_conflict_and_the_first_one_stays(
    ingest: Ingest, lake: Path, across: bool, other: dict[str, Any]
) -> None:
    one, two = payment(1), payment(1, **other)
    outcome = ingest(one) and ingest(two) if across else ingest(one, two)
    assert (outcome.payments.rejected, outcome.payments.duplicates) == (1, 0)
    (reject,) = rejects(lake, outcome)
    assert reject["reasons"] == ["conflicting_duplicate:end_to_end_id"]
    assert reject["end_to_end_id"] == one["end_to_end_id"]
    assert [row["amount_centavos"] for row in rows(lake)] == [1001]


def test_a_duplicate_on_the_other_side_of_midnight_is_found(ingest: Ingest, lake: Path) -> None:
    midnight = datetime(2026, 2, 1, tzinfo=UTC)
    ingest(payment(1, midnight, event_time="2026-01-31T12:00:30Z"))  # 12 h before the minute in its id
    outcome = ingest(payment(1, midnight, event_time="2026-02-01T11:59:30Z"))
    assert outcome.payments.reasons == {"conflicting_duplicate:end_to_end_id": 1}


def test_a_new_key_does_not_make_old_payments_contradict(ingest: Ingest, lake: Path) -> None:
    ingest(payment(1))
    before = content(lake)
    outcome = ingest(payment(1), keys=(1, 2))
    assert (outcome.payments.duplicates, outcome.payments.rejected) == (1, 0)
    assert content(lake) == before
    assert ingest(payment(1, amount_centavos=5), keys=(1, 2)).payments.rejected == 1


def test_labels_join_their_payment_now_or_from_an_earlier_day(ingest: Ingest, lake: Path) -> None:
    old, new = payment(1, NOON - timedelta(days=40)), payment(2)
    ingest(old)
    known_at = NOON + timedelta(days=2)
    outcome = ingest(new, labels=[label(old, known_at), label(new, known_at, is_fraud=False)])
    assert (outcome.labels.rows, outcome.labels.accepted) == (2, 2)
    assert [path.name for path in (lake / "labels").iterdir()] == ["known_date=2026-02-02"]
    (path,) = (lake / "labels").glob("*/*.parquet")
    assert pq.read_schema(path).equals(ACCEPTED_LABEL_SCHEMA)
    keys = Keyring({1: KEYS[1]})
    found = {row["end_to_end_id"]: row for row in rows(lake, "labels")}
    assert found[old["end_to_end_id"]]["event_time"] == NOON - timedelta(days=40)
    assert {row["payee_id"] for row in found.values()} == {keys.token("account", CPF_RUI)}


def test_labels_that_do_not_fit_have_their_reasons(ingest: Ingest, lake: Path) -> None:
    one, later = payment(1), NOON + timedelta(days=5)
    given = [
        label(one, later),
        label(one, later),  # said twice
        label(one, later, is_fraud=False),  # contradicts at the same moment
        label(one, later + timedelta(days=1), is_fraud=False),  # a revision: kept
        label(one, NOON - timedelta(seconds=1)),
        label(payment(2), later),
        label(one, later, situation="THEFT"),
    ]
    outcome = ingest(one, labels=given)
    counts = outcome.labels
    assert (counts.rows, counts.accepted, counts.duplicates, counts.rejected) == (7, 2, 1, 4)
    assert counts.reasons == {
        "conflicting_duplicate:end_to_end_id": 1,
        "known_before_payment:known_at": 1,
        "unknown_payment:end_to_end_id": 1,
        "unknown_value:situation": 1,
    }
    assert sorted(row["row"] for row in rejects(lake, outcome, "labels")) == [3, 5, 6, 7]


def test_a_label_of_an_unknown_payment_is_taken_once_the_payment_is_there(ingest: Ingest, lake: Path) -> None:
    late = payment(2)
    labels = [label(late, NOON + timedelta(days=1))]
    assert ingest(payment(1), labels=labels).labels.rejected == 1
    ingest(late)
    assert ingest(payment(1), labels=labels).labels.accepted == 1
    assert len(rows(lake, "labels")) == 1


def test_an_empty_input_and_empty_days_are_no_trouble(ingest: Ingest, lake: Path) -> None:
    outcome = ingest(labels=[])
    assert outcome.payments == outcome.labels == Counts(0, 0, 0, 0)
    ingest(payment(1), payment(2, NOON + timedelta(days=30)))
    assert len(list((lake / "payments").iterdir())) == 2


def test_a_foreign_table_with_labels_inside_comes_in_by_its_mapping(tmp_path: Path, lake: Path) -> None:
    table = pa.table(
        {
            "TRANSACTION_ID": [0, 1, 2, 2],
            "TX_DATETIME": pa.array(
                [datetime(2018, 4, 1, 0, 0, second) for second in (1, 2, 3, 3)], pa.timestamp("ns")
            ),
            "CUSTOMER_ID": [5, 5, 6, 6],
            "TERMINAL_ID": [5, 7, 7, 7],
            "TX_AMOUNT": [57.16, 0.0, 0.29, 0.29],
            "TX_TIME_SECONDS": [1, 2, 3, 3],
            "TX_TIME_DAYS": [0, 0, 0, 0],
            "TX_FRAUD": [0, 0, 1, 1],
            "TX_FRAUD_SCENARIO": [0, 0, 2, 2],
        }
    )
    pq.write_table(table, tmp_path / "cards.parquet")
    outcome = run(input=tmp_path / "cards.parquet", mapping="handbook", lake=lake, keys=key_file(tmp_path, 1))
    assert (outcome.payments.accepted, outcome.payments.duplicates) == (3, 1)
    assert (outcome.labels.accepted, outcome.labels.duplicates) == (3, 1)
    found = rows(lake)
    assert [row["amount_centavos"] for row in found] == [5716, 0, 29]
    assert [row["end_to_end_id"][-3:] for row in found] == ["000", "001", "002"]
    assert found[0]["payer_id"] != found[0]["payee_id"]  # customer 5 is not terminal 5
    assert {row["known_at"] - row["event_time"] for row in rows(lake, "labels")} == {timedelta(days=7)}
    assert [row["is_fraud"] for row in rows(lake, "labels")] == [False, False, True]


def test_pacs008_messages_come_in(tmp_path: Path, lake: Path) -> None:
    transfer = f"""
      <CdtTrfTxInf><PmtId><EndToEndId>{payment(1)["end_to_end_id"]}</EndToEndId></PmtId>
        <IntrBkSttlmAmt Ccy="BRL">666.88</IntrBkSttlmAmt><AccptncDtTm>2026-01-31T12:00:07.800Z</AccptncDtTm>
        <MndtRltdInf><Tp><LclInstrm><Prtry>QRDN</Prtry></LclInstrm></Tp></MndtRltdInf>
        <Dbtr><Nm>Ana</Nm><Id><PrvtId><Othr><Id>123.456.789-09</Id></Othr></PrvtId></Id></Dbtr>
        <DbtrAgt><FinInstnId><ClrSysMmbId><MmbId>00000000</MmbId></ClrSysMmbId></FinInstnId></DbtrAgt>
        <CdtrAgt><FinInstnId><ClrSysMmbId><MmbId>60746948</MmbId></ClrSysMmbId></FinInstnId></CdtrAgt>
        <Cdtr><Id><PrvtId><Othr><Id>{CPF_RUI}</Id></Othr></PrvtId></Id></Cdtr><Purp><Cd>IPAY</Cd></Purp>
      </CdtTrfTxInf>"""
    dollars = transfer.replace("BRL", "USD").replace(payment(1)["end_to_end_id"], payment(2)["end_to_end_id"])
    body = f'<Document xmlns="https://www.bcb.gov.br/pi/pacs.008/1.13"><F>{transfer}{dollars}</F></Document>'
    (tmp_path / "day.xml").write_text(body)
    outcome = run(input=tmp_path / "day.xml", mapping="pacs008", lake=lake, keys=key_file(tmp_path, 1))
    assert outcome.payments.reasons == {"wrong_currency:amount_centavos": 1}
    (row,) = rows(lake)
    keys = Keyring({1: KEYS[1]})
    assert {name: value for name, value in row.items() if value is not None} == {
        "end_to_end_id": payment(1)["end_to_end_id"],
        "event_time": datetime(2026, 1, 31, 12, 0, 7, 800_000, tzinfo=UTC),
        "amount_centavos": 66688,
        "payer_id": keys.token("account", CPF_ANA),
        "payee_id": keys.token("account", CPF_RUI),
        "payer_ispb": "00000000",
        "payee_ispb": "60746948",
        "initiation": "DYNAMIC_QRCODE",
        "purpose": "TRANSFER",
    }


def test_tokens_pass_only_where_the_mapping_says_so(tmp_path: Path, lake: Path) -> None:
    tokens = {"payer_id": "k1." + "a" * 32, "payee_id": "k1." + "b" * 32}
    given = [payment(1, **tokens), payment(2, **{**tokens, "payee_id": CPF_RUI})]
    pq.write_table(pa.Table.from_pylist(given), tmp_path / "sim.parquet")
    outcome = run(input=tmp_path / "sim.parquet", mapping="simulator", lake=lake)
    assert outcome.payments.reasons == {"untokenised:payee_id": 1}
    assert rows(lake)[0]["payer_id"] == tokens["payer_id"]


def test_what_cannot_be_read_or_mapped_changes_nothing(ingest: Ingest, tmp_path: Path, lake: Path) -> None:
    ingest(payment(1))
    before = content(lake)
    keys = key_file(tmp_path, 1)
    folder = tmp_path / "days"
    folder.mkdir()
    pq.write_table(pa.Table.from_pylist([payment(5)]), folder / "1.parquet")
    (folder / "2.parquet").write_bytes(b"PAR1 corrupt PAR1")
    with pytest.raises(InputError, match=r"2\.parquet: not readable as parquet"):
        run(input=folder, mapping="pix", lake=lake, keys=keys)
    pq.write_table(pa.Table.from_pylist([{**payment(6), "new_column": 1}]), folder / "2.parquet")
    with pytest.raises(MappingError, match="'new_column'"):
        run(input=folder, mapping="pix", lake=lake, keys=keys)
    with pytest.raises(KeyringError, match="cannot be read"):
        run(input=folder, mapping="pix", lake=lake, keys=tmp_path / "none.json")
    with pytest.raises(MappingError, match="labels in the payments table, and a file of labels"):
        run(input=folder, mapping="handbook", lake=lake, keys=keys, labels=folder)
    assert content(lake) == before


# -- real processes ---------------------------------------------------------------------------------------------------


LARGE = 20_000


@dataclass(frozen=True)
class World:
    """A small first input, a large second one, and what a lake is after both when nothing goes wrong."""

    first: Path
    large: Path
    keys: Path
    snapshot: str


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    folder = tmp_path_factory.mktemp("world")
    first, large, keys = folder / "first.jsonl", folder / "large.parquet", key_file(folder, 1)
    first.write_text(json.dumps(payment(1, NOON - timedelta(days=1))))
    times = [NOON + timedelta(minutes=n) for n in range(LARGE)]
    pq.write_table(pa.Table.from_pylist([payment(n, at) for n, at in enumerate(times)]), large)
    for given in (first, large):
        outcome = run(input=given, mapping="pix", lake=folder / "lake", keys=keys)
    return World(first, large, keys, outcome.snapshot)


def command(input: Path, lake: Path, keys: Path) -> list[str]:
    job = [sys.executable, "-m", "pixguard.jobs.ingest_payments", "--mapping", "pix"]
    return [*job, "--input", str(input), "--lake", str(lake), "--keys", str(keys)]


def await_and_kill(process: subprocess.Popen[bytes], reached: Callable[[], bool]) -> bool:
    """Kill the process with SIGKILL as soon as `reached`; False if it ended before."""
    while process.poll() is None:
        if reached():
            process.send_signal(signal.SIGKILL)
            process.wait()
            return True
        time.sleep(0.001)
    return False


STAGES: dict[str, Callable[[Path], bool]] = {
    "staging": lambda lake: any(lake.glob(".staging-*/*")),
    "settling": lambda lake: any(lake.glob(".staging-*/spill")) or any(lake.glob(".staging-*/day.parquet")),
    "days": lambda lake: any(lake.glob(".staging-*/payments-event_date=*")),
    "building": lambda lake: any((lake / ".versions").glob(".building-*")),
}


@pytest.mark.parametrize("stage", STAGES)
def test_a_job_killed_anywhere_leaves_the_old_lake_or_the_new_one(world: World, lake: Path, stage: str) -> None:
    for attempt in range(5):  # a stage may pass between two looks at it: then once more, in a new lake
        lake = lake.with_name(f"lake-{attempt}")
        run(input=world.first, mapping="pix", lake=lake, keys=world.keys)
        old = content(lake)
        process = subprocess.Popen(command(world.large, lake, world.keys), stderr=subprocess.DEVNULL)
        if await_and_kill(process, lambda lake=lake: STAGES[stage](lake)):
            break
    else:
        pytest.fail(f"the job was never seen at {stage}")
    assert content(lake) == old or len(rows(lake)) == LARGE + 1
    outcome = run(input=world.large, mapping="pix", lake=lake, keys=world.keys)
    assert outcome.payments.accepted + outcome.payments.duplicates == LARGE
    assert (len(rows(lake)), outcome.snapshot) == (LARGE + 1, world.snapshot)
    assert not list(lake.glob(".staging-*"))


def test_a_full_disk_leaves_the_old_lake_and_says_so(world: World, lake: Path) -> None:
    run(input=world.first, mapping="pix", lake=lake, keys=world.keys)
    old = content(lake)
    # a file may grow to 256 kB only: the write then fails as on a full disk, in the process itself
    limited = ["prlimit", "--fsize=262144", "--", *command(world.large, lake, world.keys)]
    done = subprocess.run(limited, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "cannot be written" in done.stderr
    assert "Traceback" not in done.stderr
    assert content(lake) == old
    assert not list(lake.glob(".staging-*"))


def test_a_disk_that_fills_up_during_the_commit_leaves_the_old_lake(
    ingest: Ingest, lake: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ingest(payment(1))
    old = content(lake)

    def full(*_: Any) -> None:
        raise OSError(28, os.strerror(28))

    monkeypatch.setattr("pixguard.lake.os.link", full)
    with pytest.raises(LakeError, match="No space left on device"):
        ingest(payment(2))
    monkeypatch.undo()
    assert content(lake) == old
    assert ingest(payment(2)).payments.accepted == 1


def test_the_command_writes_counts_and_its_log(tmp_path: Path, lake: Path) -> None:
    (tmp_path / "in.jsonl").write_text(json.dumps(payment(1)))
    job = [*command(tmp_path / "in.jsonl", lake, key_file(tmp_path, 1)), "--counts", str(tmp_path / "counts.json")]
    done = subprocess.run(job, capture_output=True, text=True, check=True)
    assert "payments: rows 1, accepted 1, duplicates 0, rejected 0" in done.stderr
    assert "payments/s" in done.stderr
    counts = json.loads((tmp_path / "counts.json").read_text())
    assert counts["payments"]["accepted"] == 1
    assert counts["snapshot"] == json.loads((lake / "snapshot.json").read_text())["snapshot"]


def test_a_user_error_ends_the_command_with_one_line(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    status = main(["--input", str(tmp_path / "none"), "--mapping", "simulator", "--lake", str(tmp_path / "lake")])
    assert status == 1
    assert [record.message.partition(":")[0] for record in caplog.records] == [str(tmp_path / "none")]


def test_days_are_dates_of_the_year(ingest: Ingest, lake: Path) -> None:
    ingest(payment(1, datetime(2024, 2, 29, 23, 59, tzinfo=UTC)))
    (folder,) = (lake / "payments").iterdir()
    assert date.fromisoformat(folder.name.partition("=")[2]) == date(2024, 2, 29)
