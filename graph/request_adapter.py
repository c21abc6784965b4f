"""The SDK's request adapter with a chain of its own: authenticate, then send. Nothing else happens between the two.

The SDK's chain builds each request twice, parses its URL four times, keeps cookies and opens four tracing spans a call: more CPU
than the connection needs to send it. Further attempts are `graph/retry.py`'s, spans `graph/instrumentation.py`'s, and the fresh token
after a 401 is `graph/client.py`'s. `bench/README.md` has the figures.
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import override

import httpx
from kiota_abstractions.authentication import AuthenticationProvider
from kiota_abstractions.request_information import RequestInformation
from msgraph.graph_request_adapter import GraphRequestAdapter
from opentelemetry.trace import INVALID_SPAN, Span

from graph.transport import AiohttpTransport

# Method, URL, headers and body; the response is whole.
type Send = Callable[[str, str, Mapping[str, str], bytes | None], Awaitable[httpx.Response]]

_HEADERS = {"accept": "application/json", "accept-encoding": "gzip, deflate", "user-agent": "mfa-reset"}


class DirectRequestAdapter(GraphRequestAdapter):
    """Send what the SDK describes as `RequestInformation` straight to the connections."""

    def __init__(self, authentication: AuthenticationProvider, http: httpx.AsyncClient, send: Send) -> None:
        super().__init__(authentication, client=http)
        self._authentication = authentication
        self._send = send

    @override
    def start_tracing_span(self, request_info: RequestInformation, method: str) -> Span:
        """Return a span that records nothing: each call has one of its own already (`graph/instrumentation.py`)."""
        return INVALID_SPAN

    @override
    async def get_http_response_message(
        self, request_info: RequestInformation, parent_span: Span, claims: str = ""
    ) -> httpx.Response:
        """Return the whole response.

        Raises: httpx.TransportError, and what the authentication raises.
        """
        await self._authentication.authenticate_request(request_info, {})
        method, headers = request_info.http_method, request_info.request_headers or {}
        if method is None:
            raise ValueError("a request needs a method")
        return await self._send(method.value, request_info.url, _HEADERS | headers, request_info.content)


def sender(transport: httpx.AsyncBaseTransport) -> Send:
    """Return how calls are sent: directly on aiohttp's connections, or through any other transport of httpx's."""
    if isinstance(transport, AiohttpTransport):
        return transport.send

    async def send(method: str, url: str, headers: Mapping[str, str], content: bytes | None) -> httpx.Response:
        response = await transport.handle_async_request(httpx.Request(method, url, headers=headers, content=content))
        await response.aread()
        return response

    return send
