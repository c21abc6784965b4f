"""Tokens for a customer's tenant: one request at a time per tenant, kept until shortly before they end."""

import asyncio
import math
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Protocol

import httpx
from azure.core.credentials import AccessToken
from azure.core.credentials_async import AsyncTokenCredential
from azure.core.exceptions import AzureError, ClientAuthenticationError
from azure.core.pipeline.policies import ContentDecodePolicy

from graph.errors import Fault, GraphError
from graph.responses import retry_after
from graph.token_refusals import refusal_of

_SCOPE_SUFFIX = "/.default"
# Renewed this many seconds before the end, so that no call starts with a token that ends on the way.
_MARGIN = 300.0
# OAuth errors that Entra says to come back after, whatever the status.
_PASSING = {"temporarily_unavailable", "server_error"}


class TokenSource(Protocol):
    async def fetch(self, tenant_id: str) -> tuple[str, float]:
        """Return a token and the seconds it lasts.

        Raises: GraphError: a fault of `NO_ACCESS`, `unavailable` or `throttled`.
        """
        ...


class Tokens:
    """Single flight per tenant: without it ten first calls make ten token requests."""

    def __init__(self, source: TokenSource, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._source = source
        self._monotonic = monotonic
        self._kept: dict[str, tuple[str, float]] = {}
        self._fetched: dict[str, float] = {}
        self._failed: dict[str, tuple[GraphError, float]] = {}
        self._locks: dict[str, asyncio.Lock] = {}

    async def of(self, tenant_id: str) -> str:
        kept = self._kept.get(tenant_id)
        if kept and kept[1] > self._monotonic():
            return kept[0]
        asked = self._monotonic()
        async with self._locks.setdefault(tenant_id, asyncio.Lock()):
            kept = self._kept.get(tenant_id)
            if kept and kept[1] > self._monotonic():
                return kept[0]
            failed = self._failed.get(tenant_id)
            if failed and failed[1] > asked:  # while this call waited: it is answered, too
                raise failed[0]
            try:
                token, lasts = _sendable(*await self._source.fetch(tenant_id))
            except GraphError as error:
                self._failed[tenant_id] = (error, self._monotonic())
                raise
            self._fetched[tenant_id] = self._monotonic()
            self._kept[tenant_id] = (token, self._monotonic() + max(lasts - _MARGIN, lasts / 2))
            return token

    def now(self) -> float:
        """Return the instant that `forget` is to be given later."""
        return self._monotonic()

    def forget(self, tenant_id: str, *, before: float = math.inf) -> None:
        """Drop the token of a tenant, because Graph did not take it in a call that was made at `before`.

        One that was fetched since is another one: many calls that fail together ask for one new token.
        """
        if self._fetched.get(tenant_id, 0.0) <= before:
            self._kept.pop(tenant_id, None)


def _sendable(token: str, lasts: float) -> tuple[str, float]:
    """Return a token that a header can hold. Raises: GraphError for another one."""
    if not (token.isascii() and token.isprintable()):
        raise GraphError(Fault.UNAVAILABLE, "the token endpoint's token is none that can be sent")
    return token, lasts


class CredentialTokens:
    """Tokens by azure-identity; `new` makes a credential that has kept none yet."""

    def __init__(self, new: Callable[[], Awaitable[AsyncTokenCredential]], graph_endpoint: str) -> None:
        self._new = new
        self._scope = graph_endpoint.rstrip("/") + _SCOPE_SUFFIX

    async def fetch(self, tenant_id: str) -> tuple[str, float]:
        try:
            async with await self._new() as credential:
                token = await credential.get_token(self._scope, tenant_id=tenant_id)
        except ClientAuthenticationError as error:
            raise _refused(error) from error
        except (AzureError, ValueError) as error:  # azure-identity reads some answers without looking at them
            raise GraphError(Fault.UNAVAILABLE, f"no token: {type(error).__name__}") from error
        return lasting(token)


def lasting(token: AccessToken) -> tuple[str, float]:
    """Return a token of azure-identity's and the seconds it lasts."""
    return token.token, max(token.expires_on - time.time(), 1.0)


def _refused(error: ClientAuthenticationError) -> GraphError:
    """azure-identity raises the same for every error that has a JSON body, whether it passes or not."""
    detail = str(error.message)[:500]
    response: Any = error.response
    if response is None:  # an answer that is none of Entra's
        return GraphError(Fault.UNAVAILABLE, detail)
    headers = {str(name).lower(): str(value) for name, value in response.headers.items()}
    body = ContentDecodePolicy.deserialize_from_http_generics(response)
    return _no_token(response.status_code, body if isinstance(body, dict) else {}, detail, headers)


def _no_token(status: int, body: dict[str, Any], detail: str, headers: Mapping[str, str]) -> GraphError:
    """Return what an answer of the token endpoint that has no token means.

    By its status and the OAuth error it passes or not (learn.microsoft.com/entra/identity-platform/reference-error-codes).
    """
    fault, error = refusal_of(body), body.get("error")
    if status == 429:
        fault = Fault.THROTTLED
    elif status < 400 or status >= 500 or status == 408 or (isinstance(error, str) and error in _PASSING):
        fault = Fault.UNAVAILABLE  # a success that has no token in it was not the endpoint's own
    return GraphError(fault, detail, status=status, retry_after=retry_after(headers))


class SecretTokens:
    """Client credentials against an authority on this machine, which azure-identity refuses because it is plain http."""

    def __init__(
        self, http: httpx.AsyncClient, authority: str, graph_endpoint: str, client_id: str, secret: str
    ) -> None:
        self._http = http
        self._authority = authority.rstrip("/")
        self._form = {
            "grant_type": "client_credentials",
            "client_id": client_id,
            "client_secret": secret,
            "scope": graph_endpoint.rstrip("/") + _SCOPE_SUFFIX,
        }

    async def fetch(self, tenant_id: str) -> tuple[str, float]:
        try:
            answer = await self._http.post(f"{self._authority}/{tenant_id}/oauth2/v2.0/token", data=self._form)
        except httpx.TransportError as error:
            raise GraphError(Fault.UNAVAILABLE, f"no token: {type(error).__name__}") from error
        try:
            body = answer.json()
        except (ValueError, RecursionError) as error:
            raise GraphError(Fault.UNAVAILABLE, "the token endpoint sent no JSON", status=answer.status_code) from error
        body = body if isinstance(body, dict) else {}
        token = body.get("access_token")
        if answer.status_code >= 400 or not isinstance(token, str):
            detail = str(body.get("error_description") or body.get("error") or "no token")[:500]
            raise _no_token(answer.status_code, body, detail, answer.headers)
        try:
            return token, float(body.get("expires_in", 3600))
        except (TypeError, ValueError) as error:
            raise GraphError(Fault.UNAVAILABLE, "the token endpoint does not say how long its token lasts") from error
