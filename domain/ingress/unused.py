"""Deliveries that were signed and became no request: those that the policy leaves out, and broken ones."""

from typing import Literal

from pydantic import Field

from domain.model import Instant, Model

# A delivery's body may hold names, so it is kept for as long as an operator needs to put its source right.
KEPT_DAYS = 30
# Characters; longer bodies are cut. The reason is at the beginning of most, and a row has to hold them.
LONGEST_BODY = 8000


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
    body: str = Field("", description="Of a refused one, as it was sent; the first 8,000 characters")


class DeliveryIgnored(Model):
    status: Literal["ignored"] = "ignored"
    reason: Literal["ping", "notAccepted"]


class UnusedDeliveries(Model):
    value: list[UnusedDelivery]
    cursor: str | None = Field(description="Where the next page begins; null on the last page")
