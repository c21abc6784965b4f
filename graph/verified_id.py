"""Ask Microsoft Entra Verified ID's request service for a presentation, in the provider's own tenant.

Microsoft Learn, "Request Service REST API presentation specification" and "Request Service API error codes".
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

import httpx

from graph.errors import Fault, GraphError
from graph.responses import retry_after
from graph.tokens import Tokens

# The request service's application ("Request Service REST API", permission 3db474b9-.../.default).
APPLICATION = "3db474b9-6a0c-4840-96ac-1fceb342124f"
_PATH = "/v1.0/verifiableCredentials/createPresentationRequest"


class PresentationRequest(NamedTuple):
    """`url` opens the wallet, `qr_code` is the same as a data URL of a picture; `expiry` in seconds since 1970."""

    id: str
    url: str
    qr_code: str
    expiry: int


class VerifiedIdClient:
    def __init__(self, http: httpx.AsyncClient, tokens: Tokens, endpoint: str, tenant_id: str) -> None:
        self._http, self._tokens, self._tenant_id = http, tokens, tenant_id
        self._address = endpoint.rstrip("/") + _PATH

    async def create_presentation(self, body: Mapping[str, Any]) -> PresentationRequest:
        """Return the presentation that was made of `body`. Raises: GraphError."""
        token = await self._tokens.of(self._tenant_id)
        try:
            answer = await self._http.post(self._address, json=body, headers={"Authorization": f"Bearer {token}"})
        except httpx.TransportError as error:
            raise GraphError(Fault.UNAVAILABLE, f"Verified ID: {type(error).__name__}") from error
        if answer.status_code != 201:
            raise _error(answer)
        try:
            made = answer.json()
            return PresentationRequest(
                str(made["requestId"]), str(made["url"]), str(made["qrCode"]), int(made["expiry"])
            )
        except (ValueError, TypeError, KeyError) as error:
            raise GraphError(Fault.UNAVAILABLE, "Verified ID's answer has another shape") from error

    async def close(self) -> None:
        await self._http.aclose()


def _error(answer: httpx.Response) -> GraphError:
    try:
        error = answer.json()["error"]
        detail = f"Verified ID: {error.get('innererror', error).get('message', '')}"
    except (ValueError, TypeError, KeyError, AttributeError):
        detail = f"Verified ID answered {answer.status_code}"
    if answer.status_code == 429:
        fault = Fault.THROTTLED
    elif answer.status_code in {401, 403}:
        fault = Fault.FORBIDDEN
    else:
        fault = Fault.REFUSED if answer.status_code < 500 else Fault.UNAVAILABLE
    return GraphError(fault, detail[:500], status=answer.status_code, retry_after=retry_after(answer.headers))
