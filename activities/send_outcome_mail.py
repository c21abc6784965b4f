"""Activity: mails the requester what became of the request, and later who has registered again."""

from activities.app import activity
from activities.faults import fault_word
from contracts.words import RequesterMail
from contracts.workflow import SEND_OUTCOME_MAIL, OutcomeMail, Progress
from domain.mails import Mailed, MailKind, mail_domain
from domain.policy.load import Policy
from domain.policy.values import mail_address
from domain.request.follow_up import ALARMING
from domain.request.reset_request import ResetRequest
from languages import in_language
from messaging.mail_text import OUTCOME_USERS, TROUBLE_FIRST, Mail, follow_up_mail, outcome_mail
from services import Services, current_services
from use_cases.left_out_users import left_out_names
from use_cases.mail_attempt import try_mail
from use_cases.related_requests import related_names
from use_cases.target_summaries import first_targets
from web.presenters import follow_up_view, outcome_view


@activity(SEND_OUTCOME_MAIL)
async def send_outcome_mail(work: OutcomeMail) -> Progress:
    return await send(current_services(), work["id"], work["kind"], last=work.get("last", False))


async def send(services: Services, request_id: str, kind: RequesterMail, *, last: bool) -> Progress:
    request = await services.requests.get(request_id)
    if request is None or any(mail.kind == kind and mail.state != "failed" for mail in request.mails):
        return {"retry_after": None, "fault": ""}
    refusal = _refusal(services, request, kind)
    if refusal is not None:
        await _note(services, request_id, refusal)
        return {"retry_after": None, "fault": ""}
    with in_language(services.policy.language_for(request.customers, request.requester)):
        mail = await _mail(services, request, kind)
    tried = await try_mail(services, mail, kind=kind, to="requester", last=last)
    if tried.made is None:
        return {"retry_after": tried.retry_after, "fault": fault_word(tried.fault)}
    await _note(services, request_id, tried.made)
    event = f"{kind}MailSent" if tried.made.state == "sent" else "mailFailed"
    data = {"to": request.requester, "kind": kind, "reason": tried.fault}
    await services.audits.append(request_id, services.now(), "service", event, data)
    return {"retry_after": None, "fault": ""}


async def _mail(services: Services, request: ResetRequest, kind: MailKind) -> Mail:
    related = await related_names(services, request, frozenset(request.customers))
    if kind == "followUp":
        targets = await first_targets(services, request, "followUps", ALARMING, OUTCOME_USERS)
        found = follow_up_view(services.policy, request, targets, services.now(), related)
        return follow_up_mail(found, to=request.requester)
    targets = await first_targets(services, request, "outcomes", TROUBLE_FIRST, OUTCOME_USERS)
    totals, decisions = await services.targets.totals(request.id), await services.requests.decisions(request.id)
    names = await left_out_names(services, request, decisions)
    now, link = services.now(), _link(services, request)
    view = outcome_view(
        services.policy, request, targets, totals, decisions, now, names=names, related=related, link=link
    )
    return outcome_mail(view, to=request.requester)


def _link(services: Services, request: ResetRequest) -> str:
    """Return the address of the request's page, "" where no one can sign in to see it."""
    settings = services.settings
    if not settings.signs_in and not settings.console_test_sign_in:
        return ""
    return f"{settings.public_base_url}/console/requests/{request.id}"


def _refusal(services: Services, request: ResetRequest, kind: MailKind) -> Mailed | None:
    """Why the requester gets no mail, None where one is to be sent."""
    try:
        mail_address(request.requester)
    except ValueError:
        return Mailed(kind=kind, to="requester", state="noAddress", detail="It is no mail address.", at=services.now())
    if mail_domain(request.requester) in readers(services.policy, services.settings.mail_from, request.customers):
        return None
    detail = "Its domain is neither the provider's nor that of every customer in the request."
    return Mailed(kind=kind, to="requester", state="notAllowed", detail=detail, at=services.now())


def readers(policy: Policy, mail_from: str, customers: list[str]) -> set[str]:
    """The mail domains whose people may read about all of these customers' users.

    A ticket can name anybody as its requester; an outcome must not be mailed to any writer to the help desk.
    """
    provider = {mail_domain(address) for address in (mail_from, *policy.people_in(policy.approval.approvers))}
    own = [
        {*customer.domains, *map(mail_domain, policy.people_in(customer.approvers))}
        for key in customers
        if (customer := policy.customers.get(key))
    ]
    return provider | (set.intersection(*own) if own and len(own) == len(customers) else set())


async def _note(services: Services, request_id: str, made: Mailed) -> None:
    await services.requests.update(
        request_id,
        lambda r: r.model_copy(update={"mails": [*(mail for mail in r.mails if mail.kind != made.kind), made]}),
    )
