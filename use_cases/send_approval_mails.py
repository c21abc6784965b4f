"""Send one approver one mail about one request, or about several at once, and record that it was sent."""

import logging
from collections.abc import Sequence
from typing import NamedTuple

from domain.access.approval_links import link_path
from domain.outcomes import RequestStatus
from domain.request.approval import still_decides
from domain.request.mail_references import next_reference
from domain.request.reset_request import Approver, ResetRequest
from graph.errors import GraphError
from languages import in_language
from messaging.mail import send_mail
from messaging.mail_text import Mail, Question, approval_mail, approvals_mail, reminder_mail
from services import Services
from telemetry.metrics import count
from use_cases.approval_view import approval_token, view_for
from use_cases.resolve_deciders import is_still_member

_log = logging.getLogger("mfareset.approvals")


class DueMail(NamedTuple):
    """A request about which an approver is to be mailed; `reminder` is 0 for the first mails of the request."""

    request: ResetRequest
    entry: Approver
    reminder: int

    @property
    def reminds(self) -> bool:
        """Return whether the approver was mailed before: those of an escalation come later than the others."""
        return self.reminder > 0 and self.entry.mails > 0


async def due_mails(services: Services, request_id: str, reminder: int) -> list[DueMail]:
    """Return the mails of a request that are due, one for each approver at most."""
    request = await services.requests.get(request_id)
    if request is None or request.status is not RequestStatus.AWAITING_APPROVAL:
        return []
    decided = {decision.approver for decision in await services.requests.decisions(request_id)}
    return [
        DueMail(request, entry, reminder)
        for entry in request.approval.approvers
        if entry.approver not in decided and await _is_due(services, request, entry, reminder)
    ]


async def _is_due(services: Services, request: ResetRequest, entry: Approver, reminder: int) -> bool:
    if not still_decides(services.policy, request, entry):
        return False  # removed from the policy since: they must not learn who is to be reset
    try:
        if not await is_still_member(services, request, entry, fresh=False):
            return False
    except GraphError as error:
        _log.warning("whether approvers are still in their group cannot be read: %s", error.reason)
    # A mail that bounced was sent: only a reminder or an explicit resend sends it again.
    return not (entry.mail in {"sent", "bounced"} and entry.mails > reminder)


async def send_approval_mails(services: Services, due: Sequence[DueMail]) -> GraphError | None:
    """Send one mail about all of `due`, which are of the same approver; return why Graph did not take it."""
    first = due[0]
    reference = next_reference(
        services.settings.approval_keys, first.request.id, first.entry.approver, first.entry.reference
    )
    mail = await _mail(services, due, reference)
    try:
        await send_mail(services.graph, services.settings.graph_home_tenant, services.settings.mail_from, mail)
    except GraphError as error:
        return error
    count("mfareset.mails", kind="approval", result="sent")
    for each in due:
        await _record_sent(services, each, reference)
    return None


async def record_failure(services: Services, due: DueMail, error: GraphError) -> None:
    await _update_entry(services, due, mail="failed", detail=error.detail)
    count("mfareset.mails", kind="approval", result="failed")
    data = {"approver": due.entry.approver, "reason": error.reason}
    await services.audits.append(due.request.id, services.now(), "service", "mailFailed", data)


async def _mail(services: Services, due: Sequence[DueMail], reference: str) -> Mail:
    """Return the mail, in the approver's own language or that of the customers that it is about."""
    customers = [key for each in due for key in each.entry.customers]
    with in_language(services.policy.language_for(customers, due[0].entry.approver)):
        return await _written(services, due, reference)


async def _written(services: Services, due: Sequence[DueMail], reference: str) -> Mail:
    to = due[0].entry.approver
    questions = [
        Question(
            await view_for(services, each.request, each.entry),
            services.settings.public_base_url + link_path(approval_token(services, each.request, to)),
            reminder=each.reminds,
        )
        for each in due
    ]
    if len(questions) > 1:
        return approvals_mail(questions, to=to, reference=reference)
    (question,) = questions
    compose = reminder_mail if question.reminder else approval_mail
    return compose(question.view, to=to, link=question.link, reference=reference)


async def _record_sent(services: Services, due: DueMail, reference: str) -> None:
    request, entry, reminder = due
    sent = {
        "mail": "sent",
        "detail": "",
        "mails": max(entry.mails, reminder + 1),
        "reference": reference,
        "mailed_at": services.now(),
    }
    await _update_entry(services, due, **sent)
    event = "reminderSent" if due.reminds else "approvalMailSent"
    data = {"approver": entry.approver}
    once = f"{event}:{reference}"
    await services.audits.append(request.id, services.now(), "service", event, data, once=once)


async def _update_entry(services: Services, due: DueMail, **fields: object) -> None:
    def update(entry: Approver) -> Approver:
        return entry.model_copy(update=fields) if entry.approver == due.entry.approver else entry

    await services.requests.update(due.request.id, lambda request: request.with_approvers(update))
