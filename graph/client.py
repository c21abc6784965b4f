"""Microsoft Graph for one customer: the SDK's request adapter, read as bytes.

Typed SDK responses cost 1.2 s of imports and about 8 ms of CPU each; bytes through the same adapter 1 ms. The adapter's own
retries are off: they ignore a fractional Retry-After and know nothing of batches. `graph/retry.py` says what is tried again here.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, override
from urllib.parse import quote, urlsplit

import httpx
from kiota_abstractions.authentication import (
    AccessTokenProvider,
    AllowedHostsValidator,
    BaseBearerTokenAuthenticationProvider,
)
from kiota_abstractions.method import Method
from kiota_abstractions.native_response_handler import NativeResponseHandler
from kiota_abstractions.request_information import RequestInformation
from kiota_http.middleware.options import ResponseHandlerOption

from graph.errors import Fault, GraphError
from graph.instrumentation import instrument_call
from graph.privilege_cache import FOR_RESETS, PrivilegeCaches
from graph.read_ahead import ReadAhead
from graph.request_adapter import DirectRequestAdapter, sender
from graph.responses import Response, is_repeatable, parsed, retry_after
from graph.retry import Attempts, Pauses
from graph.short_cache import ShortCache
from graph.tokens import Tokens

# Of a call: an object, or plain text, which Graph takes for a mail in MIME.
type Body = Mapping[str, Any] | str

# Calls to authentication methods end at 60 s on Graph's side.
TIMEOUT = httpx.Timeout(65.0, connect=10.0)
# One host, so one pool; more than a worker's activities need at once.
CONNECTIONS = 256

# Batches of one tenant under way at once, over all requests that this process plans: twenty reads each.
_BATCHES = 8

_METHODS = {method.value: method for method in (Method.GET, Method.POST, Method.PATCH, Method.DELETE)}
# Graph refuses a write without `Content-Type: application/json` (400 or 415), also one that documents no body.
# [i msgraph-sdk-java#687, microsoft-graph-docs#4119 and #6259 (an action that documents no body); in a batch: microsoft-graph-docs#6682]
WRITES = frozenset({"POST", "PATCH"})
_NATIVE = ResponseHandlerOption(NativeResponseHandler())


def _origin(url: str) -> tuple[str, str]:
    parts = urlsplit(url)
    return parts.scheme, parts.netloc.lower()


def segment(text: str) -> str:
    """`text` as one segment of a path."""
    return quote(text, safe="")


def _headers(response: httpx.Response) -> dict[str, str]:
    """Return the headers by lower-case names, joined by commas where one was sent several times."""
    headers: dict[str, str] = {}
    for name, value in response.headers.raw:
        key, text = name.decode("latin-1").lower(), value.decode("latin-1")
        headers[key] = f"{headers[key]}, {text}" if key in headers else text
    return headers


class _TokenProvider(AccessTokenProvider):
    def __init__(self, tokens: Tokens, tenant_id: str, endpoint: str) -> None:
        self._tokens = tokens
        self._tenant_id = tenant_id
        self._own = f"{endpoint}/"  # most calls begin so, and need no other look at where they go
        self._hosts = AllowedHostsValidator([str(httpx.URL(endpoint).host)])

    @override
    async def get_authorization_token(
        self, uri: str, additional_authentication_context: dict[str, Any] | None = None
    ) -> str:
        # A token never leaves for another host, wherever a nextLink points.
        if not uri.startswith(self._own) and not self._hosts.is_url_host_valid(uri):
            raise GraphError(Fault.REFUSED, f"{httpx.URL(uri).host} is not the Graph of this service")
        try:
            return await self._tokens.of(self._tenant_id)
        except GraphError as error:
            error.sent = False
            raise

    @override
    def get_allowed_hosts_validator(self) -> AllowedHostsValidator:
        return self._hosts


class _Tenant:
    """What the clients of one tenant share."""

    def __init__(self, adapter: DirectRequestAdapter) -> None:
        self.adapter = adapter
        self.batches = asyncio.Semaphore(_BATCHES)
        self.privileged = PrivilegeCaches()
        self.users_ahead = ReadAhead(FOR_RESETS)
        self.listed = ShortCache()


class GraphClient:
    """Calls for one tenant. `pressure` is the highest throttling level seen since it was made."""

    def __init__(
        self,
        endpoint: str,
        tokens: Tokens,
        tenant_id: str,
        shared: _Tenant,
        sleep: Callable[[float], Awaitable[object]],
    ) -> None:
        self.privileged = shared.privileged
        self.users_ahead = shared.users_ahead
        self.listed = shared.listed
        self.batches = shared.batches
        self.tenant_id = tenant_id
        self.pressure = 0.0
        self._adapter = shared.adapter
        self._endpoint = endpoint
        self._tokens = tokens
        self._sleep = sleep
        self._pauses: Pauses | None = None

    def serves(self, link: str) -> bool:
        """Return whether a link, of a next page for example, leads to this Graph and nowhere else."""
        try:
            return _origin(link) == _origin(self._endpoint)
        except ValueError:  # what stands there is no address at all
            return False

    async def send(
        self,
        method: str,
        path: str,
        *,
        body: Body | None = None,
        version: str = "v1.0",
        headers: Mapping[str, str] | None = None,
    ) -> Response:
        """Return the answer, whatever its status. `path` may be a whole nextLink.

        A GET that fails for a passing reason is tried again as `graph/retry.py` says, and so is every call that was throttled or
        whose token was not taken: Graph did nothing of it.

        Raises: GraphError only where there is no answer.
        """
        attempts = self.attempts()
        while True:
            try:
                response = await self.send_once(method, path, body=body, version=version, headers=headers)
            except GraphError as error:
                if not error.passing or (method != "GET" and error.sent):
                    raise
                if not await attempts.next(throttled=error.fault is Fault.THROTTLED, retry_after=error.retry_after):
                    raise
                continue
            if not is_repeatable(response, harmless=method == "GET") or not await attempts.next(
                throttled=response.status == 429, retry_after=retry_after(response.headers)
            ):
                return response

    def now(self) -> float:
        """Return the instant that `forget_token` is to be given later."""
        return self._tokens.now()

    def forget_token(self, *, before: float) -> None:
        """Ask for another token at the next call, because Graph did not take this one in a call that was made at `before`."""
        self._tokens.forget(self.tenant_id, before=before)

    def attempts(self) -> Attempts:
        return Attempts(self._sleep, self._pauses)

    def share_pauses(self) -> None:
        """From now on let all calls of this client together pause no longer than one call may."""
        self._pauses = Pauses(now=self.now)

    def never_wait(self) -> None:
        """From now on repeat no call of this client that would have to wait: its caller gets the error instead."""
        self._pauses = Pauses(0.0)

    async def send_once(
        self,
        method: str,
        path: str,
        *,
        body: Body | None = None,
        version: str = "v1.0",
        headers: Mapping[str, str] | None = None,
    ) -> Response:
        """Send the call as `send` does, without another attempt."""
        with instrument_call(self.tenant_id, method, path, version) as call:
            response = await self._send(method, path, body, version, headers)
            call.record_response(response)
        return response

    async def _send(
        self, method: str, path: str, body: Body | None, version: str, headers: Mapping[str, str] | None
    ) -> Response:
        began = self.now()
        response = await self._send_once(method, path, body, version, headers)
        if response.status == 401:  # the token ended early or was revoked; nothing was done, a fresh one may be taken
            self.forget_token(before=began)
            response = await self._send_once(method, path, body, version, headers)
        self.pressure = max(self.pressure, response.pressure)
        return response

    async def _send_once(
        self, method: str, path: str, body: Body | None, version: str, headers: Mapping[str, str] | None
    ) -> Response:
        request = RequestInformation(_METHODS[method])
        request.url = path if path.startswith("http") else f"{self._endpoint}/{version}/{path}"
        if isinstance(body, str):
            request.set_stream_content(body.encode(), "text/plain")
        elif body is not None or method in WRITES:
            request.set_stream_content(json.dumps(body or {}).encode(), "application/json")
        for name, value in (headers or {}).items():
            request.headers.add(name, value)
        request.add_request_options([_NATIVE])
        try:
            answer: Any = await self._adapter.send_primitive_async(request, "bytes", {})
        except (httpx.TransportError, httpx.InvalidURL) as error:
            raise GraphError(Fault.UNAVAILABLE, f"the connection failed: {type(error).__name__}") from error
        return Response(answer.status_code, _headers(answer), parsed(answer.content))

    async def get(
        self, path: str, *, version: str = "v1.0", headers: Mapping[str, str] | None = None
    ) -> dict[str, Any]:
        """Return the body of a GET.

        Raises: GraphError for every answer that is not ok.
        """
        response = await self.send("GET", path, version=version, headers=headers)
        if not response.ok:
            raise response.error()
        return response.body


class Graph:
    """Clients for every tenant, on one pool of connections; belongs to one event loop."""

    def __init__(
        self,
        endpoint: str,
        tokens: Tokens,
        transport: httpx.AsyncBaseTransport,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
    ) -> None:
        self._sleep = sleep
        self._endpoint = endpoint.rstrip("/")
        self._tokens = tokens
        self._http = httpx.AsyncClient(timeout=TIMEOUT, transport=transport)
        self._send = sender(transport)
        # Small shared reads (whether a tenant requires MFA) are kept per tenant for a while.
        self.kept: dict[tuple[str, str], tuple[float, Any]] = {}
        self.locks: dict[tuple[str, str], asyncio.Lock] = {}
        self._tenants: dict[str, _Tenant] = {}

    def of(self, tenant_id: str) -> GraphClient:
        shared = self._tenants.get(tenant_id)
        if shared is None:
            provider = _TokenProvider(self._tokens, tenant_id, self._endpoint)
            authentication = BaseBearerTokenAuthenticationProvider(provider)
            shared = _Tenant(DirectRequestAdapter(authentication, self._http, self._send))
            self._tenants[tenant_id] = shared
        return GraphClient(self._endpoint, self._tokens, tenant_id, shared, self._sleep)

    async def fresh_token(self, tenant_id: str) -> str:
        """Return a token that was not kept.

        Raises: GraphError.
        """
        self._tokens.forget(tenant_id)
        return await self._tokens.of(tenant_id)

    async def close(self) -> None:
        await self._http.aclose()
