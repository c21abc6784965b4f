"""Browsers for tests: a real Chromium, the one that CHROMIUM names or the system's, and a client that acts like one."""

import os
from pathlib import Path

import httpx
import pytest

ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
CHROMIUM = next(
    (
        path
        for path in (os.environ.get("CHROMIUM", ""), "/usr/bin/chromium", "/usr/bin/chromium-browser")
        if path and Path(path).exists()
    ),
    None,
)
needs_chromium = pytest.mark.skipif(
    CHROMIUM is None, reason="no Chromium here: apt-get install chromium, or set CHROMIUM"
)


class _BrowserCookies(httpx.AsyncHTTPTransport):
    """Ignores an empty Domain of a cookie, as browsers do (RFC 6265, 5.2.3); Python's cookie jar drops such a cookie."""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        response = await super().handle_async_request(request)
        response.headers = httpx.Headers([(n, v.replace(b"; domain=;", b";")) for n, v in response.headers.raw])
        return response


def browser_client(origin: str) -> httpx.AsyncClient:
    """A client that sends forms from a page of `origin` and keeps the cookies that a browser would keep."""
    return httpx.AsyncClient(base_url=origin, headers={"Origin": origin}, timeout=60, transport=_BrowserCookies())
