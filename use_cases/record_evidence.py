"""Record evidence about a target that waits for it: judged, written once, audited, and the request is woken."""

import logging
from typing import NamedTuple

import durable
from domain.containment.actions import Action
from domain.containment.settlement import asked_to_unblock, awaiting_evidence, with_actions
from domain.containment.terms import needs_evidence
from domain.errors import NotFoundError
from domain.outcomes import RequestStatus, TargetOutcome
from domain.request.reset_request import ResetRequest
from domain.request.target import Target
from domain.verification.evidence import EvidenceRefusedError
from domain.verification.proof import Proof, Subject, evidence_of
from domain.verification.settlement import denied, verified
from domain.verification.terms import terms_for
from languages import Message
from services import Services
from telemetry.metrics import count
from use_cases.orchestrations import wake
from use_cases.release_users import start_release

_log = logging.getLogger("mfareset.verification")


class ProofSource(NamedTuple):
    """Where a proof comes from: who is the actor of its audit events; the id of a proof of another system, and its delivery's."""

    actor: str
    proof_id: str = ""
    delivery: str = ""


async def record_evidence(
    services: Services,
    client: durable.Client,
    request: ResetRequest,
    number: int,
    proof: Proof,
    origin: ProofSource,
) -> Target:
    """Return the target with the evidence. The same delivery again changes nothing. A user who waits to be unblocked is.

    Raises: NotFoundError; EvidenceRefusedError, after the refusal was audited and counted.
    """
    try:
        return await _record(services, client, request, number, proof, origin)
    except EvidenceRefusedError as refused:
        await refuse_evidence(services, request.id, number, proof, origin.actor, refused)
        raise


async def refuse_evidence(
    services: Services, request_id: str, number: int | None, proof: Proof, actor: str, refused: EvidenceRefusedError
) -> None:
    """Audit and count evidence that does not count; `number` None: it is about no target of the request."""
    _log.warning("request %s: evidence of kind %s was refused: %s", request_id, proof.kind, refused.reason)
    count("mfareset.evidence", kind=proof.kind.value, result=refused.reason)
    data = {"target": number, "kind": proof.kind.value, "reason": refused.reason}
    await services.audits.append(request_id, services.now(), actor, "evidenceRefused", data)


async def deny_user(
    services: Services, client: durable.Client, request: ResetRequest, number: int, by: str, by_id: str
) -> Target:
    """Refuse a target because who was asked says that its user did not ask for it.

    Raises: NotFoundError; EvidenceRefusedError where the target waits for no evidence any more.
    """
    while True:
        kept = await services.targets.get(request.id, number)
        if kept is None:
            raise NotFoundError(Message("The request has no such user."))
        verification = kept.target.verification
        if not _is_open(request) or verification is None or verification.state != "waiting" or kept.target.settled:
            raise EvidenceRefusedError("notWaiting", Message("This user waits for no answer any more."))
        after = denied(kept.target, by)
        if await services.targets.save(request.id, kept, after):
            break
    data = {"target": number, "by": by, "byId": by_id}
    await services.audits.append(
        request.id, services.now(), by, "verificationDenied", data, once=f"verificationDenied:{number}"
    )
    count("mfareset.evidence", kind="managerAttestation", result="denied")
    await wake(client, request.id)
    return after


async def audit_evidence(services: Services, request_id: str, target: Target) -> None:
    """Write the audit event of a target's evidence, once however often it is called."""
    evidence = target.verification.evidence if target.verification else None
    if evidence is None:
        return
    data = {"target": target.number, **evidence.to_json()}
    once = f"evidence:{target.number}:{evidence.id}"
    if await services.audits.append(request_id, evidence.received_at, evidence.by, "evidenceRecorded", data, once=once):
        count("mfareset.evidence", kind=evidence.kind.value, result="recorded")


def _is_open(request: ResetRequest) -> bool:
    return request.status is RequestStatus.PLANNING


def _is_to_unblock(services: Services, request: ResetRequest, target: Target) -> bool:
    """Return whether the evidence is for the unblocking of a contained user: the reset has ended then."""
    return request.status.ended and needs_evidence(services.policy, request, target) and not asked_to_unblock(target)


async def _record(
    services: Services,
    client: durable.Client,
    request: ResetRequest,
    number: int,
    proof: Proof,
    origin: ProofSource,
) -> Target:
    while True:
        kept = await services.targets.get(request.id, number)
        if kept is None:
            raise NotFoundError(Message("The request has no such user."))
        # After the target: who asked is stored before targets begin to wait, and the caller may have read the request sooner.
        request = await services.requests.get(request.id) or request
        if await _is_repeated(services, request, proof, origin):
            return kept.target
        to_unblock = _is_to_unblock(services, request, kept.target)
        if not to_unblock and (not _is_open(request) or await services.requests.cancelled(request.id) is not None):
            raise EvidenceRefusedError("notWaiting", Message("The request waits for no evidence any more."))
        terms = terms_for(services.policy, request.source, kept.target.customer)
        # The step that has targets wait for it may come later than the end of the request.
        target = awaiting_evidence(kept.target, terms.accept, services.now()) if to_unblock else kept.target
        judged = target.model_copy(update={"outcome": TargetOutcome.PENDING}) if to_unblock else target
        evidence = evidence_of(proof, Subject(request, judged, terms, services.now()))
        after = verified(target, evidence)
        if to_unblock:
            after = with_actions(after, unblocked=Action(reason="verified", at=services.now(), by=evidence.by))
        # False: another process wrote the target, or used the proof; what is there now is judged.
        if await services.evidence.add(request.id, kept, after, evidence, origin.delivery):
            await audit_evidence(services, request.id, after)
            if to_unblock:
                await start_release(services, client, request, [number])
            else:
                await wake(client, request.id)
            return after


async def _is_repeated(services: Services, request: ResetRequest, proof: Proof, origin: ProofSource) -> bool:
    """Return whether this is the delivery that brought the proof, sent again because its answer was lost.

    Raises: EvidenceRefusedError where another one did.
    """
    if not origin.proof_id:
        return False
    used = await services.evidence.used(request.id, proof.kind.value, origin.proof_id)
    if used is None:
        return False
    if origin.delivery and used.delivery == origin.delivery:
        return True
    raise EvidenceRefusedError("replayed", Message("This proof was used before."))
