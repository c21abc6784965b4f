"""Ask for the undo of a containment: users are unblocked, or their risk is dismissed. An orchestration does it."""

from collections.abc import Collection
from typing import Literal
from uuid import uuid4

import durable
from contracts.workflow import RELEASE_USERS, UserRelease
from domain.access.callers import Caller
from domain.api.release_bodies import ReleaseAsked, ReleaseBody, UserLeft
from domain.containment.actions import Action, ActionOutcome
from domain.containment.settlement import asked_to_dismiss, asked_to_unblock, is_verified, with_actions
from domain.containment.terms import needs_evidence
from domain.errors import ConflictError, InvalidInputError, NotAllowedError
from domain.normal_address import all_spellings
from domain.request.reset_request import ResetRequest
from domain.request.target import Target
from domain.request.windows import windows
from languages import Message
from records.releases import read_release
from records.store import Row
from records.targets import StoredTarget
from services import Services
from use_cases.read_targets import target_pages

type Undo = Literal["unblock", "dismissRisk"]


async def release_users(
    services: Services, client: durable.Client, request: ResetRequest, body: ReleaseBody, undo: Undo, *, by: Caller
) -> ReleaseAsked:
    """Ask for it, for those for whom it is possible. Asking again does it again where it failed.

    Raises: ConflictError for a request without containment, or one that has not ended; NotAllowedError for the person who asked
    for the request; InvalidInputError.
    """
    if request.containment is None:
        raise ConflictError(Message("This request blocked no user: it does not have the profile compromised."))
    if not request.status.ended:
        raise ConflictError(
            Message(
                "The request has not ended yet: %(status)s. Deny or cancel it, and who was blocked before an approval is unblocked "
                '(unless the policy says onDenied = "keep"); or wait for its end.',
                status=request.status.value,
            )
        )
    operator = _operator(body, by)
    if asked_for(request, operator, by):
        raise NotAllowedError(Message("You asked for this request, so somebody else undoes its containment."))
    asked, left = await _mark(services, request, body.targets, undo, operator, by.identity)
    if asked:
        data = {"action": undo, "users": len(asked), "targets": asked[:200]}
        await services.audits.append(request.id, services.now(), operator, "releaseAsked", data)
        await start_release(services, client, request, asked)
    return ReleaseAsked(asked=len(asked), left=left)


def asked_for(request: ResetRequest, operator: str, by: Caller) -> bool:
    """Return whether this operator, named by the caller `by`, asked for the request, and so does not undo its containment."""
    return request.involved.has(all_spellings(operator), by.identity if by.signed_in else "")


async def start_release(
    services: Services, client: durable.Client, request: ResetRequest, numbers: Collection[int]
) -> None:
    """Start what releases these users; their records say what is to be done."""
    parts = [part for part in windows(request) if any(part[1] <= n < part[1] + part[2] for n in numbers)]
    instance_id = f"{request.id}:release-{uuid4().hex[:8]}"
    await services.releases.begin(instance_id, request.id, parts, services.now())
    await durable.start_instance(client, RELEASE_USERS, UserRelease(id=request.id, windows=parts), instance_id)


async def ensure_released(services: Services, client: durable.Client, row: Row) -> bool:
    """Start again what was to release users and never started or broke; return whether it was started.

    `row` is its row among those that are open; it goes once nothing of it is left to do. Raises: RecordsError, EngineError.
    """
    request_id, parts = await _release_at(services, row)
    if not await _is_open(services, request_id, parts):
        await services.releases.close(row)
        return False
    found = await durable.find_instance(client, row.key)
    if found == "sound" or (found == "broken" and not await services.requests.note_restart(row, services.now())):
        return False
    if found is not None:
        await durable.forget_instance(client, row.key)
    await durable.start_instance(client, RELEASE_USERS, UserRelease(id=request_id, windows=parts), row.key)
    return True


async def _release_at(services: Services, row: Row) -> tuple[str, list[tuple[str, int, int]]]:
    """Return the request and the windows of an open release; all windows where its row cannot be read: targets say what is asked."""
    request_id, kept = row.key.partition(":")[0], read_release(row)
    if kept is not None and kept.id == request_id:
        return request_id, kept.windows
    request = await services.requests.get(request_id)
    return request_id, windows(request) if request else []


