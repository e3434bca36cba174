"""Names and values as DuckDB reads them in a query."""

from typing import Any


def quoted(name: str) -> str:
    """Return a column's or table's name as an identifier."""
    return '"' + name.replace('"', '""') + '"'


def literal(value: Any) -> str:
    """Return a number, a text or a UTC time as a literal."""
    if isinstance(value, int | float):
        return repr(value)
    if isinstance(value, str):
        return "'" + value.replace("'", "''") + "'"
    return f"TIMESTAMPTZ '{value.isoformat()}'"
