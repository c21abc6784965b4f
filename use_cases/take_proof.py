"""Take the signed result of a verification service: find the target that it is about, and record it."""

from collections.abc import Iterable

from pydantic import ValidationError

import durable
from domain.errors import InvalidInputError, NotFoundError
from domain.mistakes import mistakes_of
from domain.outcomes import RequestStatus
from domain.policy.verification import VerificationService
from domain.request.plan import window_starts
from domain.request.reset_request import ResetRequest
from domain.request.target import Target
from domain.verification.evidence import EvidenceRefusedError
from domain.verification.external_proof import ExternalProof, ProofBody, asked_names, names_user
from languages import Message
from services import Services
from use_cases.read_targets import all_targets
from use_cases.record_evidence import ProofSource, record_evidence, refuse_evidence


def read_proof(raw: bytes) -> ProofBody:
    """Parse a body. Raises: InvalidInputError."""
    try:
        return ProofBody.model_validate_json(raw, by_alias=True, by_name=False)
    except ValidationError as error:
        raise InvalidInputError(Message("The body is not valid."), mistakes_of(error)) from None


async def take_proof(
    services: Services,
    client: durable.Client,
    name: str,
    service: VerificationService,
    body: ProofBody,
    delivery: str,
) -> None:
    """Record a proof whose signature was verified. Raises: NotFoundError, EvidenceRefusedError."""
    proof, actor = ExternalProof(name, service.customers, body), f"service:{name}"
    request = await services.requests.get(body.request)
    if request is None:
        raise NotFoundError(Message("There is no such request."))
    is_closed = request.status is not RequestStatus.PLANNING and len(window_starts(request.target_count)) > 1
    if is_closed:  # the delivery that brought it may come again; nothing else is taken any more
        used = await services.evidence.used(request.id, proof.kind.value, body.id)
        number = used.number if used else None
    else:
        number = await _number_of(services, request, body.user)
    if number is None:
        refused = EvidenceRefusedError("otherUser", Message("The proof is about a user who is not in this request."))
        if is_closed:
            refused = EvidenceRefusedError("notWaiting", Message("The request waits for no evidence any more."))
        await refuse_evidence(services, request.id, None, proof, actor, refused)
        raise refused
    await record_evidence(services, client, request, number, proof, ProofSource(actor, body.id, delivery))


async def _number_of(services: Services, request: ResetRequest, user: str) -> int | None:
    """Return the number of the target with this object id or user principal name; of several the one that is not settled.

    Of a long request only targets that may be the one are read, once its windows were.
    """
    starts = window_starts(request.target_count)
    if len(starts) > 1:
        numbers = await services.verification_windows.find_user(request.id, asked_names(user), starts)
        if numbers is not None:
            kept = [await services.targets.get(request.id, number) for number in sorted(numbers)]
            return _first_open([each.target for each in kept if each is not None], user)
    return _first_open([target async for target in all_targets(services, request.id)], user)


def _first_open(targets: Iterable[Target], user: str) -> int | None:
    found: int | None = None
    for target in targets:
        if names_user(user, target.user_id, target.user_principal_name):
            if not target.settled:
                return target.number
            found = target.number if found is None else found
    return found
