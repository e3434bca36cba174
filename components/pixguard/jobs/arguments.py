"""How jobs read what their command lines share."""

import os
from datetime import UTC, datetime

from pixguard.errors import UsageError


def utc_time(text: str) -> datetime:
    """Return an ISO time in UTC; a time without an offset is UTC."""
    time = datetime.fromisoformat(text)
    return time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)


def online_store(address: str) -> str:
    """Return the online store that is given, or else PIXGUARD_ONLINE_STORE: an address may hold a password."""
    found = address or os.environ.get("PIXGUARD_ONLINE_STORE", "")
    if not found:
        raise UsageError("no online store: give --online-store or set PIXGUARD_ONLINE_STORE")
    return found
