"""The HTTP connection both clients use: where to, with which key, and what is never done with it."""

from collections.abc import Mapping
from typing import Any, TypedDict

import httpx

_TIMEOUT = httpx.Timeout(60, connect=10)  # a request for 10,000 targets takes some seconds to accept
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


class Options(TypedDict):
    base_url: str
    headers: Mapping[str, str]
    timeout: httpx.Timeout
    follow_redirects: bool


def options(base_url: str, key: str, *, allow_http: bool) -> Options:
    """Raises ValueError, without the key in it, where key or address are none."""
    try:
        url = httpx.URL(base_url.strip())
    except httpx.InvalidURL as error:
        raise ValueError(f"The base URL is none: {error}.") from None
    if url.scheme not in {"http", "https"} or not url.host:
        raise ValueError("The base URL must look like https://host.")
    if url.query or url.fragment or url.userinfo:
        raise ValueError("The base URL has no query, fragment or user name; the key goes in a header.")
    if url.scheme == "http" and url.host not in _LOOPBACK and not allow_http:
        raise ValueError("The key would travel in the open: use https (or allow http on purpose).")
    key = key.strip()  # secrets that come out of files end with a line break
    if not key or not key.isascii() or not key.isprintable():
        raise ValueError("A function key is needed, in one line of plain characters.")
    headers = {"x-functions-key": key, "Accept": "application/json", "User-Agent": "mfa-reset-client/0.1.0"}
    path = url.path.rstrip("/").removesuffix("/api")  # people paste either
    return Options(
        base_url=str(url.copy_with(path=path or "/")), headers=headers, timeout=_TIMEOUT, follow_redirects=False
    )


def arguments(json: object, params: Mapping[str, str], headers: Mapping[str, str]) -> dict[str, Any]:
    """Of httpx's `request`. A body of None is no body: the service would read `null`."""
    sent: dict[str, Any] = {"headers": headers}
    if json is not None:
        sent["json"] = json
    if params:
        sent["params"] = params
    return sent
