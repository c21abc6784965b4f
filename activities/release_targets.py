"""Activity: undoes what was asked for of a window of contained users, and what was not approved."""

from activities.app import activity
from activities.contain_targets import answer
from activities.given_up import GIVEN_UP
from contracts.workflow import RELEASE_TARGETS, Progress, ReleaseWindow
from domain.containment.actions import Action, ActionOutcome
from domain.containment.settlement import (
    asked_to_dismiss,
    asked_to_unblock,
    awaiting_evidence,
    may_unblock_unapproved,
    with_actions,
)
from domain.containment.terms import is_approved, needs_evidence
from domain.request.reset_request import ResetRequest
from domain.request.target import Target
from domain.verification.terms import terms_for
from records.holds import Holder
from records.targets import StoredTarget
from reset.releasing import Releasing
from services import Services, current_services


@activity(RELEASE_TARGETS)
async def release_targets(work: ReleaseWindow) -> Progress:
    """Do what is left of a window; to be run again while something is asked for."""
    services = current_services()
    request = await services.requests.get(work["id"])
    if request is None:
        raise LookupError(work["id"])
    if work.get("ended"):
        await _end(services, request, work)
    return await release_window(services, request, work)


async def release_window(services: Services, request: ResetRequest, work: ReleaseWindow) -> Progress:
    window = [kept for kept in await _window(services, work) if _is_asked(kept.target)]
    if not window:
        return answer()
    if reason := work.get("give_up"):
        why = Action(outcome=ActionOutcome.FAILED, reason=reason, detail=GIVEN_UP[reason], at=services.now())
        await _save(services, work, window, [_given_up(kept.target, why) for kept in window])
        return answer()

    async def is_open(holder: Holder) -> bool:
        found = await services.requests.get(holder.request_id)
        return found is not None and not found.status.ended

    # Of the plan's tenant: the policy may name another one by now, and nothing of that was blocked.
    tenant_id = window[0].target.tenant_id or services.policy.customers[work["customer"]].tenant_id
    run = Releasing(services.graph, request.id, tenant_id, services.blocks, is_open, services.now())
    last = work.get("last", False)
    released = await run.release([kept.target for kept in window], last=last)
    await _save(services, work, window, released.targets)
    for holder in released.others:
        await _note_other(services, holder, request.id)
    progressed = released.targets != [kept.target for kept in window]
    return answer(released.faults, last=last, progressed=progressed)


async def _end(services: Services, request: ResetRequest, work: ReleaseWindow) -> None:
    """Ask to unblock users whose block was not approved, as the policy says, and for evidence of the others where needed."""
    # The notices write targets at the same time, and what they write stays: what is not there yet is written again.
    while pairs := [
        (kept, after)
        for kept in await _window(services, work)
        if (after := _asked_at_end(services, request, kept.target)) != kept.target
    ]:
        await services.targets.save_all(request.id, pairs)


def _asked_at_end(services: Services, request: ResetRequest, target: Target) -> Target:
    """Return the target with what the end of its request asks for; the same where that is nothing more."""
    terms = request.containment
    if terms is None:
        return target
    if terms.on_denied == "unblock" and may_unblock_unapproved(target, approved=is_approved(request)):
        return with_actions(target, unblocked=Action(reason="notApproved", at=services.now()))
    if needs_evidence(services.policy, request, target):
        accept = terms_for(services.policy, request.source, target.customer).accept
        return awaiting_evidence(target, accept, services.now())
    return target


async def _save(services: Services, work: ReleaseWindow, window: list[StoredTarget], targets: list[Target]) -> None:
    """Write the audit event first: the targets say afterwards that nothing is left to do."""
    done = [(before.target, after) for before, after in zip(window, targets, strict=True) if before.target != after]
    if done:
        shown = [_audited(after) for _, after in done]
        # The same again, as of a run that died before it saved, is one event.
        asked = sorted(f"{before.number}:{_asked_at(before)}" for before, _ in done)
        data = {"customer": work["customer"], "targets": shown}
        await services.audits.append(
            work["id"], services.now(), "service", "released", data, once=f"released:{','.join(asked)}"
        )
    await services.targets.save_all(work["id"], list(zip(window, targets, strict=True)))
    for before, after in done:
        await _save_overtaken(services, work["id"], before, after)


async def _save_overtaken(services: Services, request_id: str, before: Target, after: Target) -> None:
    """Write what was done of one user where another process wrote the target first, such as the mail of its notice."""
    while (kept := await services.targets.get(request_id, after.number)) is not None:
        ended = _still_asked(kept.target, before, after)
        if not ended or await services.targets.save(request_id, kept, with_actions(kept.target, **ended)):
            return


def _still_asked(target: Target, before: Target, after: Target) -> dict[str, Action]:
    """Return the actions that have ended and that `target` has as they were before: what was asked for anew is not among them."""
    known, old, new = target.containment, before.containment, after.containment
    if known is None or old is None or new is None:
        return {}
    names = ("unblocked", "risk_dismissed")
    actions = {name: (getattr(known, name), getattr(old, name), getattr(new, name)) for name in names}
    return {name: ended for name, (now, asked, ended) in actions.items() if ended != asked and now == asked}


async def _note_other(services: Services, holder: Holder, by_request: str) -> None:
    """Write into the target of another request that its user was unblocked, too."""
    while (kept := await services.targets.get(holder.request_id, holder.number)) is not None:
        if kept.target.containment is None or kept.target.containment.was_unblocked:
            return
        detail = f"Request {by_request} unblocked the user."
        done = Action(outcome=ActionOutcome.DONE, reason="byRequest", detail=detail, at=services.now())
        if await services.targets.save(holder.request_id, kept, with_actions(kept.target, unblocked=done)):
            return


async def _window(services: Services, work: ReleaseWindow) -> list[StoredTarget]:
    window = await services.targets.range(work["id"], work["start"], work["count"])
    return [kept for kept in window if kept.readable and kept.target.containment is not None]


def _is_asked(target: Target) -> bool:
    return asked_to_unblock(target) or asked_to_dismiss(target)


def _given_up(target: Target, why: Action) -> Target:
    if asked_to_unblock(target):
        target = with_actions(target, unblocked=why)
    return with_actions(target, risk_dismissed=why) if asked_to_dismiss(target) else target


def _asked_at(target: Target) -> str:
    found = target.containment
    times = [action.at for action in (found.unblocked, found.risk_dismissed) if action and action.at] if found else []
    return "" if not times else max(times).isoformat()


def _audited(target: Target) -> dict[str, object]:
    found = target.containment
    actions = {"unblocked": found.unblocked, "riskDismissed": found.risk_dismissed} if found else {}
    said = {name: [action.outcome.value, action.reason, action.by] for name, action in actions.items() if action}
    return {"number": target.number, "userId": target.user_id, **said}
