"""Small words of AMQP: how a link is refused, what a disposition means, what a receiver says of sessions."""

from datetime import datetime, timedelta
from typing import Any

from proton import Condition, Delivery, Link, Message, Sender, symbol

from localhost.servicebus.management import Answer
from localhost.servicebus.queue import Outcome

SESSION_FILTER = symbol("com.microsoft:session-filter")
# How long a receiver waits for a session when it does not say (Azure: a little over a minute).
_SESSION_WAIT = timedelta(seconds=60)
_TICKS_AT_EPOCH = 621_355_968_000_000_000  # 100 ns since year 1: how .NET counts


def refuse(link: Link, condition: str, description: str) -> None:
    """An attach that is answered without a source or target and then ended is refused (AMQP 1.0 part 2, 2.6.3)."""
    link.source.type = 0
    link.target.type = 0
    link.open()
    link.condition = Condition(condition, description)
    link.close()


def reject(delivery: Delivery, condition: str, description: str) -> None:
    # The client of Azure reads the third part of an error whether it is there or not.
    delivery.local.condition = Condition(condition, description, {symbol("host"): "localhost"})
    delivery.update(Delivery.REJECTED)
    delivery.settle()


def outcome(delivery: Delivery) -> tuple[Outcome | None, tuple[str, str]]:
    match delivery.remote_state:
        case Delivery.ACCEPTED:
            return Outcome.COMPLETE, ("", "")
        case Delivery.RELEASED:
            return Outcome.RELEASE, ("", "")
        case Delivery.MODIFIED:
            return (Outcome.DEFER if delivery.remote.undeliverable else Outcome.ABANDON), ("", "")
        case Delivery.REJECTED:
            condition = delivery.remote.condition
            info: dict[Any, Any] = dict(condition.info or {}) if condition else {}
            details = {str(name): str(value or "") for name, value in info.items()}
            return Outcome.DEAD_LETTER, (
                details.get("DeadLetterReason", ""),
                details.get("DeadLetterErrorDescription", ""),
            )
        case _:
            return None, ("", "")


def reply(request: Message, answer: Answer) -> Message:
    details: dict[str, Any] = {"statusCode": answer.status, "statusDescription": answer.condition or "OK"}
    if answer.condition:
        details["errorCondition"] = symbol(answer.condition)
    return Message(correlation_id=request.id, properties=details, body=answer.body)


def session_wanted(link: Sender) -> tuple[bool, str | None]:
    """Whether the receiver asks for a session, and for which; None: any."""
    data = link.remote_source.filter
    data.rewind()
    filters = data.get_dict() if data.next() is not None else {}
    return SESSION_FILTER in filters, filters.get(SESSION_FILTER)


def session_wait(link: Sender) -> timedelta:
    given = (link.remote_properties or {}).get(symbol("com.microsoft:timeout"))
    return timedelta(milliseconds=int(given)) if given is not None else _SESSION_WAIT


def ticks(when: datetime) -> int:
    return _TICKS_AT_EPOCH + int(when.timestamp() * 10_000_000)
