"""Submit a request: write the delivery's record first, then the request's, then start the orchestration.

Every step may be repeated.
"""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from uuid import uuid4

import durable
from domain.access.callers import Caller
from domain.containment.terms import containment_terms
from domain.errors import InvalidInputError, KeyReusedError
from domain.request.new_request import Origin, build_request
from domain.request.parsing import ParsedRequest
from domain.request.reset_request import ResetRequest
from domain.request.schedule import LONGEST
from domain.request.undo import Undo
from languages import Message
from services import Services
from telemetry.metrics import count
from telemetry.spans import request_span
from use_cases.admit_request import admit_request
from use_cases.orchestrations import ensure_started, start


@dataclass(frozen=True, slots=True)
class Submission:
    """What came in, ready to become a request.

    `key` is the delivery id or idempotency key, None where there is none; `key_owner` is whose keys these are, the source's
    unless given. `raw` is the body that a repeat with the same key must bring. `signed` is what the sender's signature covers
    where the key is not part of it (records.deliveries.Deliveries.accept).
    """

    parsed: ParsedRequest
    origin: Origin
    key: str | None = None
    key_owner: str = ""
    raw: bytes = b""
    signed: bytes | None = None
    undo: Undo | None = None


class Submitted(NamedTuple):
    """The request, and whether this submission made it (False: an earlier one with the same key did)."""

    request: ResetRequest
    is_new: bool


async def submit_request(services: Services, client: durable.Client, submission: Submission) -> Submitted:
    """Make the request of a submission, or find the one that was made with the same key.

    A fault in the middle is repaired by the same submission again, and by the reconciling timer once the request's own record
    is there. Raises: KeyReusedError where the key came before with another body, LimitReachedError where the sender or a
    customer asks for more than the policy allows; the same key may come again later. InvalidInputError where the source may not
    name the profile.
    """
    terms = containment_terms(services.policy, submission.parsed, submission.origin.source)
    request_id, created_at = str(uuid4()), services.now()
    _check_time(submission.parsed.body.not_before, created_at)
    source, raw = submission.origin.source, submission.raw
    if submission.key is not None:
        owner = submission.key_owner or source
        delivery = await services.deliveries.accept(
            owner, submission.key, raw, request_id, created_at, signed=submission.signed
        )
        if not delivery.readable:
            raise KeyReusedError(
                Message(
                    "This key came before, but the service's record of it cannot be read. Look whether its request was made; "
                    "use a new key for a new request."
                )
            )
        if not delivery.matches(raw):
            raise KeyReusedError(Message("This key came before with another body. Use a new key for a new request."))
        request_id, created_at = delivery.request_id, delivery.at
        if not delivery.first and (known := await services.requests.get(request_id)) is not None:
            await ensure_started(client, known)
            return Submitted(known, is_new=False)
    with request_span("accept", request_id, source=source):
        # Concurrent submissions with one key arrive here together: all write the same records, and one of them writes the
        # request's own.
        recent = await admit_request(
            services, submission.parsed, submission.origin, request_id, undo=submission.undo is not None
        )
        request, targets = build_request(submission.parsed, submission.origin, request_id, created_at, recent)
        request = request.model_copy(update={"containment": terms})
        if submission.undo is not None:
            request, targets = submission.undo.applied(request, targets)
        if await services.requests.create(request, targets):
            await start(client, request)
            count("mfareset.requests.accepted", source=source)
            return Submitted(request, is_new=True)
    request = await services.requests.get(request_id) or request
    await ensure_started(client, request)
    return Submitted(request, is_new=False)


def _check_time(not_before: datetime | None, now: datetime) -> None:
    if not_before is not None and not_before > now + LONGEST:
        detail = Message(
            "must be within %(days)s days: what is planned now may be something else by then", days=LONGEST.days
        )
        raise InvalidInputError(Message("The request waits too long."), [{"pointer": "/notBefore", "detail": detail}])


def caller_keys(caller: Caller) -> str:
    """Return the name under which a caller's idempotency keys are kept.

    Each caller has keys of their own, and no source can have this name, so no key collides with another caller's or with a
    delivery id.
    """
    return f"api:{caller.identity}"


def canonical_json(value: object) -> bytes:
    """Return the same bytes for the same value, so that another spelling of a body is not another body."""
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()
