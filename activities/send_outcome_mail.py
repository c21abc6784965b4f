"""Activity: mails the requester what became of the request, and later who has registered again."""

from activities.app import Work, activity
from activities.mailing import try_mail
from activities.showing import all_targets
from domain.mails import Mailed, MailKind, mail_domain
from domain.policy import Policy
from domain.policy_values import mail_address
from domain.requests import ResetRequest
from messaging.mail_text import Mail, follow_up_mail, outcome_mail
from services import Services, services
from web.fill import follow_up_view, outcome_view


@activity
async def send_outcome_mail(work: Work) -> Work:
    """`work`: {"id", "kind": "outcome" | "followUp", "last"}. Answers {"again": seconds or None, "fault"}."""
    return await send(services(), work["id"], work["kind"], last=work.get("last", False))


async def send(s: Services, request_id: str, kind: MailKind, *, last: bool) -> Work:
    request = await s.requests.get(request_id)
    if request is None or any(mail.kind == kind and mail.state != "failed" for mail in request.mails):
        return {"again": None, "fault": ""}
    refusal = _refusal(s, request, kind)
    if refusal is not None:
        await _note(s, request_id, refusal)
        return {"again": None, "fault": ""}
    tried = await try_mail(s, await _mail(s, request, kind), kind=kind, to="requester", last=last)
    if tried.made is None:
        return {"again": tried.again, "fault": tried.fault}
    await _note(s, request_id, tried.made)
    event = f"{kind}MailSent" if tried.made.state == "sent" else "mailFailed"
    data = {"to": request.requester, "kind": kind, "reason": tried.fault}
    await s.audits.append(request_id, s.now(), "service", event, data)
    return {"again": None, "fault": ""}


async def _mail(s: Services, request: ResetRequest, kind: MailKind) -> Mail:
    targets = [target async for target in all_targets(s, request.id)]
    if kind == "followUp":
        return follow_up_mail(follow_up_view(s.policy, request, targets, s.now()), to=request.requester)
    totals, decisions = await s.targets.totals(request.id), await s.requests.decisions(request.id)
    return outcome_mail(outcome_view(s.policy, request, targets, totals, decisions, s.now()), to=request.requester)


def _refusal(s: Services, request: ResetRequest, kind: MailKind) -> Mailed | None:
    """Why the requester gets no mail, None where one is to be sent."""
    try:
        mail_address(request.requester)
    except ValueError:
        return Mailed(kind=kind, to="requester", state="noAddress", detail="It is no mail address.", at=s.now())
    if mail_domain(request.requester) in readers(s.policy, s.settings.mail_from, request.customers):
        return None
    detail = "Its domain is neither the provider's nor that of every customer in the request."
    return Mailed(kind=kind, to="requester", state="notAllowed", detail=detail, at=s.now())


def readers(policy: Policy, mail_from: str, customers: list[str]) -> set[str]:
    """The mail domains whose people may read about all of these customers' users.

    A ticket can name anybody as its requester; an outcome must not be mailed to whoever wrote to the help desk.
    """
    provider = {mail_domain(address) for address in (mail_from, *policy.approval.approvers)}
    own = [
        {*customer.domains, *map(mail_domain, customer.approvers)}
        for key in customers
        if (customer := policy.customers.get(key))
    ]
    return provider | (set.intersection(*own) if own and len(own) == len(customers) else set())


async def _note(s: Services, request_id: str, made: Mailed) -> None:
    await s.requests.update(
        request_id,
        lambda r: r.model_copy(update={"mails": [*(mail for mail in r.mails if mail.kind != made.kind), made]}),
    )
