"""The settings of the HTTP connection that both clients use."""

from collections.abc import Mapping
from typing import Any, TypedDict

import httpx

from mfa_reset_client.version import __version__

_TIMEOUT = httpx.Timeout(60, connect=10)  # a request for 10,000 targets takes some seconds to accept
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


class Options(TypedDict):
    """Keyword arguments of httpx.Client and httpx.AsyncClient."""

    base_url: str
    headers: Mapping[str, str]
    timeout: httpx.Timeout
    follow_redirects: bool


def options(base_url: str, key: str, *, allow_http: bool) -> Options:
    """Return the settings for a base URL and a function key.

    Raises:
        ValueError: The URL or the key is not usable. The message never contains the key.
    """
    try:
        url = httpx.URL(base_url.strip())
    except httpx.InvalidURL as error:
        raise ValueError(f"The base URL is not valid: {error}.") from None
    if url.scheme not in {"http", "https"} or not url.host:
        raise ValueError("The base URL must look like https://host.")
    if url.query or url.fragment or url.userinfo:
        raise ValueError("The base URL must not contain a query, a fragment or a user name.")
    if url.scheme == "http" and url.host not in _LOOPBACK and not allow_http:
        raise ValueError("Plain http would send the key unencrypted: use https, or allow http explicitly.")
    key = key.strip()  # secrets read from files end with a line break
    if not key or not key.isascii() or not key.isprintable():
        raise ValueError("The function key must be one line of printable ASCII characters.")
    headers = {"x-functions-key": key, "Accept": "application/json", "User-Agent": f"mfa-reset-client/{__version__}"}
    path = url.path.rstrip("/").removesuffix("/api")  # the address is pasted with and without it
    return Options(
        base_url=str(url.copy_with(path=path or "/")), headers=headers, timeout=_TIMEOUT, follow_redirects=False
    )


def request_arguments(json: object, params: Mapping[str, str], headers: Mapping[str, str]) -> dict[str, Any]:
    """Return the keyword arguments of httpx's `request`. A body of None is left out: the service would read `null`."""
    sent: dict[str, Any] = {"headers": headers}
    if json is not None:
        sent["json"] = json
    if params:
        sent["params"] = params
    return sent
