"""Activity: mails the users of one window, and their managers, that their authentication methods were reset.

The user's own mailbox is one that the lost factor protects: an attacker who has it may read and delete the notice. So the policy
can name the manager, too.
"""

from activities.app import activity
from activities.faults import fault_word
from contracts.words import Fault
from contracts.workflow import NOTIFY_USERS, Progress, UserNotices
from domain.mails import Mailed, MailTo
from domain.request.reset_request import ResetRequest
from domain.request.target import Target
from graph.errors import GraphError
from graph.managers import read_manager
from languages import in_language, known
from messaging.mail_text import manager_notice_mail, user_notice_mail
from records.targets import StoredTarget
from services import Services, current_services
from use_cases.mail_attempt import MailAttempt, try_mail
from web.presenters import notice_view


@activity(NOTIFY_USERS)
async def notify_users(work: UserNotices) -> Progress:
    return await notify(current_services(), work["id"], work["start"], work["count"], last=work.get("last", False))


async def notify(services: Services, request_id: str, start: int, count: int, *, last: bool) -> Progress:
    request = await services.requests.get(request_id)
    if request is None:
        return {"retry_after": None, "fault": "", "progressed": False}
    retry_after, progressed = 0.0, False
    fault: Fault = ""
    for kept in await services.targets.range(request_id, start, count):
        for to in _whom(services, kept.target):
            tried = await _mail_to(services, request, kept.target, to, last=last)
            if tried.made is None:
                retry_after, fault = max(retry_after, tried.retry_after), fault_word(tried.fault)
                if fault == "throttled":  # the mailbox has its limit per minute; asking on would only lengthen it
                    return {"retry_after": retry_after, "fault": fault, "progressed": progressed}
                continue
            await _note(services, request_id, kept, tried.made)
            progressed = True
    return {"retry_after": retry_after if fault else None, "fault": fault, "progressed": progressed}


def _whom(services: Services, target: Target) -> list[MailTo]:
    """Return who is still to be mailed about this target."""
    customer = services.policy.customers.get(target.customer)
    if customer is None or not target.changed:
        return []
    wanted: list[MailTo] = ["user"] if customer.notify_users else []
    if customer.notify_managers:
        wanted.append("manager")
    mailed = {mail.to for mail in target.mails}
    return [to for to in wanted if to not in mailed]


async def _mail_to(services: Services, request: ResetRequest, target: Target, to: MailTo, *, last: bool) -> MailAttempt:
    address = target.mail
    if to == "manager":
        try:
            manager = await read_manager(services.graph.of(target.tenant_id), target.user_id)
        except GraphError as error:
            if error.passing and not last:
                return MailAttempt(None, error.retry_after or 0.0, error.fault.value)
            return MailAttempt(Mailed(kind="notice", to=to, state="failed", detail=error.detail, at=services.now()))
        address = manager.mail if manager else ""
    if not address:
        return MailAttempt(Mailed(kind="notice", to=to, state="noAddress", at=services.now()))
    customer = services.policy.customers[target.customer]
    language = services.policy.language_for([target.customer], address)
    with in_language(known(target.language) or language if to == "user" else language):
        view = notice_view(
            request,
            target,
            customer.name or target.customer,
            target.ended_at or request.ended_at or services.now(),
            services.policy.contact_of(target.customer),
        )
        mail = (manager_notice_mail if to == "manager" else user_notice_mail)(view, to=address)
    return await try_mail(services, mail, kind="notice", to=to, last=last)


async def _note(services: Services, request_id: str, kept: StoredTarget, made: Mailed) -> None:
    """Adds it to the target at once, so that no later fault repeats the mail."""
    current: StoredTarget | None = kept
    while current is not None:
        current = await services.targets.get(request_id, kept.target.number)
        if current is None or any(mail.to == made.to for mail in current.target.mails):
            return
        mails = [*current.target.mails, made]
        if await services.targets.save(request_id, current, current.target.model_copy(update={"mails": mails})):
            return
