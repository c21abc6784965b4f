"""What clients ask of a queue's `$management` (Microsoft: "AMQP 1.0 in Azure Service Bus: request/response operations")."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from proton import UNDESCRIBED, Array, Data, MessageException, timestamp

from localhost.servicebus import conditions
from localhost.servicebus.messages import delivered
from localhost.servicebus.namespace import Namespace
from localhost.servicebus.queue import Message, Outcome, Queue

_VENDOR = "com.microsoft:"


@dataclass(frozen=True, slots=True)
class Answer:
    """`condition` says what went wrong; `status` is as in HTTP."""

    status: int
    body: dict[str, Any] = field(default_factory=dict)
    condition: str = ""


class Management:
    def __init__(self, namespace: Namespace) -> None:
        self._namespace = namespace
        self._operations: dict[str, Callable[[str, Queue | None, dict[str, Any], datetime], Answer]] = {
            "renew-lock": _renew_lock,
            "update-disposition": _update_disposition,
            "peek-message": _peek,
            "receive-by-sequence-number": _receive_deferred,
            "schedule-message": self._schedule,
            "cancel-scheduled-message": self._cancel,
            "renew-session-lock": _renew_session,
            "get-session-state": _get_session_state,
            "set-session-state": _set_session_state,
        }

    def answer(self, path: str, operation: str, body: dict[str, Any], now: datetime) -> Answer:
        """`path` is that of the queue, subscription or topic."""
        known = self._operations.get(operation.removeprefix(_VENDOR))
        if known is None:
            return Answer(501, condition=conditions.NOT_IMPLEMENTED)
        try:
            return known(path, self._namespace.queue(path), body, now)
        except (
            KeyError,
            TypeError,
            ValueError,
            AttributeError,
        ):  # a body that lacks something, or has it as something else
            return Answer(400, condition=conditions.ARGUMENT)

    def _schedule(self, path: str, _: Queue | None, body: dict[str, Any], now: datetime) -> Answer:
        if not self._namespace.takes(path):
            return Answer(404, condition=conditions.NOT_FOUND)
        sequences: list[int] = []
        for entry in body.get("messages", ()):
            try:
                # A topic gives one number for all its subscriptions; the first stands for them here.
                sequences += self._namespace.send(path, bytes(entry["message"]), now)[:1]
            except MessageException:
                return Answer(400, condition=conditions.ARGUMENT)
        return Answer(200, {"sequence-numbers": _array(Data.LONG, sequences)})

    def _cancel(self, path: str, _: Queue | None, body: dict[str, Any], __: datetime) -> Answer:
        found = [self._namespace.cancel(path, number) for number in _elements(body.get("sequence-numbers"))]
        return Answer(200) if all(found) else Answer(404, condition=conditions.MESSAGE_NOT_FOUND)


def wire(message: Message) -> bytes:
    """The message as it goes to a receiver."""
    kept = message.kept
    return delivered(
        kept.raw,
        sequence=kept.sequence,
        enqueued=kept.enqueued,
        deliveries=kept.deliveries,
        locked_until=message.until,
        state=kept.state,
        dead_letter=kept.dead_letter,
    )


def _renew_lock(_: str, queue: Queue | None, body: dict[str, Any], now: datetime) -> Answer:
    if queue is None:
        return Answer(404, condition=conditions.NOT_FOUND)
    until = [queue.renew(_token(token), now) for token in _elements(body.get("lock-tokens"))]
    if None in until:
        return Answer(410, condition=conditions.LOCK_LOST)
    return Answer(200, {"expirations": _array(Data.TIMESTAMP, [_stamp(when) for when in until if when])})


def _update_disposition(_: str, queue: Queue | None, body: dict[str, Any], now: datetime) -> Answer:
    if queue is None:
        return Answer(404, condition=conditions.NOT_FOUND)
    try:
        outcome = Outcome(body.get("disposition-status"))
    except ValueError:
        return Answer(400, condition=conditions.ARGUMENT)
    why = (str(body.get("deadletter-reason") or ""), str(body.get("deadletter-description") or ""))
    held = [queue.settle(_token(token), outcome, now, why) for token in _elements(body.get("lock-tokens"))]
    return Answer(200) if all(held) else Answer(410, condition=conditions.LOCK_LOST)


def _peek(_: str, queue: Queue | None, body: dict[str, Any], __: datetime) -> Answer:
    if queue is None:
        return Answer(404, condition=conditions.NOT_FOUND)
    found = queue.peek(
        int(body.get("from-sequence-number") or 0), int(body.get("message-count") or 1), body.get("session-id")
    )
    return _messages([{"message": wire(message)} for message in found])


def _receive_deferred(_: str, queue: Queue | None, body: dict[str, Any], now: datetime) -> Answer:
    if queue is None:
        return Answer(404, condition=conditions.NOT_FOUND)
    found = [queue.take_deferred(number, now) for number in _elements(body.get("sequence-numbers"))]
    return _messages([{"lock-token": m.lock_token, "message": wire(m)} for m in found if m is not None])


def _renew_session(_: str, queue: Queue | None, body: dict[str, Any], now: datetime) -> Answer:
    until = None if queue is None else queue.renew_session(str(body.get("session-id")), now)
    if until is None:
        return Answer(410, condition=conditions.SESSION_LOCK_LOST)
    return Answer(200, {"expiration": _stamp(until)})


def _get_session_state(_: str, queue: Queue | None, body: dict[str, Any], __: datetime) -> Answer:
    if queue is None:
        return Answer(404, condition=conditions.NOT_FOUND)
    return Answer(200, {"session-state": queue.session_state(str(body.get("session-id")))})


def _set_session_state(_: str, queue: Queue | None, body: dict[str, Any], __: datetime) -> Answer:
    if queue is None:
        return Answer(404, condition=conditions.NOT_FOUND)
    state = body.get("session-state")
    queue.set_session_state(str(body.get("session-id")), None if state is None else bytes(state))
    return Answer(200)


def _messages(found: list[dict[str, Any]]) -> Answer:
    return Answer(200, {"messages": found}) if found else Answer(204, condition=conditions.MESSAGE_NOT_FOUND)


def _elements(value: Any) -> list[Any]:
    if value is None:
        return []
    return list(value.elements) if isinstance(value, Array) else list(value)


def _array(kind: int, values: Iterable[Any]) -> Array:
    return Array(UNDESCRIBED, kind, *values)


def _token(token: UUID) -> str:
    return token.bytes_le.decode("ascii", "replace")


def _stamp(when: datetime) -> timestamp:
    return timestamp(int(when.timestamp() * 1000))
