"""Cursors of lists over several customers: the position in each customer's list, packed into one text.

A cursor is not signed because it cannot be used for more than the list it came from: it holds page tokens and offsets, never an
address, and the list is asked for again with the caller's own parameters.
"""

import base64
import binascii
import hashlib
import json
import zlib
from collections.abc import Mapping
from typing import NamedTuple

from domain.errors import InvalidInputError

# Graph's page tokens have some hundred characters each; a hundred customers' fit, and nothing that could fill the memory.
_LARGEST = 128 * 1024


class Spot(NamedTuple):
    """Where one customer's list goes on: `page` as Graph named it ("" is the first), and how many of its rows were shown."""

    page: str = ""
    shown: int = 0
    plain: bool = False  # asked without sorting, because this directory does not sort


def pack(question: str, spots: Mapping[str, Spot]) -> str | None:
    """Return the cursor for the customers that have more to show; None when none has. `question` is what the list was asked for."""
    if not spots:
        return None
    value = [_digest(question), {key: [spot.page, spot.shown, int(spot.plain)] for key, spot in spots.items()}]
    raw = zlib.compress(json.dumps(value, separators=(",", ":")).encode(), 9)
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def unpack(question: str, cursor: str) -> dict[str, Spot]:
    """Return what `pack` packed. Raises: InvalidInputError for any other text, and for a cursor of another list."""
    try:
        raw = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        digest, spots = json.loads(zlib.decompressobj().decompress(raw, _LARGEST))
        found = {str(key): Spot(str(page), int(shown), bool(plain)) for key, (page, shown, plain) in spots.items()}
    except (binascii.Error, zlib.error, ValueError, TypeError, AttributeError):
        raise _invalid_cursor() from None
    if digest != _digest(question) or any(spot.shown < 0 for spot in found.values()):
        raise _invalid_cursor()
    return found


def _digest(question: str) -> str:
    return hashlib.sha256(question.encode()).hexdigest()[:16]


def _invalid_cursor() -> InvalidInputError:
    detail = "use the cursor of the last response, with the same parameters"
    return InvalidInputError(
        "The cursor does not belong to this list.", [{"pointer": "/query/cursor", "detail": detail}]
    )
