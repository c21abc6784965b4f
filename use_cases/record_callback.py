"""Record that an operator called the user back."""

import durable
from domain.access.callers import Caller
from domain.api.verification_bodies import CallbackBody
from domain.errors import InvalidInputError
from domain.request.reset_request import ResetRequest
from domain.request.target import Target
from domain.text import clean
from domain.verification.callback import Callback
from languages import Message
from services import Services
from use_cases.record_evidence import ProofSource, record_evidence


async def record_callback(
    services: Services,
    client: durable.Client,
    request: ResetRequest,
    number: int,
    body: CallbackBody,
    *,
    by: Caller,
) -> Target:
    """Return the target with the evidence. A key is no person: with one the body names the operator.

    Raises: InvalidInputError, NotFoundError, EvidenceRefusedError.
    """
    if by.signed_in and body.operator:
        mistake = {"pointer": "/operator", "detail": Message("is only for callers with a key: you are signed in")}
        raise InvalidInputError(Message("The body is not valid."), [mistake])
    if not by.signed_in and not body.operator:
        mistake = {"pointer": "/operator", "detail": Message("is needed: a key does not say who called")}
        raise InvalidInputError(Message("The body is not valid."), [mistake])
    operator = by.name if by.signed_in else body.operator
    proof = Callback(operator, by.identity, body.number, clean(body.note, limit=500))
    return await record_evidence(services, client, request, number, proof, ProofSource(operator))
