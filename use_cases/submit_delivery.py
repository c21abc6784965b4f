"""Submit the request that a verified delivery of a source asks for, and keep the deliveries that become none."""

import hashlib
from collections.abc import Mapping
from typing import Literal, NamedTuple, TypedDict

import durable
from domain.errors import Problem
from domain.ingress.bodies import is_ping, read_delivery
from domain.ingress.mapping import is_accepted, map_delivery
from domain.ingress.signatures import Verified
from domain.ingress.unused import DeliveryIgnored, Mistake, UnusedDelivery
from domain.policy.load import Source
from domain.request.new_request import Origin
from domain.request.parsing import read_request
from services import Services
from telemetry.metrics import count
from use_cases.submit_request import Submission, Submitted, submit_request


class Received(NamedTuple):
    """A delivery whose signature was verified; names of headers are in lower case."""

    name: str
    source: Source
    headers: Mapping[str, str]
    raw: bytes
    verified: Verified


async def submit_delivery(
    services: Services, client: durable.Client, received: Received
) -> Submitted | DeliveryIgnored:
    """Make the request of a delivery, or ignore it: a ping, or what the source's `accept` leaves out.

    Raises: Problem where the delivery does not fit its source.
    """
    source = received.source
    if is_ping(source.scheme, received.headers):
        return await _ignore(services, received, "ping")
    value = read_delivery(source.scheme, received.headers, received.raw)
    if not is_accepted(source.accept, value):
        return await _ignore(services, received, "notAccepted")
    body = map_delivery(source.fields, value) if source.fields else value
    parsed = read_request(body, services.policy, source.customers, names_requester=True)
    verified = received.verified
    submission = Submission(
        parsed, Origin(received.name), key=verified.delivery_id, raw=received.raw, signed=verified.signed
    )
    return await submit_request(services, client, submission)


async def keep_refused(services: Services, received: Received, problem: Problem) -> None:
    """Keep a signed delivery that could not become a request, with what is wrong, for the operator."""
    count("mfareset.deliveries.refused", source=received.name, reason=problem.reason)
    await services.unused_deliveries.keep(
        UnusedDelivery(
            source=received.name,
            delivery_id=received.verified.delivery_id,
            at=services.now(),
            result="refused",
            reason=problem.reason,
            detail=problem.detail,
            errors=[Mistake(pointer=error["pointer"], detail=error["detail"]) for error in problem.errors],
            **_body_of(received),
        )
    )


async def _ignore(services: Services, received: Received, reason: Literal["ping", "notAccepted"]) -> DeliveryIgnored:
    count("mfareset.deliveries.ignored", source=received.name, reason=reason)
    await services.unused_deliveries.keep(
        UnusedDelivery(
            source=received.name,
            delivery_id=received.verified.delivery_id,
            at=services.now(),
            result="ignored",
            reason=reason,
            **_body_of(received),
        )
    )
    return DeliveryIgnored(reason=reason)


class _Body(TypedDict):
    size: int
    sha256: str


def _body_of(received: Received) -> _Body:
    return _Body(size=len(received.raw), sha256=hashlib.sha256(received.raw).hexdigest())
