"""Events as receivers of callbacks and of the Service Bus topic see them; descriptions are generated from these models."""

from typing import Literal

from pydantic import Field

from domain.api.responses import RequestResponse
from domain.model import Guid, Instant, Model


class EventData(RequestResponse):
    """The request as it was at the time of the event."""

    comment: str | None = Field(
        None, description="A comment for the ticket, in callbacks of sources whose policy names a template"
    )


class RequestEvent(Model):
    """A CloudEvent 1.0 in structured mode."""

    specversion: Literal["1.0"]
    id: str = Field(description="The same for every attempt to deliver it")
    source: str = Field(description="The address of the service's reset requests")
    type: Literal[
        "mfareset.request.accepted",
        "mfareset.request.awaitingVerification",
        "mfareset.request.awaitingApproval",
        "mfareset.request.decided",
        "mfareset.request.completed",
        "mfareset.request.followedUp",
    ]
    subject: Guid = Field(description="The request's id")
    time: Instant
    datacontenttype: Literal["application/json"]
    data: EventData
