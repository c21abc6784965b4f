"""Ask the user for a credential of Microsoft Entra Verified ID, and take what the request service reports of it."""

import hmac
import logging
from datetime import UTC, datetime
from uuid import uuid4

import durable
from domain.access.approval_links import LinkError
from domain.access.sealed_tokens import derived_key, seal, unseal
from domain.api.verification_bodies import PresentationBegun
from domain.containment.settlement import is_blocked_unverified
from domain.errors import ConflictError, NotFoundError, UnauthorizedError
from domain.outcomes import RequestStatus
from domain.policy.verification import VerifiedId
from domain.request.reset_request import ResetRequest
from domain.request.target import Target
from domain.verification.evidence import EvidenceKind, EvidenceRefusedError
from domain.verification.settlement import waits
from domain.verification.verified_id import Presentation, PresentationEvent
from languages import Message
from services import Services
from use_cases.record_evidence import ProofSource, record_evidence, refuse_evidence

_log = logging.getLogger("mfareset.verification")
CALLBACK_PATH = "/api/verification/verified-id"


async def begin_presentation(services: Services, request: ResetRequest, number: int, by: str) -> PresentationBegun:
    """Return the address and QR code that the user opens with their wallet. Raises: NotFoundError, ConflictError, GraphError."""
    kept = await services.targets.get(request.id, number)
    if kept is None:
        raise NotFoundError(Message("The request has no such user."))
    settings, target = services.policy.verification.verified_id, kept.target
    accepted = target.verification is not None and EvidenceKind.VERIFIED_ID in target.verification.accept
    waiting = is_blocked_unverified(target) if request.status.ended else waits(target)
    open_now = request.status.ended or request.status is RequestStatus.PLANNING
    if settings is None or not accepted or not waiting or not open_now:
        raise ConflictError(
            Message("This user waits for no Verified ID: the policy does not accept it here, or its time is over.")
        )
    ring, nonce = services.settings.approval_keys, uuid4().hex
    state = seal(ring, "presentation", [request.id, number, nonce])
    callback: dict[str, object] = {
        "url": services.settings.public_base_url + CALLBACK_PATH,
        "state": state,
        "headers": {"api-key": derived_key(ring, state)},
    }
    made = await services.verified_id.create_presentation(_body(services, settings, target, callback))
    await services.evidence.begin_presentation(request.id, number, nonce, made.id)
    data = {"target": number, "presentation": made.id}
    await services.audits.append(request.id, services.now(), by, "presentationRequested", data)
    return PresentationBegun(
        id=made.id, url=made.url, qr_code=made.qr_code, expires_at=datetime.fromtimestamp(made.expiry, UTC)
    )


async def take_presentation(services: Services, client: durable.Client, event: PresentationEvent, api_key: str) -> None:
    """Take a callback of the request service. A repeat changes nothing. Raises: UnauthorizedError, EvidenceRefusedError."""
    request_id, number, nonce = _located(services, event.state, api_key)
    request, begun = await services.requests.get(request_id), await services.evidence.presentation(request_id, nonce)
    settings = services.policy.verification.verified_id
    kept = await services.targets.get(request_id, number)
    if request is None or begun is None or settings is None or kept is None:
        raise UnauthorizedError(Message("There is no such presentation.")).refused_as("signature", "unknown")
    if event.request_status == "request_retrieved":
        return
    customer = services.policy.customers.get(kept.target.customer)
    issuers = customer.verification.issuers if customer else ()
    proof = Presentation(event, begun.presentation_id, settings, issuers, services.now())
    if event.request_status != "presentation_verified":
        refused = EvidenceRefusedError("notVerified", Message("The presentation failed."))
        await refuse_evidence(services, request_id, number, proof, "verifiedId", refused)
        return
    origin = ProofSource("verifiedId", event.request_id, f"{nonce}:{event.request_id}")
    await record_evidence(services, client, request, number, proof, origin)


def _located(services: Services, state: str, api_key: str) -> tuple[str, int, str]:
    """Return request, target and nonce of a state that was made here and came with its key. Raises: UnauthorizedError."""
    ring = services.settings.approval_keys
    try:
        values = unseal(ring, "presentation", state)
    except LinkError as error:
        _log.warning("a callback of Verified ID was refused: %s", error.reason)
        raise UnauthorizedError(Message("There is no such presentation.")).refused_as(
            "signature", error.reason
        ) from None
    if not hmac.compare_digest(derived_key(ring, state).encode(), api_key.encode("utf-8", "surrogatepass")):
        _log.warning("a callback of Verified ID was refused: wrong key")
        raise UnauthorizedError(Message("The key is not the one of the presentation.")).refused_as("signature", "wrong")
    match values:
        case [str(request_id), int(number), str(nonce)]:
            return request_id, number, nonce
        case _:
            raise UnauthorizedError(Message("There is no such presentation.")).refused_as("signature", "malformed")


def _body(services: Services, settings: VerifiedId, target: Target, callback: dict[str, object]) -> dict[str, object]:
    """Return the payload. The wallet offers only credentials of the user; a callback is judged by itself all the same."""
    customer = services.policy.customers[target.customer]
    validation: dict[str, object] = {"allowRevoked": False, "validateLinkedDomain": True}
    if settings.face_check:
        validation["faceCheck"] = {
            "sourcePhotoClaimName": settings.photo_claim,
            "matchConfidenceThreshold": settings.confidence,
        }
    return {
        "authority": settings.authority,
        "includeQRCode": True,
        "includeReceipt": False,
        "registration": {"clientName": settings.client_name, "purpose": "To show that you ask for a reset of your MFA"},
        "callback": callback,
        "requestedCredentials": [
            {
                "type": settings.credential,
                "acceptedIssuers": list(customer.verification.issuers),
                "constraints": [{"claimName": settings.claim, "values": [target.user_principal_name]}],
                "configuration": {"validation": validation},
            }
        ],
    }