async def _is_open(services: Services, request_id: str, parts: Collection[tuple[str, int, int]]) -> bool:
    for _, start, count in parts:
        for kept in await services.targets.range(request_id, start, count):
            if asked_to_unblock(kept.target) or asked_to_dismiss(kept.target):
                return True
    return False


def _operator(body: ReleaseBody, by: Caller) -> str:
    """Return the person who decided it: a key is none. Raises: InvalidInputError."""
    if by.signed_in and body.operator:
        mistake = {"pointer": "/operator", "detail": Message("is only for callers with a key: you are signed in")}
        raise InvalidInputError(Message("The body is not valid."), [mistake])
    if not by.signed_in and not body.operator:
        mistake = {"pointer": "/operator", "detail": Message("is needed: a key does not say who decided it")}
        raise InvalidInputError(Message("The body is not valid."), [mistake])
    return by.name if by.signed_in else body.operator


async def _mark(
    services: Services, request: ResetRequest, wanted: Collection[int] | None, undo: Undo, operator: str, by_id: str
) -> tuple[list[int], list[UserLeft]]:
    """Write into the targets what is asked for; return their numbers, and whom of the named it is not possible for."""
    asked: list[int] = []
    left: dict[int, str] = dict.fromkeys(wanted or (), "noSuchUser")
    # As it is written and read again, in milliseconds.
    action = Action.from_json(Action(at=services.now(), by=operator).to_json())
    name = "unblocked" if undo == "unblock" else "risk_dismissed"

    def is_possible(kept: StoredTarget) -> bool:
        """Return whether it is to be written, and note why where it is not."""
        number = kept.target.number
        if wanted is not None and number not in wanted:
            return False
        refused = _refused(services, request, kept.target, undo, operator, by_id)
        if refused:
            left[number] = refused
        else:
            left.pop(number, None)
        return not refused

    async for page in target_pages(services, request.id):
        todo = [kept for kept in page if is_possible(kept)]
        while todo:
            pairs = [(kept, with_actions(kept.target, **{name: action})) for kept in todo]
            await services.targets.save_all(request.id, pairs)
            # What another process wrote meanwhile stays, such as the mail of a notice: then it is asked for once more.
            numbers = {kept.target.number for kept in todo}
            first, last = min(numbers), max(numbers)
            now = await services.targets.range(request.id, first, last - first + 1)
            again = [kept for kept in now if kept.target.number in numbers and not _has(kept.target, name, action)]
            asked += sorted(numbers - {kept.target.number for kept in again})
            todo = [kept for kept in again if is_possible(kept)]
    return asked, [UserLeft(number=number, reason=reason) for number, reason in left.items() if wanted is not None]


def _has(target: Target, name: str, asked: Action) -> bool:
    """Return whether an action is asked for of a target, or was done since then."""
    found: Action | None = getattr(target.containment, name) if target.containment else None
    if found is None or found.at is None or asked.at is None:
        return False
    return found.by == asked.by and found.at >= asked.at


def _refused(services: Services, request: ResetRequest, target: Target, undo: Undo, operator: str, by_id: str) -> str:
    """Return why it is not done for this user, a stable word; "" where it is."""
    containment = target.containment
    account = f"{target.tenant_id}/{target.user_id}"
    if by_id == account or all_spellings(operator) & all_spellings(target.user_principal_name, target.mail):
        return "ownAccount"
    if undo == "dismissRisk":
        confirmed = containment.risk_confirmed if containment else None
        if confirmed is None or confirmed.outcome is not ActionOutcome.DONE:
            return "riskNotConfirmed"
        return "askedAlready" if asked_to_dismiss(target) else ""
    if containment is None or not containment.may_unblock:
        before = containment is not None and containment.enabled_before is False
        return "disabledBefore" if before else "notBlocked"
    if asked_to_unblock(target):
        return ""  # what was to do it may have been lost
    if needs_evidence(services.policy, request, target) and not is_verified(target):
        return "unverified"
    return ""
