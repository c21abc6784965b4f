"""What both adapters accept. Checked in one place, so that what works on one machine works in Azure."""

import json
import re
import zlib
from base64 import b64decode, b64encode
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TypeGuard

from records.errors import InvalidNameError, ValueTooLargeError
from records.store import Change, Delete, Insert, Put, Replace, Row, Value

MAX_NAME = 200
"""Characters. Escaped (at most two UTF-16 units each) this stays under Table Storage's 512 units for a key."""

MAX_VALUE = 256 * 1024
"""Bytes of ASCII text, as `pack` returns it. Table Storage counts two bytes a character and takes 1 MiB an entity."""

MAX_JSON = 4 * 1024 * 1024
"""Bytes of ASCII JSON of one value before it is compressed."""

MAX_CHANGES = 100
"""Table Storage's limit for one transaction."""

MAX_APPLY = 1536 * 1024
"""Bytes of ASCII text in one `apply`. On the wire the JSON is quoted once more, which at most doubles it; with up to
10 KiB of names for each of 100 changes this stays under Table Storage's 4 MiB for a transaction."""

MAX_SCAN = 1000
"""Rows. Table Storage's page."""

# Control characters and half surrogates, which Table Storage refuses, and the last characters of UTF-16 and of
# Unicode, which end the range of a prefix.
_NOT_TEXT = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff\ufffd-\uffff\U0010ffff]")

UNREADABLE = "unreadableText"
"""The one field of a value whose row holds a text that is no JSON object: it was cut, or something else wrote it."""

# What begins no JSON object begins a compressed one.
_COMPRESSED = "zlib:"

_compact = json.JSONEncoder(ensure_ascii=True, allow_nan=False, separators=(",", ":")).encode


def check_name(name: str) -> str:
    if not name:
        raise InvalidNameError("a partition or key is empty")
    return check_part(name)


def check_part(part: str) -> str:
    """Return a name, or the beginning of one, which may be empty."""
    if len(part) > MAX_NAME:
        raise InvalidNameError(f"a partition or key has {len(part)} characters; {MAX_NAME} is the most")
    if _NOT_TEXT.search(part):
        raise InvalidNameError(f"a partition or key holds characters that are not text: {part!a}")
    return part


def check_limit(limit: int) -> int:
    if not 1 <= limit <= MAX_SCAN:
        raise ValueError(f"a scan returns 1 to {MAX_SCAN} rows, not {limit}")
    return limit


def pack(value: Value) -> str:
    """Return ASCII text: a byte is a character everywhere, so it can be cut anywhere and its size means the same to all.

    It is JSON, or of a value that would be too large JSON that is compressed (zlib, RFC 1950) and in Base64: the record of a
    request over hundreds of customers names the same approvers for each of them.
    """
    text = _compact(value)
    if len(text) > MAX_JSON:
        raise ValueTooLargeError(f"a value takes {len(text)} bytes of JSON; {MAX_JSON} is the most")
    if len(text) > MAX_VALUE:  # what fits stays readable, in the table and by version 0.1, which compressed nothing
        text = _COMPRESSED + b64encode(zlib.compress(text.encode("ascii"))).decode("ascii")
    if len(text) > MAX_VALUE:
        raise ValueTooLargeError(f"a value takes {len(text)} bytes; {MAX_VALUE} is the most")
    return text


def unpack(text: str) -> Value:
    """Return the value that `pack` made the text of; of what it did not make, `{UNREADABLE: text}`.

    So one damaged row is a value that its reader cannot use, and not a fault of all that is read with it.
    """
    try:
        packed = text
        if text.startswith(_COMPRESSED):
            packed = zlib.decompress(b64decode(text.removeprefix(_COMPRESSED))).decode("ascii")
        value: object = json.loads(packed)
    except (ValueError, zlib.error, RecursionError):
        return {UNREADABLE: text}
    return value if isinstance(value, dict) else {UNREADABLE: text}


def is_name(value: object) -> TypeGuard[str]:
    """Whether a value can be a partition or a key."""
    return isinstance(value, str) and 0 < len(value) <= MAX_NAME and not _NOT_TEXT.search(value)


def instant_in(value: Value, name: str) -> datetime | None:
    """Return the instant that a field holds, None where it holds none."""
    return instant_of(value.get(name))


def instant_of(text: object) -> datetime | None:
    """Return the instant that a value is the text of, in UTC where it names no zone; None where it is none."""
    try:
        at = datetime.fromisoformat(text) if isinstance(text, str) else None
    except ValueError:
        return None
    return at.replace(tzinfo=UTC) if at and at.tzinfo is None else at


def pack_changes(partition: str, changes: Sequence[Change]) -> list[tuple[Change, str, str]]:
    """Return each change with its key and its value as text (empty for a delete), all checked."""
    check_name(partition)
    if len(changes) > MAX_CHANGES:
        raise ValueError(f"apply takes at most {MAX_CHANGES} changes, not {len(changes)}")
    packed = [_pack_change(partition, change) for change in changes]
    if len({key for _, key, _ in packed}) < len(packed):
        raise ValueError("apply takes only one change of a key")
    size = sum(len(text) for _, _, text in packed)
    if size > MAX_APPLY:
        raise ValueTooLargeError(f"the values of one apply take {size} bytes of JSON; {MAX_APPLY} is the most")
    return packed


def _pack_change(partition: str, change: Change) -> tuple[Change, str, str]:
    match change:
        case Insert(key, value) | Put(key, value):
            return change, check_name(key), pack(value)
        case Replace(row, value):
            return change, _key_in(partition, row), pack(value)
        case Delete(row):
            return change, _key_in(partition, row), ""


def _key_in(partition: str, row: Row) -> str:
    if row.partition != partition:
        raise ValueError("apply changes rows of one partition only")
    return check_name(row.key)
