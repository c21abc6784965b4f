"""Lengths of time as people write them in the policy file: "90s", "90m", "24h", "7d", "1d12h"."""

import re
from datetime import timedelta

DURATION_PATTERN = r"^(?=\d)(?:(\d{1,5})d)?(?:(\d{1,5})h)?(?:(\d{1,5})m)?(?:(\d{1,5})s)?$"
_DURATION = re.compile(DURATION_PATTERN, re.ASCII)
# Nothing here waits longer than a year; a larger number is a slip of the finger.
LONGEST = timedelta(days=366)


def parse_duration(text: str) -> timedelta:
    """Parse a duration. Raises: ValueError for text that is no duration, for zero, and for more than a year."""
    match = _DURATION.fullmatch(text)
    if not match:
        raise ValueError(f'{text[:20]!r} is not a duration; write "30m", "24h" or "7d"')
    days, hours, minutes, seconds = (int(part or 0) for part in match.groups())
    length = timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)
    if not timedelta() < length <= LONGEST:
        raise ValueError(f"{text!r} must be more than nothing and at most 366d")
    return length
