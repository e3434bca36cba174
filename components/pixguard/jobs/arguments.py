"""How jobs read what their command lines share."""

from datetime import UTC, datetime


def utc_time(text: str) -> datetime:
    """Return an ISO time in UTC; a time without an offset is UTC."""
    time = datetime.fromisoformat(text)
    return time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)
