"""What callers of the verification endpoints send and get, beside the target itself."""

from typing import Annotated

from pydantic import ConfigDict, Field, StringConstraints

from domain.model import Instant, Model
from domain.request.reset_request import Requester


class CallbackBody(Model):
    """That the user was called back on the number that was on file before the request."""

    model_config = ConfigDict(strict=True)

    number: Annotated[str, StringConstraints(strip_whitespace=True, pattern=r"^[0-9+() ./-]{3,40}$")] = Field(
        description="The number that was called; kept masked"
    )
    note: Annotated[str, StringConstraints(strip_whitespace=True, max_length=500)] = ""
    operator: Requester = Field("", description="Who called; needed with a key, refused for a signed-in caller")


class PresentationBegun(Model):
    """What the user opens with their wallet; `url` and `qr_code` (a data URL) lead to the same."""

    id: str
    url: str
    qr_code: str
    expires_at: Instant


class PresentationTaken(Model):
    """The callback was understood."""

    request_id: str


class ProofAccepted(Model):
    """The proof counts."""

    request: str
    id: str
