import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from pixguard.datasets.records import json_lines, pacs008
from pixguard.payment.columns import flat, reason_of
from pixguard.payment.rules import judge

NAMESPACE = "https://www.bcb.gov.br/pi/pacs.008/1.13"


def lines(folder: Path, *values: Any) -> Path:
    path = folder / "x.jsonl"
    path.write_text("\n".join(json.dumps({"amount_centavos": value}) for value in values))
    return path


@pytest.mark.parametrize(
    ("values", "outcomes"),
    [
        ([1, 2, None], [1, 2, "missing"]),
        ([1, "2", 3.0, 4.5], [1, 2, 3, "fractional"]),
        ([True, 5], ["wrong_type", 5]),
        ([10**30, 5, -(10**400)], ["overflow", 5, "overflow"]),
        ([[1], {"a": 1}, 5], ["wrong_type", "wrong_type", 5]),
        (["\ud800", "7"], ["wrong_type", 7]),
        ([float("nan"), 1], ["not_a_number", 1]),
        ([[1]], ["wrong_type"]),
        ([None, None], ["missing", "missing"]),
    ],
)
def test_each_value_of_a_mixed_column_is_judged_as_what_it_is(
    tmp_path: Path, values: list[Any], outcomes: list[Any]
) -> None:
    ((columns, _, _, _),) = json_lines(lines(tmp_path, *values), ["amount_centavos"], 100)
    column = judge(pa.table(columns)).columns["amount_centavos"]
    problems = [reason_of(int(code)) if code else None for code in column.problems]
    found = [problem or value for problem, value in zip(problems, column.values.to_pylist(), strict=True)]
    assert found == outcomes


def transfer(number: int, amount: str = "666.88") -> str:
    return f"""
      <CdtTrfTxInf>
        <PmtId><EndToEndId>E{number}</EndToEndId></PmtId>
        <IntrBkSttlmAmt Ccy="BRL">{amount}</IntrBkSttlmAmt>
      </CdtTrfTxInf>"""


def message(folder: Path, *transfers: str) -> Path:
    path = folder / "x.xml"
    path.write_text(
        f'<?xml version="1.0"?><Envelope xmlns="{NAMESPACE}"><Document><FIToFICstmrCdtTrf><GrpHdr><MsgId>M1</MsgId>'
        f"</GrpHdr>{''.join(transfers)}</FIToFICstmrCdtTrf></Document></Envelope>"
    )
    return path


def test_transfers_are_read_by_path_and_attribute_in_batches(tmp_path: Path) -> None:
    file = message(tmp_path, *(transfer(n) for n in range(5)))
    columns = ["PmtId/EndToEndId", "IntrBkSttlmAmt", "IntrBkSttlmAmt/@Ccy", "Purp/Cd"]
    batches = list(pacs008(file, columns, 2))
    assert [rows.tolist() for _, rows, _, _ in batches] == [[1, 2], [3, 4], [5]]
    first = {name: flat(column).to_pylist() for name, column in batches[0][0].items()}
    assert first == {
        "PmtId/EndToEndId": ["E0", "E1"],
        "IntrBkSttlmAmt": ["666.88"] * 2,
        "IntrBkSttlmAmt/@Ccy": ["BRL"] * 2,
        "Purp/Cd": [None, None],
    }


def test_a_message_without_transfers_has_no_rows(tmp_path: Path) -> None:
    ((columns, rows, _, _),) = pacs008(message(tmp_path), ["PmtId/EndToEndId"], 2)
    assert (len(columns["PmtId/EndToEndId"]), rows.tolist()) == (0, [])
