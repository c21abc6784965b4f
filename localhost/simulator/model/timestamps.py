"""Dates as Graph writes them."""

from datetime import datetime
from zlib import crc32

# An unknown date elsewhere in Graph. [d]
ZERO = "0001-01-01T00:00:00Z"


def stamp(moment: datetime | None) -> str | None:
    return None if moment is None else moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def precise(moment: datetime | None, key: str) -> str | None:
    """Return a date with seven digits after the second, as .NET writes them: `2022-06-06T16:43:04.6438213Z` [d].

    Python's dates have six: the last one comes of `key`, the same for the same key, and is never 0.
    """
    return None if moment is None else f"{moment:%Y-%m-%dT%H:%M:%S.%f}{crc32(key.encode()) % 9 + 1}Z"
