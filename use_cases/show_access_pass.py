"""Make the Temporary Access Pass of a user who was reset, and show it to one person, once.

It is made when it is asked for and is nowhere but in the answer. What happens when several ask, or this process dies:

- The target's record says who is about to make it before Graph is asked, in a write that only one of several can win.
- That it was shown is written with the audit's event in one transaction, before the answer leaves. Where that write fails, the pass
  is removed, and there is no answer.
- Who died in between left a pass that was never seen. The next attempt, after `ABANDONED`, removes it and makes another.
"""

import asyncio
import logging
from datetime import timedelta
from typing import Literal, NamedTuple
from uuid import uuid4

from domain.access.callers import Caller
from domain.bootstrap.access_pass import TIME_TO_MAKE, AccessPass, AccessPassMade
from domain.bootstrap.offer import PassStanding, pass_standing
from domain.errors import AccessPassProblem, InvalidInputError, NotAllowedError, NotFoundError
from domain.normal_address import all_spellings
from domain.request.reset_request import ResetRequest
from domain.request.target import Target
from graph.access_passes import MadePass, PassNotUsableError, make_pass, remove_pass
from graph.errors import Fault, GraphError
from languages import Message
from records.errors import RecordsError
from records.store import Replace
from records.targets import StoredTarget
from services import Services
from telemetry.metrics import count

_log = logging.getLogger("mfareset.bootstrap")


class Viewer(NamedTuple):
    """Who is shown the pass: their name, and their account or key."""

    name: str
    account: str
    role: Literal["operator", "manager"]


def operator_viewer(caller: Caller, named: str) -> Viewer:
    """Return who a call shows the pass to: the signed-in caller, or with a key, which is no person, who the body names.

    Raises: InvalidInputError.
    """
    if bool(named) == caller.signed_in:
        why = (
            Message("is only for callers with a key: you are signed in")
            if named
            else Message("is needed: a key does not say who sees it")
        )
        raise InvalidInputError(Message("The body is not valid."), [{"pointer": "/operator", "detail": why}])
    return Viewer(named or caller.name, caller.identity, "operator")


async def show_access_pass(services: Services, request: ResetRequest, number: int, viewer: Viewer) -> AccessPassMade:
    """Return the pass, made now. Raises: NotFoundError, NotAllowedError, AccessPassProblem."""
    taken = await _take(services, request, number, viewer)
    target, offered = taken.target, _offered(taken.target)
    try:
        made = await _make(services, target, offered)
    except (GraphError, PassNotUsableError) as error:
        raise await _failed(services, request.id, taken, error) from None
    shown_at = services.now()
    ends_at = shown_at + timedelta(minutes=offered.lifetime_minutes)
    shown = offered.model_copy(update={"state": "shown", "at": shown_at, "ends_at": ends_at})
    try:
        written = await _write(services, request.id, taken, shown, "accessPassShown")
    except RecordsError:
        await _discard(services, target, made)
        raise
    if not written:
        await _discard(services, target, made)
        raise AccessPassProblem("beingMade", _WHY["beingMade"])
    count("mfareset.access_passes", result="shown")
    return AccessPassMade(
        access_pass=made.text,
        user_principal_name=target.user_principal_name,
        lifetime_minutes=offered.lifetime_minutes,
        once=offered.once,
        ends_at=ends_at,
    )


async def _take(services: Services, request: ResetRequest, number: int, viewer: Viewer) -> StoredTarget:
    """Return the target once its record says that this viewer's pass is being made."""
    while True:
        kept = await services.targets.get(request.id, number)
        if kept is None:
            raise NotFoundError(Message("The request has no such user."))
        _check_viewer(request, kept.target, viewer)
        standing = pass_standing(services.policy.bootstrap, kept.target, services.now())
        if standing != "ready":
            raise AccessPassProblem(_REASONS.get(standing, standing), _why_not(kept.target, standing))
        holder = await services.leases.holder(kept.target.tenant_id, kept.target.user_id)
        if holder is not None and holder.request_id != request.id:
            raise AccessPassProblem("alreadyRunning", _WHY["alreadyRunning"])
        making = _offered(kept.target).model_copy(
            update={
                "state": "making",
                "attempt": uuid4().hex,
                "by": viewer.name,
                "by_id": viewer.account,
                "at": services.now(),
                "reason": "",
                "detail": "",
            }
        )
        taken = await services.targets.rewrite(kept, kept.target.model_copy(update={"access_pass": making}))
        if taken is not None:
            return taken


