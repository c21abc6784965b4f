"""Cursors: where a list goes on, signed, so that only what this service wrote comes back.

`kid.payload.signature`: the payload is the base64url of compressed JSON, the signature HMAC-SHA256 over purpose, question and
payload. A cursor is bound to the question that its list was asked with. It holds page tokens and offsets, never an address
or a filter: the list is asked for again with the caller's own parameters.
"""

import base64
import binascii
import hashlib
import hmac
import json
import re
import zlib
from collections.abc import Mapping
from typing import Any, NamedTuple

from domain.access.approval_links import KeyRing
from domain.errors import InvalidInputError
from languages import Message

# Graph's page tokens have some hundred characters each; a hundred customers' fit, and nothing that could fill the memory.
_LARGEST = 128 * 1024
# A page token of one customer. Graph's have up to about 1,500 characters.
LONGEST_PAGE = 8 * 1024
# Graph's largest page has 999 users.
MOST_SHOWN = 1000
_SHAPE = re.compile(r"([A-Za-z0-9_-]{1,16})\.([A-Za-z0-9_-]{1,65536})\.([A-Za-z0-9_-]{43})", re.ASCII)
_PURPOSE = b"mfareset cursor\n"


class Spot(NamedTuple):
    """Where one customer's list goes on: `page` as Graph named it ("" is the first), and how many of its rows were shown."""

    page: str = ""
    shown: int = 0
    plain: bool = False  # asked without sorting, because this directory does not sort


def pack(ring: KeyRing, question: str, spots: Mapping[str, Spot]) -> str | None:
    """Return the cursor for the customers that have more to show; None when none has. `question` is what the list was asked for."""
    if not spots:
        return None
    return seal(ring, question, {key: [spot.page, spot.shown, int(spot.plain)] for key, spot in spots.items()})


def unpack(ring: KeyRing, question: str, cursor: str) -> dict[str, Spot]:
    """Return what `pack` packed. Raises: InvalidInputError for any other text, and for a cursor of another list."""
    value = unseal(ring, question, cursor)
    try:
        return {str(key): _spot(*entry) for key, entry in value.items()}
    except (ValueError, TypeError, AttributeError):
        raise _invalid_cursor() from None


def seal(ring: KeyRing, question: str, value: Any) -> str:
    """Return a cursor that holds `value`, which is JSON."""
    raw = zlib.compress(json.dumps(value, separators=(",", ":")).encode(), 9)
    payload = base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
    return f"{ring.signing}.{payload}.{_mac(ring.keys[ring.signing], question, payload)}"


def unseal(ring: KeyRing, question: str, cursor: str) -> Any:
    """Return what `seal` put in. Raises: InvalidInputError for a cursor that is not ours, or was made for another question."""
    match = _SHAPE.fullmatch(cursor)
    if not match or match[1] not in ring.keys:
        raise _invalid_cursor()
    if not hmac.compare_digest(_mac(ring.keys[match[1]], question, match[2]), match[3]):
        raise _invalid_cursor()
    try:
        raw = base64.urlsafe_b64decode(match[2] + "=" * (-len(match[2]) % 4))
        return json.loads(zlib.decompressobj().decompress(raw, _LARGEST))
    except (binascii.Error, zlib.error, ValueError, RecursionError):
        raise _invalid_cursor() from None


def _spot(page: object, shown: object, plain: object) -> Spot:
    """The fields are bounded also where the signature is right: a key that leaked must not reach further than a list."""
    if not isinstance(page, str) or len(page) > LONGEST_PAGE or not page.isprintable():
        raise ValueError("page")
    if not isinstance(shown, int) or not 0 <= shown <= MOST_SHOWN:
        raise ValueError("shown")
    return Spot(page, shown, plain == 1)


def _mac(key: bytes, question: str, payload: str) -> str:
    about = hashlib.sha256(question.encode("utf-8", "surrogatepass")).digest()
    digest = hmac.digest(key, _PURPOSE + about + payload.encode(), hashlib.sha256)
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def _invalid_cursor() -> InvalidInputError:
    detail = Message("use the cursor of the last response, with the same parameters")
    return InvalidInputError(
        Message("The cursor does not belong to this list."), [{"pointer": "/query/cursor", "detail": detail}]
    )
