"""Send mails of a request again: to approvers, to managers who are to vouch, to the requester and to users."""

import durable
from contracts.workflow import (
    MAIL_AGAIN,
    MAIL_APPROVERS,
    MAIL_MANAGERS,
    ApproverMailing,
    MailsAgain,
    ManagerMailing,
    Window,
)
from domain.errors import ConflictError, InvalidInputError
from domain.outcomes import RequestStatus
from domain.request.reset_request import ResetRequest
from domain.request.windows import windows
from languages import Message
from records.targets import StoredTarget
from services import Services
from use_cases.ask_managers import manager_not_reached
from use_cases.notify_approvers import notify_approvers


async def approvers_not_reached(services: Services, request: ResetRequest) -> set[str]:
    """Return the approvers who have not decided and whose mail failed or bounced."""
    if request.status is not RequestStatus.AWAITING_APPROVAL:
        return set()
    decided = await _decided(services, request)
    return {
        entry.approver
        for entry in request.approval.approvers
        if entry.mail in {"failed", "bounced"} and entry.approver not in decided
    }


async def resend_approval_mails(
    services: Services,
    client: durable.Client,
    request: ResetRequest,
    named: list[str] | None = None,
    *,
    by: str,
) -> ResetRequest:
    """Mail the approvers `named` (case-folded), or where it is None those whose mail failed; return the request as it is then.

    Raises: ConflictError where the request does not wait for approval or no mail failed; InvalidInputError where somebody is
    named who was not asked or has decided.
    """
    if request.status is not RequestStatus.AWAITING_APPROVAL:
        raise ConflictError(Message("The request does not wait for approval: %(status)s.", status=request.status.value))
    chosen = await _chosen(services, request, named)
    request = await services.requests.update(request.id, lambda r: _with_pending_mail(r, chosen))
    data = {"approvers": sorted(chosen)}
    await services.audits.append(request.id, services.now(), by, "approvalMailsAskedAgain", data)
    await durable.start_instance(client, MAIL_APPROVERS, ApproverMailing(id=request.id))
    return request


async def _chosen(services: Services, request: ResetRequest, named: list[str] | None) -> set[str]:
    if named is None:
        chosen = await approvers_not_reached(services, request)
        if not chosen:
            raise ConflictError(
                Message("No approver's mail failed or bounced. Name the approvers whose mail was lost.")
            )
        return chosen
    decided = await _decided(services, request)
    entries = [entry for entry in request.approval.approvers if entry.approver not in decided]
    chosen = {entry.approver for entry in entries if entry.approver.casefold() in named}
    if len(chosen) < len(set(named)) or not chosen:
        error = {"pointer": "/approvers", "detail": Message("names somebody who was not asked, or who has decided")}
        raise InvalidInputError(Message("The body is not valid."), [error])
    return chosen


async def _decided(services: Services, request: ResetRequest) -> set[str]:
    return {decision.approver for decision in await services.requests.decisions(request.id)}


def _with_pending_mail(request: ResetRequest, chosen: set[str]) -> ResetRequest:
    return request.with_approvers(
        lambda entry: entry.model_copy(update={"mail": "pending", "detail": ""}) if entry.approver in chosen else entry
    )


async def remind_approvers(services: Services, request: ResetRequest) -> None:
    """Mail a reminder to every approver who has not decided, at once. Raises: ConflictError where none are waited for."""
    if request.status is not RequestStatus.AWAITING_APPROVAL:
        raise ConflictError(Message("The request does not wait for approval: %(status)s.", status=request.status.value))
    mails = max((entry.mails for entry in request.approval.approvers), default=0)
    await notify_approvers(services, request.id, reminder=max(mails, 1), last=True, at_once=True)


async def resend_mails(services: Services, client: durable.Client, request: ResetRequest, *, by: str) -> None:
    """Send the failed mails to the requester, to managers and to users again. Raises: ConflictError where none failed."""
    # Notices to users are kept with their targets, not here.
    kinds = [mail.kind for mail in request.mails if mail.state == "failed" and mail.kind != "notice"]
    notices = [window for window in windows(request) if await _remove_failed_notices(services, request.id, window)]
    managers = await _windows_of_managers(services, request)
    if not kinds and not notices and not managers:
        raise ConflictError(Message("No mail of this request failed; there is nothing to send again."))
    data = {"kinds": [*kinds, *(["notice"] if notices else []), *(["attestation"] if managers else [])]}
    await services.audits.append(request.id, services.now(), by, "mailsAskedAgain", data)
    if managers:
        await durable.start_instance(client, MAIL_MANAGERS, ManagerMailing(id=request.id, windows=managers, again=True))
    if kinds or notices:
        windows_again = [(start, count) for _, start, count in notices]
        await durable.start_instance(client, MAIL_AGAIN, MailsAgain(id=request.id, kinds=kinds, notices=windows_again))


async def _windows_of_managers(services: Services, request: ResetRequest) -> list[Window]:
    """Return the windows with users whose manager's mail failed, while their word is waited for."""
    if request.status is not RequestStatus.PLANNING or request.verification is None:
        return []
    return [
        window
        for window in windows(request)
        if any(manager_not_reached(kept.target) for kept in await services.targets.range(request.id, *window[1:]))
    ]


async def _remove_failed_notices(services: Services, request_id: str, window: Window) -> bool:
    """Remove the failed notices of a window from the record, so that they are sent like new ones; return whether there were any."""
    found = False
    for kept in await services.targets.range(request_id, window[1], window[2]):
        current: StoredTarget | None = kept
        while current is not None and any(mail.state == "failed" for mail in current.target.mails):
            found = True
            mails = [mail for mail in current.target.mails if mail.state != "failed"]
            if await services.targets.save(request_id, current, current.target.model_copy(update={"mails": mails})):
                break
            current = await services.targets.get(request_id, kept.target.number)
    return found
