"""The manager's part of a verification: locate it by the link, show it, and take the answer."""

from typing import NamedTuple

import durable
from domain.access.approval_links import LinkError
from domain.access.attestation_links import AttestationLink, read
from domain.bootstrap.access_pass import AccessPassMade
from domain.bootstrap.offer import pass_standing
from domain.errors import AccessPassProblem
from domain.outcomes import RequestStatus
from domain.request.reset_request import ResetRequest
from domain.request.target import Target
from domain.verification.evidence import Invitation
from domain.verification.manager_attestation import ManagerAttestation
from languages import Message
from services import Services
from use_cases.decide_approval import NotAllowedToDecideError
from use_cases.record_evidence import ProofSource, deny_user, record_evidence
from use_cases.show_access_pass import Viewer, show_access_pass
from web.attestation import AttestationView
from web.presenters import pass_view


class LocatedAttestation(NamedTuple):
    """What a manager's link leads to."""

    link: AttestationLink
    request: ResetRequest
    target: Target
    invitation: Invitation


async def locate_attestation(services: Services, token: str) -> LocatedAttestation:
    """Return what a link leads to. Raises: NotAllowedToDecideError."""
    try:
        link = read(services.settings.approval_keys, token)
    except LinkError:
        raise NotAllowedToDecideError("badLink") from None
    request = await services.requests.get(link.request_id)
    kept = await services.targets.get(link.request_id, link.number)
    if request is None or kept is None:
        raise NotAllowedToDecideError("badLink")
    invitation = kept.target.verification.invitation if kept.target.verification else None
    if invitation is None or invitation.account != link.account:
        raise NotAllowedToDecideError("notYours")
    return LocatedAttestation(link, request, kept.target, invitation)


def attestation_view(services: Services, request: ResetRequest, target: Target, manager: str) -> AttestationView:
    """Return what the manager reads, in the mail and on the page alike."""
    verification = target.verification
    if verification is None:
        raise ValueError("the target needs no verification")
    customer = services.policy.customers.get(target.customer)
    return AttestationView(
        request_id=request.id,
        user=target.display_name or target.user_principal_name,
        user_principal_name=target.user_principal_name,
        customer=(customer.name if customer else "") or target.customer,
        manager=manager,
        asked_by=request.asked_by,
        ticket=request.ticket,
        reason=request.reason,
        contact=services.policy.contact_of(target.customer),
        until=verification.until,
        now=services.now(),
        state=_state(services, request, target),
        access_pass=pass_view(target.access_pass) if verification.state == "verified" else None,
        standing=pass_standing(services.policy.bootstrap, target, services.now()),
    )


async def attest(services: Services, client: durable.Client, located: LocatedAttestation, *, signed_in: bool) -> None:
    """Record that the manager has spoken to the user. Raises: EvidenceRefusedError."""
    account, name = located.link.account, located.invitation.name
    proof = ManagerAttestation(account, name, signed_in)
    await record_evidence(services, client, located.request, located.link.number, proof, ProofSource(name))


async def deny(services: Services, client: durable.Client, located: LocatedAttestation) -> None:
    """Record that the user did not ask for it. Raises: EvidenceRefusedError."""
    name = located.invitation.name
    await deny_user(services, client, located.request, located.link.number, name, located.link.account)


async def show_pass(services: Services, located: LocatedAttestation) -> AccessPassMade:
    """Make the user's pass and show it to the manager, once. Raises: NotAllowedError, AccessPassProblem."""
    target = located.target
    if target.verification is None or target.verification.state != "verified":
        raise AccessPassProblem("notVerified", Message("Nothing shows that this user asked for the reset."))
    viewer = Viewer(located.invitation.name, located.link.account, "manager")
    return await show_access_pass(services, located.request, located.link.number, viewer)


def _state(services: Services, request: ResetRequest, target: Target) -> str:
    verification = target.verification
    if verification is None:
        return "ended"
    if verification.state == "waiting":
        if target.settled or request.status is not RequestStatus.PLANNING:
            return "ended"
        return "waiting" if services.now() < verification.until else "missing"
    return verification.state
