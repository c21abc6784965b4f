"""Durations as people write them."""

import re

from mfa_reset_client.messages import Message

_UNITS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400}


def parse_duration(text: str) -> float:
    """Return the seconds of 90, 90s, 30m, 24h or 2d.

    Raises:
        ValueError: The text is anything else.
    """
    found = re.fullmatch(r"(\d{1,9})([smhd]?)", text.strip(), re.ASCII)
    if found is None or int(found[1]) == 0:
        raise ValueError(Message("%(text)s is not a duration: write 90s, 30m, 24h or 2d", text=repr(text)))
    return float(int(found[1]) * _UNITS[found[2]])
