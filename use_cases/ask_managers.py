"""Mail the managers of users who are to be verified, each once, and pin the account that may answer."""

from typing import NamedTuple

from domain.access.attestation_links import AttestationLink, link_path, sign
from domain.model import iso
from domain.normal_address import all_spellings
from domain.outcomes import RequestStatus
from domain.request.reset_request import ResetRequest
from domain.request.target import Target
from domain.verification.evidence import EvidenceKind, Invitation, InvitationState
from domain.verification.settlement import waits
from graph.errors import GraphError
from graph.managers import read_manager
from graph.users import User
from languages import in_language
from messaging.mail import send_mail
from messaging.mail_text import attestation_mail
from services import Services
from telemetry.metrics import count
from use_cases.attestations import attestation_view


class Asked(NamedTuple):
    """`retry_after`: seconds until the rest is tried again, None when nothing is left; `fault`: why it is left."""

    retry_after: float | None = None
    fault: str = ""
    progressed: bool = False


async def ask_managers(
    services: Services, request_id: str, start: int, number: int, *, last: bool, again: bool = False
) -> Asked:
    """Ask about those of a window who wait and whose manager was not asked.

    `last`: a fault that may pass counts as a failure. `again`: managers whose mail failed are asked, too.
    """
    request = await services.requests.get(request_id)
    if request is None or request.status is not RequestStatus.PLANNING:
        return Asked()
    wait, fault, progressed = 0.0, "", False
    for kept in await services.targets.range(request_id, start, number):
        if not _is_due(kept.target, again=again):
            continue
        try:
            invitation = await _ask(services, request, kept.target)
        except GraphError as error:
            if error.passing and not last:
                wait, fault = max(wait, error.retry_after or 0.0), error.fault.value
                continue
            invitation = Invitation(mail="failed", at=services.now(), detail=error.detail)
        await _note(services, request_id, kept.target.number, invitation, again=again)
        progressed = True
    return Asked(wait if fault else None, fault, progressed)


def manager_not_reached(target: Target) -> bool:
    """Return whether the mail to the user's manager failed, and their word is still waited for."""
    invitation = target.verification and target.verification.invitation
    return bool(invitation and invitation.mail == "failed" and waits(target))


def _is_due(target: Target, *, again: bool) -> bool:
    verification = target.verification
    return (
        waits(target)
        and verification is not None
        and (verification.invitation is None or (again and manager_not_reached(target)))
        and EvidenceKind.MANAGER_ATTESTATION in verification.accept
    )


async def _ask(services: Services, request: ResetRequest, target: Target) -> Invitation:
    """Return who was asked, or why nobody was. Raises: GraphError."""
    manager = await read_manager(services.graph.of(target.tenant_id), target.user_id)
    # An organizational contact has no account that could answer.
    if manager is None or not manager.user_principal_name:
        return _not_asked(services, "noManager")
    account, name = f"{target.tenant_id}/{manager.id}", manager.user_principal_name
    if request.involved.has(all_spellings(name, manager.mail), account) or manager.id == target.user_id:
        return _not_asked(services, "involved", name)
    if not manager.mail:
        return _not_asked(services, "noAddress", name)
    await _mail(services, request, target, manager, account)
    return Invitation(account=account, name=name, mail="sent", at=services.now())


async def _mail(services: Services, request: ResetRequest, target: Target, manager: User, account: str) -> None:
    token = sign(services.settings.approval_keys, AttestationLink(request.id, target.number, account))
    link = services.settings.public_base_url + link_path(token)
    with in_language(services.policy.language_for([target.customer], manager.mail)):
        view = attestation_view(services, request, target, manager.user_principal_name)
        mail = attestation_mail(view, to=manager.mail, link=link)
    await send_mail(services.graph, services.settings.graph_home_tenant, services.settings.mail_from, mail)
    count("mfareset.mails", kind="attestation", result="sent")


def _not_asked(services: Services, why: InvitationState, name: str = "") -> Invitation:
    return Invitation(mail=why, name=name, at=services.now())


async def _note(services: Services, request_id: str, number: int, invitation: Invitation, *, again: bool) -> None:
    """Write the invitation onto the target as it is by now."""
    while True:
        kept = await services.targets.get(request_id, number)
        if kept is None or kept.target.verification is None or not _is_due(kept.target, again=again):
            return
        verification = kept.target.verification.model_copy(update={"invitation": invitation})
        if await services.targets.save(request_id, kept, kept.target.model_copy(update={"verification": verification})):
            break
    data = {"target": number, "manager": invitation.name, "managerId": invitation.account, "mail": invitation.mail}
    once = f"managerAsked:{number}" + (f":{invitation.mail}:{iso(invitation.at)}" if again else "")
    await services.audits.append(request_id, invitation.at, "service", "managerAsked", data, once=once)
