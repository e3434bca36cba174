"""One way to ask an HTTP source for JSON: with a time limit, and an error that says who did not answer what."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import httpx

from pixguard.evidence.errors import SourceError


def ask(url: str, parameters: Mapping[str, str] | None = None, *, what: str, timeout_s: float = 5) -> Any:
    """Return the JSON that `url` answers; SourceError names `what` and the address without its credentials."""
    try:
        answer = httpx.get(url, params=parameters, timeout=timeout_s)
        answer.raise_for_status()
        return answer.json()
    except httpx.HTTPStatusError as error:
        shown = _shown(url)
        raise SourceError(
            f"{what} at {shown}: HTTP {error.response.status_code}: {error.response.text[:200]}"
        ) from error
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise SourceError(f"{what} at {_shown(url)} does not answer: {error or type(error).__name__}") from error
    except ValueError as error:
        raise SourceError(f"{what} at {_shown(url)} answers no JSON: {error}") from error


def _shown(url: str) -> str:
    scheme, separator, rest = url.partition("://")
    return f"{scheme}{separator}{rest.rpartition('@')[2]}"
