"""Activity: mails each approver a link of their own. Who was mailed is recorded, so a repeat mails only who is left."""

from typing import Any

from activities.app import Work, activity
from domain.access.approval_links import ApprovalLink, sign
from domain.outcomes import RequestStatus
from domain.request.approval import still_decides
from domain.request.mail_references import next_reference
from domain.request.reset_request import Approver, ResetRequest
from domain.request.target import Target
from graph.errors import Fault, GraphError
from messaging.mail import send_mail
from messaging.mail_text import Mail, approval_mail, reminder_mail
from services import Services, current_services
from telemetry.metrics import count
from web.presenters import approval_view
from web.views import ApprovalView

_PAGE = 500


@activity
async def notify_approvers(work: Work) -> Work:
    """`work`: {"id", "reminder": 0 for the first mails, else which one, "last"}. Answers {"again": seconds or None, "fault"}."""
    return await notify(current_services(), work["id"], reminder=work.get("reminder", 0), last=work.get("last", False))


async def notify(services: Services, request_id: str, *, reminder: int, last: bool) -> dict[str, Any]:
    request = await services.requests.get(request_id)
    if request is None or request.status is not RequestStatus.AWAITING_APPROVAL:
        return {"again": None, "fault": ""}
    decided = {decision.approver for decision in await services.requests.decisions(request_id)}
    again: float | None = None
    fault = ""
    for entry in request.approval.approvers:
        if not still_decides(services.policy, request, entry):
            continue  # taken out of the policy since: who is to be reset is none of theirs any more
        # One that came back was sent: only a reminder, or whoever asks for it, sends it again.
        if entry.approver in decided or (entry.mail in {"sent", "bounced"} and entry.mails > reminder):
            continue
        reference = next_reference(services.settings.approval_keys, request_id, entry.approver, entry.reference)
        mail = await _mail(services, request, entry, reminder, reference)
        try:
            await send_mail(services.graph, services.settings.graph_home_tenant, services.settings.mail_from, mail)
        except GraphError as error:
            if error.passing and not last:
                again, fault = max(again or 0.0, error.retry_after or 0.0), error.fault.value
                continue
            await _note(services, request_id, entry.approver, mail="failed", detail=error.detail)
            count("mfareset.mails", kind="approval", result="failed")
            await services.audits.append(
                request_id,
                services.now(),
                "service",
                "mailFailed",
                {"approver": entry.approver, "reason": error.reason},
            )
        else:
            mails = max(entry.mails, reminder + 1)
            sent = {"mail": "sent", "detail": "", "mails": mails, "reference": reference, "mailed_at": services.now()}
            await _note(services, request_id, entry.approver, **sent)
            count("mfareset.mails", kind="approval", result="sent")
            event = "reminderSent" if reminder else "approvalMailSent"
            await services.audits.append(
                request_id,
                services.now(),
                "service",
                event,
                {"approver": entry.approver},
                once=f"{event}:{reference}",
            )
    return {"again": again, "fault": fault or (Fault.UNAVAILABLE.value if again is not None else "")}


async def _mail(services: Services, request: ResetRequest, entry: Approver, reminder: int, reference: str) -> Mail:
    view = await view_for(services, request, entry)
    link = f"{services.settings.public_base_url}/api/approvals/{approval_token(services, request, entry.approver)}"
    compose = reminder_mail if reminder else approval_mail
    return compose(view, to=entry.approver, link=link, reference=reference)


def approval_token(services: Services, request: ResetRequest, approver: str) -> str:
    """The token of one approver's link; the same for the same plan and time limit while the signing key is the same."""
    if request.plan_digest is None or request.approval.expires_at is None:
        raise ValueError("a request without a plan has nothing to approve")
    link = ApprovalLink(request.id, approver, request.plan_digest, request.approval.expires_at)
    return sign(services.settings.approval_keys, link)


async def targets_for(services: Services, request: ResetRequest, entry: Approver) -> list[Target]:
    """The targets that this approver decides on and may see: those of their customers."""
    mine: list[Target] = []
    start = 0
    while page := await services.targets.range(request.id, start, _PAGE):
        mine += [kept.target for kept in page if kept.target.customer in entry.customers]
        start += len(page)
    return mine


async def view_for(services: Services, request: ResetRequest, entry: Approver, page: int = 1) -> ApprovalView:
    """What this approver is shown of the request as it stands, in the mail and on the page alike."""
    targets = await targets_for(services, request, entry)
    return approval_view(
        services.policy,
        request,
        entry,
        targets,
        await services.requests.decisions(request.id),
        services.now(),
        page=page,
    )


async def _note(services: Services, request_id: str, approver: str, **fields: Any) -> None:
    def noted(entry: Approver) -> Approver:
        return entry.model_copy(update=fields) if entry.approver == approver else entry

    await services.requests.update(request_id, lambda request: request.with_approvers(noted))