def _check_viewer(request: ResetRequest, target: Target, viewer: Viewer) -> None:
    """Raises: NotAllowedError for the user, and for a manager who asked for the reset: neither vouches for it."""
    names = all_spellings(viewer.name)
    own = all_spellings(target.user_principal_name, target.mail)
    account = () if viewer.account.startswith("key:") else (viewer.account,)
    if names & own or viewer.account == f"{target.tenant_id}/{target.user_id}":
        raise NotAllowedError(Message("You cannot be shown a pass for your own account."))
    if viewer.role == "manager" and request.involved.has(names, *account):
        raise NotAllowedError(Message("You asked for the reset, so you are not shown the pass as the user's manager."))


async def _make(services: Services, target: Target, offered: AccessPass) -> MadePass:
    client = services.bootstrap_graph.of(target.tenant_id)
    try:
        async with asyncio.timeout(TIME_TO_MAKE):
            return await make_pass(client, target.user_id, lifetime_minutes=offered.lifetime_minutes, once=offered.once)
    except TimeoutError:
        raise GraphError(Fault.UNAVAILABLE, "Graph took too long") from None


async def _failed(
    services: Services, request_id: str, taken: StoredTarget, error: GraphError | PassNotUsableError
) -> AccessPassProblem:
    """Record why there is no pass, and return it as the caller's problem."""
    detail: str
    if isinstance(error, PassNotUsableError):
        reason, passing = "passNotAllowed", False
        detail = Message(
            "The customer's policy lets this user not sign in with a pass: %(error)s. It was removed again.",
            error=str(error),
        )
    else:
        reason, passing, detail = error.reason, error.passing, error.detail
    failed = _offered(taken.target).model_copy(
        update={"state": "failed", "at": services.now(), "reason": reason, "detail": detail[:300]}
    )
    await _write(services, request_id, taken, failed, "accessPassFailed")
    _log.warning("request %s: no pass was made: %s", request_id, reason)
    count("mfareset.access_passes", result=reason)
    return AccessPassProblem(reason, detail, passing=passing)


async def _write(services: Services, request_id: str, taken: StoredTarget, after: AccessPass, event: str) -> bool:
    """Write how the attempt ended, with its event; False where a later attempt has begun."""
    target = taken.target.model_copy(update={"access_pass": after})
    data = {
        "customer": target.customer,
        "target": target.number,
        "why": after.why,
        "by": after.by,
        "byId": after.by_id,
        "reason": after.reason,
    }
    now, kept = services.now(), taken
    while not await services.audits.append(
        request_id, now, after.by, event, data, together=Replace(kept.row, target.to_json())
    ):
        # The notices and the follow-up write the target, too.
        found = await services.targets.get(request_id, target.number)
        if found is None or not _is_same_attempt(found.target, taken.target):
            return False
        kept, target = found, found.target.model_copy(update={"access_pass": after})
    return True


def _is_same_attempt(found: Target, taken: Target) -> bool:
    """Compare by the attempt's id: instants are written in milliseconds, so what was read is not what was written."""
    now, then = found.access_pass, _offered(taken)
    return now is not None and now.state == "making" and now.attempt == then.attempt


async def _discard(services: Services, target: Target, made: MadePass) -> None:
    """Remove a pass that is not shown; where that fails, the next attempt does it."""
    try:
        await remove_pass(services.bootstrap_graph.of(target.tenant_id), target.user_id, made.id)
    except GraphError as error:
        _log.warning("a pass that was not shown could not be removed: %s", error.reason)


def _offered(target: Target) -> AccessPass:
    if target.access_pass is None:
        raise LookupError("accessPass")
    return target.access_pass


_REASONS = {"none": "notOffered", "refused": "guestUser", "shown": "alreadyShown", "over": "tooLate"}
_WHY = {
    "none": Message("The plan of the request offers no pass for this user."),
    "refused": Message("Guests get no pass: they sign in to their own organization, which issues theirs."),
    "off": Message("The policy offers no passes any more."),
    "notYet": Message("The reset of this user has not ended yet."),
    "notReset": Message("The reset of this user did not end well; retry it first."),
    "notVerified": Message("Nothing shows that this user asked for the reset."),
    "over": Message("The time for it is over; ask for another reset."),
    "beingMade": Message("Somebody else asked for it a moment ago. If it is not shown, try again in two minutes."),
    "alreadyRunning": Message("Another request is about this user now."),
}


def _why_not(target: Target, standing: PassStanding) -> str:
    if standing == "shown":
        return Message(
            "It was shown to %(name)s already, and is shown once. Ask for another reset where it was lost.",
            name=_offered(target).by,
        )
    return _WHY[standing]
