"""Start the orchestration of a request, or find that it exists; wake one that waits."""

import logging
from collections.abc import Awaitable, Callable
from uuid import uuid4

import durable
from contracts.words import WAKE
from contracts.workflow import (
    MAIL_APPROVERS,
    MAIL_MANAGERS,
    PLAN_CUSTOMERS,
    RESET_CUSTOMER,
    RESET_CUSTOMERS,
    RESET_REQUEST,
    RESET_WINDOW,
    RequestRun,
)
from domain.request.reset_request import ResetRequest

_log = logging.getLogger("mfareset.starting")

# What must not go on beside a new run. Deliveries of events and what follows the end do: a new run does not repeat them all.
_PARTS = {
    part.name for part in (PLAN_CUSTOMERS, RESET_CUSTOMERS, RESET_CUSTOMER, RESET_WINDOW, MAIL_APPROVERS, MAIL_MANAGERS)
}


async def start(client: durable.Client, request: ResetRequest) -> None:
    """Start the orchestration of a new request. One that exists already is not changed."""
    work = RequestRun(id=request.id, run=uuid4().hex[:8])
    await durable.start_instance(client, RESET_REQUEST, work, request.id)


async def ensure_started(
    client: durable.Client, request: ResetRequest, may_restart: Callable[[], Awaitable[bool]] | None = None
) -> bool:
    """Start the orchestration of an open request that has none, or a broken one; return whether it was started.

    `may_restart` decides whether a broken one is started anew: it ended before its request did, and does only what is left.
    """
    if request.is_over:
        return False
    found = await durable.find_instance(client, request.id)
    if found is not None:
        if found != "broken" or (may_restart and not await may_restart()):
            return False
        await durable.terminate_children(client, request.id, _PARTS)
        await durable.forget_instance(client, request.id)
    await start(client, request)
    return True


async def wake(client: durable.Client, request_id: str) -> None:
    """Make a waiting orchestration read the records now. A lost event only costs time: a timer checks them, too."""
    if refused := await durable.raise_event(client, request_id, WAKE):
        _log.warning("request %s could not be woken: %s", request_id, refused)
