"""Endpoints that take evidence that a user asks for a reset."""

import logging

import azure.functions as func
from pydantic import ValidationError

import durable
from domain.api.responses import to_target_response
from domain.api.verification_bodies import CallbackBody, PresentationTaken, ProofAccepted
from domain.errors import (
    EvidenceProblem,
    InvalidInputError,
    NotFoundError,
    TooLargeError,
    TooManyError,
    UnauthorizedError,
)
from domain.ingress.signatures import SignatureError, has_signature, verify
from domain.mistakes import mistakes_of
from domain.request.parsing import read_json
from domain.verification.evidence import EvidenceRefusedError
from domain.verification.verified_id import PresentationEvent
from languages import Message
from services import current_services
from telemetry.metrics import count
from triggers.http.authorization import API_LEVEL, OPERATORS, authorize
from triggers.http.bodies import read_body
from triggers.http.parameters import parse_unsigned
from triggers.http.rate_limit import RateLimiter
from triggers.http.responses import json_response, problem_responses
from use_cases.presentations import begin_presentation, take_presentation
from use_cases.read_request import find_request
from use_cases.record_callback import record_callback
from use_cases.take_proof import read_proof, take_proof

app = durable.Blueprint()

_log = logging.getLogger("mfareset.verification")
_limiter = RateLimiter()
_PER_MINUTE = 600
_MOST_BYTES = 16 * 1024
# A presented credential may hold a photo of 2 MB ("Claims schema for Verified employee credential"), in base64 and escaped.
_MOST_BYTES_OF_PRESENTATION = 4 * 1024 * 1024


@app.route("api/reset-requests/{id}/targets/{number}/verification", methods=["POST"], auth_level=API_LEVEL)
@app.durable_client_input(client_name="client")
@problem_responses
async def record_user_callback(req: func.HttpRequest, client: durable.Client) -> func.HttpResponse:
    services = current_services()
    caller = authorize(services, req, OPERATORS)
    request = await find_request(services, req.route_params.get("id"), caller.reach(OPERATORS))
    try:
        target = await record_callback(services, client, request, number_of(req), _callback(req), by=caller)
    except EvidenceRefusedError as refused:
        raise EvidenceProblem(refused.reason, refused.detail) from None
    return json_response(to_target_response(target))


@app.route("api/verification/proofs/{service}", methods=["POST"], auth_level=func.AuthLevel.ANONYMOUS)
@app.durable_client_input(client_name="client")
@problem_responses
async def receive_proof(req: func.HttpRequest, client: durable.Client) -> func.HttpResponse:
    services = current_services()
    name = req.route_params.get("service", "")
    service = services.policy.verification.services.get(name)
    if service is None:
        raise NotFoundError(Message("There is no such verification service."))
    raw, delivery = _signed(req, name, service.secrets)
    if not _limiter.allow(name, _PER_MINUTE, services.now()):
        raise TooManyError(Message("This service may send %(per_minute)s results per minute.", per_minute=_PER_MINUTE))
    body = read_proof(raw)
    try:
        await take_proof(services, client, name, service, body, delivery)
    except EvidenceRefusedError as refused:
        raise EvidenceProblem(refused.reason, refused.detail) from None
    return json_response(ProofAccepted(request=body.request, id=body.id))


@app.route("api/reset-requests/{id}/targets/{number}/verification/verified-id", methods=["POST"], auth_level=API_LEVEL)
@problem_responses
async def begin_user_presentation(req: func.HttpRequest) -> func.HttpResponse:
    services = current_services()
    caller = authorize(services, req, OPERATORS)
    request = await find_request(services, req.route_params.get("id"), caller.reach(OPERATORS))
    return json_response(await begin_presentation(services, request, number_of(req), caller.name))


@app.route("api/verification/verified-id", methods=["POST"], auth_level=func.AuthLevel.ANONYMOUS)
@app.durable_client_input(client_name="client")
@problem_responses
async def receive_presentation(req: func.HttpRequest, client: durable.Client) -> func.HttpResponse:
    services = current_services()
    raw = read_body(req)
    if len(raw) > _MOST_BYTES_OF_PRESENTATION:
        raise TooLargeError(
            Message(
                "A callback may have at most %(most_bytes)s bytes.",
                most_bytes=_MOST_BYTES_OF_PRESENTATION,
            )
        )
    try:
        event = PresentationEvent.model_validate(read_json(raw), by_alias=True, by_name=False)
    except ValidationError:  # what was presented is not repeated
        raise InvalidInputError(Message("The body is no callback of Verified ID's request service.")) from None
    try:
        await take_presentation(services, client, event, req.headers.get("api-key", ""))
    except EvidenceRefusedError as refused:
        raise EvidenceProblem(refused.reason, refused.detail) from None
    return json_response(PresentationTaken(request_id=event.request_id))


def number_of(req: func.HttpRequest) -> int:
    """Return the number of the target in the path. Raises: NotFoundError."""
    number = parse_unsigned(req.route_params.get("number") or "")
    if number is None:
        raise NotFoundError(Message("The request has no user with this number."))
    return number


def _signed(req: func.HttpRequest, name: str, secrets: tuple[str, ...]) -> tuple[bytes, str]:
    """Return the body and the id of a delivery that the service signed. Raises: UnauthorizedError, TooLargeError."""
    if not has_signature("standard-webhooks", req.headers):
        raise UnauthorizedError(Message("The result is not signed.")).refused_as("signature", "missing")
    raw = read_body(req)
    if len(raw) > _MOST_BYTES:
        raise TooLargeError(Message("A result may have at most %(most_bytes)s bytes.", most_bytes=_MOST_BYTES))
    try:
        verified = verify("standard-webhooks", secrets, dict(req.headers), raw, current_services().now())
    except SignatureError as error:
        _log.warning("a result of service %s was refused: %s", name, error.reason)
        count("mfareset.evidence", kind="externalProof", result=f"signature-{error.reason}")
        problem = UnauthorizedError(Message("The signature of the result is not valid."))
        raise problem.refused_as("signature", error.reason) from None
    return raw, verified.delivery_id


def _callback(req: func.HttpRequest) -> CallbackBody:
    try:
        return CallbackBody.model_validate(read_json(read_body(req)), by_alias=True, by_name=False)
    except ValidationError as error:
        # The values are not repeated: one is a telephone number.
        raise InvalidInputError(Message("The body is not valid."), mistakes_of(error)) from None
