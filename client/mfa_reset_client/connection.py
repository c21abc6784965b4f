"""The settings of the HTTP connection that both clients use."""

from collections.abc import Generator, Mapping
from os import environ
from typing import Any, TypedDict

import httpx

from mfa_reset_client.bearer import BearerAuth, TokenCredential
from mfa_reset_client.credentials import AuthMethod, credential_for
from mfa_reset_client.messages import Message
from mfa_reset_client.version import __version__

_TIMEOUT = httpx.Timeout(60, connect=10)  # a request for 10,000 targets takes some seconds to accept
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


class Options(TypedDict):
    """Keyword arguments of httpx.Client and httpx.AsyncClient."""

    base_url: str
    auth: httpx.Auth
    headers: Mapping[str, str]
    timeout: httpx.Timeout
    follow_redirects: bool


class KeyAuth(httpx.Auth):
    """Authenticate with a function key.

    Raises:
        ValueError: The key cannot be one. The message does not contain it.
    """

    def __init__(self, key: str) -> None:
        self._key = key.strip()  # secrets read from files end with a line break
        if not self._key or not self._key.isascii() or not self._key.isprintable():
            raise ValueError(Message("The function key must be one line of printable ASCII characters."))

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """Add the key to a request."""
        request.headers["x-functions-key"] = self._key
        yield request


def authentication(key: str | None, credential: TokenCredential | None, audience: str) -> httpx.Auth:
    """Return how calls authenticate: with the key, with the credential, or by default with DefaultAzureCredential.

    Raises:
        ValueError: Both are given, or the audience that a token needs is missing.
    """
    if key is not None and credential is not None:
        raise ValueError(Message("Use either a function key or a credential."))
    if key is not None:
        return KeyAuth(key)
    return BearerAuth(credential or credential_for(AuthMethod.DEFAULT, environ), audience)


def options(base_url: str, auth: httpx.Auth, *, allow_http: bool, language: str = "") -> Options:
    """Return the settings for a base URL. `language` is that of errors, English by default.

    Raises:
        ValueError: The URL is not usable, or would not keep a key or a token secret.
    """
    try:
        url = httpx.URL(base_url.strip())
    except httpx.InvalidURL as error:
        raise ValueError(Message("The base URL is not valid: %(reason)s.", reason=str(error))) from None
    if url.scheme not in {"http", "https"} or not url.host:
        raise ValueError(Message("The base URL must look like https://host."))
    if url.query or url.fragment or url.userinfo:
        raise ValueError(Message("The base URL must not contain a query, a fragment or a user name."))
    if url.scheme == "http" and url.host not in _LOOPBACK and not allow_http:
        raise ValueError(
            Message("Plain http would send the key or token unencrypted: use https, or allow http explicitly.")
        )
    headers = {"Accept": "application/json", "User-Agent": f"mfa-reset-client/{__version__}"}
    if language:
        headers["Accept-Language"] = language
    path = url.path.rstrip("/").removesuffix("/api")  # the address is pasted with and without it
    return Options(
        base_url=str(url.copy_with(path=path or "/")),
        auth=auth,
        headers=headers,
        timeout=_TIMEOUT,
        follow_redirects=False,
    )


def request_arguments(json: object, params: Mapping[str, str], headers: Mapping[str, str]) -> dict[str, Any]:
    """Return the keyword arguments of httpx's `request`. A body of None is left out: the service would read `null`."""
    sent: dict[str, Any] = {"headers": headers}
    if json is not None:
        sent["json"] = json
    if params:
        sent["params"] = params
    return sent
