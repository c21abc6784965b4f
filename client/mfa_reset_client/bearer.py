"""Send a Microsoft Entra token with every call, and renew it before it expires."""

import asyncio
import sys
import threading
import time
from collections.abc import AsyncGenerator, Callable, Generator
from typing import Any, Protocol

import httpx

from mfa_reset_client.errors import AuthenticationError
from mfa_reset_client.messages import Message

_RENEW_BEFORE = 300  # seconds before the end: a call may take a minute, and clocks differ


class AccessToken(Protocol):
    """A token; `expires_on` in seconds since 1970. azure.core.credentials.AccessToken is one."""

    @property
    def token(self) -> str: ...

    @property
    def expires_on(self) -> int: ...


class TokenCredential(Protocol):
    """What gives tokens; azure-identity's credentials do."""

    def get_token(self, *scopes: str, **options: Any) -> AccessToken:
        """Return a token for a scope."""


class BearerAuth(httpx.Auth):
    """Authenticate with tokens of `credential` for the application `audience`, its client id or application ID URI.

    Raises:
        AuthenticationError: (from calls) No token was issued.
    """

    def __init__(self, credential: TokenCredential, audience: str, now: Callable[[], float] = time.time) -> None:
        audience = audience.strip().rstrip("/")
        if not audience:
            raise ValueError(
                Message("The audience is missing: the client id of the service's sign-in application, or its URI.")
            )
        self._credential = credential
        self._now = now
        self._scope = audience if audience.endswith("/.default") else f"{audience}/.default"
        self._lock = threading.Lock()
        self._token: AccessToken | None = None

    def sync_auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """Add the token to a request."""
        request.headers["Authorization"] = f"Bearer {self._current()}"
        yield request

    async def async_auth_flow(self, request: httpx.Request) -> AsyncGenerator[httpx.Request, httpx.Response]:
        """Add the token to a request, without blocking the event loop while it is requested."""
        request.headers["Authorization"] = f"Bearer {await asyncio.to_thread(self._current)}"
        yield request

    def _current(self) -> str:
        with self._lock:
            if self._token is None or self._token.expires_on - self._now() < _RENEW_BEFORE:
                try:
                    self._token = self._credential.get_token(self._scope)
                except _credential_errors() as error:
                    message = Message(
                        "No Microsoft Entra token for %(scope)s: %(reason)s", scope=self._scope, reason=str(error)
                    )
                    raise AuthenticationError(message) from error
            return self._token.token


def _credential_errors() -> tuple[type[Exception], ...]:
    """Return the base of azure-identity's errors, if azure-identity is in use at all."""
    module = sys.modules.get("azure.core.exceptions")
    return (module.AzureError,) if module else ()
