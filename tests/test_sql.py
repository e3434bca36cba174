from datetime import UTC, datetime

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pixguard.sql import literal, quoted

Texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))


@given(Texts)
def test_a_text_means_itself(text: str) -> None:
    with duckdb.connect() as connection:
        assert connection.sql(f"SELECT {literal(text)}").fetchall() == [(text,)]


@given(Texts.filter(bool))
def test_a_name_means_itself(name: str) -> None:
    with duckdb.connect() as connection:
        assert connection.sql(f"SELECT 1 AS {quoted(name)}").columns == [name]


@pytest.mark.parametrize("value", [-3, 10**13, 0.25])
def test_numbers(value: float) -> None:
    with duckdb.connect() as connection:
        assert connection.sql(f"SELECT {literal(value)} = {value!r}").fetchall() == [(True,)]


def test_a_time_is_an_instant_in_any_session() -> None:
    time = datetime(2026, 1, 31, 12, 0, 0, 123456, tzinfo=UTC)
    with duckdb.connect() as connection:
        connection.sql("SET TimeZone = 'Asia/Tokyo'")
        assert connection.sql(f"SELECT epoch_us({literal(time)})").fetchall() == [(round(time.timestamp() * 1e6),)]
