"""AMQP messages as bytes: what a broker has to know of one, how a batch is taken apart, and what is added on delivery."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from proton import Message, symbol, timestamp

# Sections of a message begin with 0x00 0x53 and one of these (OASIS AMQP 1.0 part 3, 3.2).
_HEADER, _DATA, _FOOTER = 0x70, 0x75, 0x78
# How long a value's own length field is, by constructor: binary, list and map, each short and long.
_LENGTHS = {0xA0: 1, 0xB0: 4, 0xC0: 1, 0xD0: 4, 0xC1: 1, 0xD1: 4}
_EMPTY_LIST = 0x45


@dataclass(frozen=True, slots=True)
class Facts:
    message_id: str
    session_id: str | None
    time_to_live: timedelta | None
    scheduled: datetime | None


def facts(raw: bytes) -> Facts:
    """Raises: proton.MessageException for what is no message."""
    message = _decoded(raw)
    scheduled = (message.annotations or {}).get(symbol("x-opt-scheduled-enqueue-time"))
    return Facts(
        message_id="" if message.id is None else str(message.id),
        session_id=message.group_id or None,
        time_to_live=timedelta(seconds=message.ttl) if message.ttl else None,
        scheduled=None if scheduled is None else datetime.fromtimestamp(scheduled / 1000, UTC),
    )


def delivered(
    raw: bytes,
    *,
    sequence: int,
    enqueued: datetime,
    deliveries: int,
    locked_until: datetime | None,
    state: int,
    dead_letter: tuple[str, str] | None,
) -> bytes:
    """The message as a receiver gets it. `deliveries`: how often it was given out before; `dead_letter`: reason, description."""
    message = _decoded(raw)
    added: dict[Any, Any] = {
        symbol("x-opt-sequence-number"): sequence,
        symbol("x-opt-enqueued-time"): _stamp(enqueued),
        symbol("x-opt-message-state"): int(state),
    }
    if locked_until is not None:
        added[symbol("x-opt-locked-until")] = _stamp(locked_until)
    message.annotations = dict(message.annotations or {}) | added
    message.delivery_count = deliveries
    if dead_letter is not None:
        reason, description = dead_letter
        details = {"DeadLetterReason": reason, "DeadLetterErrorDescription": description}
        message.properties = dict(message.properties or {}) | details
    encoded: bytes = message.encode()
    return encoded


def unbatched(raw: bytes) -> list[bytes]:
    """The messages in a transfer. Azure's clients send several as one whose data sections are messages themselves.

    Proton does not tell a transfer's message format (0x80013700 for those), so a batch is known by its look.
    """
    sections = list(_sections(raw))
    bodies = [value for code, value in sections if code == _DATA]
    if any(code > _DATA for code, _ in sections) or not bodies:
        return [raw]
    return bodies if all(_is_message(body) for body in bodies) else [raw]


def _is_message(raw: bytes) -> bool:
    return len(raw) > 3 and raw[:2] == b"\x00\x53" and _HEADER <= raw[2] <= _FOOTER


def _sections(raw: bytes) -> Iterator[tuple[int, bytes]]:
    """Code and value of each section, up to the first that cannot be passed over."""
    at = 0
    while _is_message(raw[at:]):
        code, constructor = raw[at + 2], raw[at + 3]
        at += 4
        if constructor == _EMPTY_LIST:
            yield code, b""
        elif (width := _LENGTHS.get(constructor)) is not None:
            length = int.from_bytes(raw[at : at + width])
            at += width
            yield code, raw[at : at + length]
            at += length
        else:  # a body of another type, which ends the message
            yield code, b""
            return


def _decoded(raw: bytes) -> Message:
    message = Message()
    message.decode(raw)
    return message


def _stamp(when: datetime) -> timestamp:
    return timestamp(int(when.timestamp() * 1000))
