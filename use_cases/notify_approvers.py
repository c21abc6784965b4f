"""Mail each approver a link of their own. What was sent is recorded, so that a repeat mails only the others."""

from typing import NamedTuple

from domain.access.approval_links import link_path
from domain.outcomes import RequestStatus
from domain.request.approval import still_decides
from domain.request.mail_references import next_reference
from domain.request.reset_request import Approver, ResetRequest
from graph.errors import Fault, GraphError
from messaging.mail import send_mail
from messaging.mail_text import Mail, approval_mail, reminder_mail
from services import Services
from telemetry.metrics import count
from use_cases.approval_view import approval_token, view_for


class MailsLeft(NamedTuple):
    """`retry_after`: seconds to wait before the mails that are left are tried again, None when none are left.

    `fault` is the stable word for why they are left.
    """

    retry_after: float | None = None
    fault: str = ""


async def notify_approvers(services: Services, request_id: str, *, reminder: int, last: bool) -> MailsLeft:
    """Send the mails that are due.

    `reminder` is 0 for the first mails, else the number of the reminder. `last`: a fault that may pass counts as a failure.
    """
    request = await services.requests.get(request_id)
    if request is None or request.status is not RequestStatus.AWAITING_APPROVAL:
        return MailsLeft()
    decided = {decision.approver for decision in await services.requests.decisions(request_id)}
    retry_after: float | None = None
    fault = ""
    for entry in request.approval.approvers:
        if entry.approver in decided or not _is_due(services, request, entry, reminder):
            continue
        error = await _send(services, request, entry, reminder)
        if error is None:
            continue
        if error.passing and not last:
            retry_after, fault = max(retry_after or 0.0, error.retry_after or 0.0), error.fault.value
        else:
            await _record_failure(services, request_id, entry, error)
    return MailsLeft(retry_after, fault or (Fault.UNAVAILABLE.value if retry_after is not None else ""))


def _is_due(services: Services, request: ResetRequest, entry: Approver, reminder: int) -> bool:
    if not still_decides(services.policy, request, entry):
        return False  # removed from the policy since: they must not learn who is to be reset
    # A mail that bounced was sent: only a reminder or an explicit resend sends it again.
    return not (entry.mail in {"sent", "bounced"} and entry.mails > reminder)


async def _send(services: Services, request: ResetRequest, entry: Approver, reminder: int) -> GraphError | None:
    reference = next_reference(services.settings.approval_keys, request.id, entry.approver, entry.reference)
    mail = await _mail(services, request, entry, reminder, reference)
    try:
        await send_mail(services.graph, services.settings.graph_home_tenant, services.settings.mail_from, mail)
    except GraphError as error:
        return error
    sent = {
        "mail": "sent",
        "detail": "",
        "mails": max(entry.mails, reminder + 1),
        "reference": reference,
        "mailed_at": services.now(),
    }
    await _update_entry(services, request.id, entry.approver, **sent)
    count("mfareset.mails", kind="approval", result="sent")
    event = "reminderSent" if reminder else "approvalMailSent"
    data = {"approver": entry.approver}
    await services.audits.append(request.id, services.now(), "service", event, data, once=f"{event}:{reference}")
    return None


async def _mail(services: Services, request: ResetRequest, entry: Approver, reminder: int, reference: str) -> Mail:
    view = await view_for(services, request, entry)
    link = services.settings.public_base_url + link_path(approval_token(services, request, entry.approver))
    compose = reminder_mail if reminder else approval_mail
    return compose(view, to=entry.approver, link=link, reference=reference)


async def _record_failure(services: Services, request_id: str, entry: Approver, error: GraphError) -> None:
    await _update_entry(services, request_id, entry.approver, mail="failed", detail=error.detail)
    count("mfareset.mails", kind="approval", result="failed")
    data = {"approver": entry.approver, "reason": error.reason}
    await services.audits.append(request_id, services.now(), "service", "mailFailed", data)


async def _update_entry(services: Services, request_id: str, approver: str, **fields: object) -> None:
    def update(entry: Approver) -> Approver:
        return entry.model_copy(update=fields) if entry.approver == approver else entry

    await services.requests.update(request_id, lambda request: request.with_approvers(update))
