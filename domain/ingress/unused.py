"""Deliveries that were signed and became no request: those that the policy leaves out, and broken ones."""

from typing import Literal

from pydantic import Field

from domain.model import Instant, Model

# What is wrong with a delivery may quote it, so it is kept for as long as an operator needs to put its source right.
KEPT_DAYS = 30


class Mistake(Model):
    """Where in the delivery, or in which field of the source, and what is wrong there."""

    pointer: str
    detail: str


class UnusedDelivery(Model):
    """`reason`: for `ignored` `ping` or `notAccepted`, for `refused` the reason of the problem that the sender got."""

    source: str
    delivery_id: str
    at: Instant
    result: Literal["ignored", "refused"]
    reason: str
    detail: str = ""
    errors: list[Mistake] = Field(default_factory=list)
    size: int = Field(0, description="Bytes of the body")
    sha256: str = Field("", description="Of the body, to find it in the sender's log; the body itself is kept nowhere")


class DeliveryIgnored(Model):
    status: Literal["ignored"] = "ignored"
    reason: Literal["ping", "notAccepted"]


class UnusedDeliveries(Model):
    value: list[UnusedDelivery]
    cursor: str | None = Field(description="Where the next page begins; null on the last page")
