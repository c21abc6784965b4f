"""What callers send who ask for a Temporary Access Pass."""

from pydantic import ConfigDict, Field

from domain.model import Model
from domain.request.reset_request import Requester


class AccessPassBody(Model):
    """Who is shown the pass."""

    model_config = ConfigDict(strict=True)

    operator: Requester = Field("", description="Who sees the pass; needed with a key, refused for a signed-in caller")
