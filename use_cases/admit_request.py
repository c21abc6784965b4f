"""Admit a request within the policy's limits: users of an hour per sender and per customer, open requests per sender."""

from datetime import timedelta

from domain.errors import LimitReachedError, TooManyOpenError, TooManyUsersError
from domain.policy.load import Policy
from domain.request.new_request import Origin
from domain.request.parsing import ParsedRequest
from domain.request.reset_request import ResetRequest
from domain.request.usage import HOUR, Ask, LimitReached, RecentUsers, UsageTerms, sender_key
from languages import Message
from services import Services
from telemetry.events import log_event
from telemetry.metrics import count

_ERRORS: dict[str, type[LimitReachedError]] = {"usersPerHour": TooManyUsersError, "openRequests": TooManyOpenError}


async def admit_request(
    services: Services, parsed: ParsedRequest, origin: Origin, request_id: str, *, undo: bool
) -> RecentUsers:
    """Count the users of a new request, and return what was asked for before. A repeat of it is not counted again.

    Raises: LimitReachedError, after it was logged and counted for the alert.
    """
    counted = not (parsed.body.dry_run or undo or await _was_counted(services, origin))
    ask = Ask(
        request_id,
        sender_of(origin),
        {customer: len(users) * counted for customer, users in parsed.groups.items()},
    )
    admitted = await services.usage_counts.admit(ask, _terms(services.policy), services.now())
    if isinstance(admitted, RecentUsers):
        return admitted
    scope = "customer" if admitted.name else "sender"
    log_event(
        "limitReached",
        request_id,
        {"reason": admitted.limit, "scope": scope, "source": origin.source, "customer": admitted.name},
    )
    count("mfareset.limits.reached", limit=admitted.limit, scope=scope, source=origin.source)
    raise _ERRORS[admitted.limit](_detail(admitted), admitted.retry_after)


async def recent_users_of(services: Services, request: ResetRequest) -> RecentUsers:
    """Return what a request of the same sender and customers would find asked for before, if it came now."""
    ask = Ask(request.id, sender_key(request.source, request.requested_by_id), dict.fromkeys(request.customers, 0))
    return await services.usage_counts.recent(ask, _terms(services.policy), services.now())


async def end_usage(services: Services, request: ResetRequest) -> None:
    """Stop counting a request as open."""
    await services.usage_counts.end(sender_key(request.source, request.requested_by_id), [request.id])


def sender_of(origin: Origin) -> str:
    return sender_key(origin.source, origin.caller.identity if origin.caller else "")


def _terms(policy: Policy) -> UsageTerms:
    return UsageTerms(policy.users_per_hour, policy.limits.open_requests, policy.approval.step_up.window)


async def _was_counted(services: Services, origin: Origin) -> bool:
    """Return whether the users are those of a request that still counts: a retry names no others."""
    earlier_id = origin.retry_of or origin.takeover_of
    if earlier_id is None:
        return False
    retried = await services.requests.get(earlier_id)
    longest: timedelta = max(HOUR, services.policy.approval.step_up.window)
    return retried is not None and services.now() - retried.created_at < longest


def _detail(reached: LimitReached) -> Message:
    values = {"used": reached.used, "allowed": reached.allowed}
    if reached.limit == "openRequests":
        return Message(
            "%(used)s requests of this sender have not ended, and the policy allows %(allowed)s ([limits] openRequests). Decide "
            "or cancel some, or wait until some have ended.",
            **values,
        )
    if reached.name:
        return Message(
            "%(used)s users of the customer %(name)s were asked for within the last hour, and the policy allows %(allowed)s "
            "([limits] usersPerHour). Ask for fewer, or later.",
            name=reached.name,
            **values,
        )
    return Message(
        "%(used)s users of this sender were asked for within the last hour, and the policy allows %(allowed)s ([limits] "
        "usersPerHour). Ask for fewer, or later.",
        **values,
    )
