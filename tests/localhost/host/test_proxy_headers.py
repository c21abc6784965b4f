from typing import Any

import httpx
import pytest
from starlette.requests import Request
from starlette.responses import JSONResponse

from localhost.errors import BadFlagError
from localhost.host.proxy_headers import ProxyHeaders

SENT = {
    "X-Forwarded-Proto": "https",
    "X-Forwarded-For": "203.0.113.9",
    "X-MS-CLIENT-PRINCIPAL": "e30=",
    "X-MS-CLIENT-PRINCIPAL-NAME": "owner@contoso.com",
    "Forwarded": "for=203.0.113.9",
    "X-Custom": "kept",
}


async def shown(proxies: list[str], caller: str) -> dict[str, Any]:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        request = Request(scope)
        client = request.client.host if request.client else None
        body = {"scheme": request.url.scheme, "client": client, "headers": dict(request.headers)}
        await JSONResponse(body)(scope, receive, send)

    transport = httpx.ASGITransport(ProxyHeaders(app, proxies), client=(caller, 1234))
    async with httpx.AsyncClient(transport=transport, base_url="http://host") as http:
        found: dict[str, Any] = (await http.get("/", headers=SENT)).json()
        return found


@pytest.mark.parametrize("proxies", [["10.0.0.5"], ["10.0.0.0/24"], ["192.0.2.1", "10.0.0.0/8"]])
async def test_a_named_proxy_is_believed(proxies: list[str]) -> None:
    answer = await shown(proxies, "10.0.0.5")
    assert (answer["scheme"], answer["client"]) == ("https", "203.0.113.9")
    assert answer["headers"]["x-ms-client-principal"] == "e30="


@pytest.mark.parametrize("proxies", [[], ["10.0.1.0/24"], ["2001:db8::/32"]])
async def test_no_other_client_is(proxies: list[str]) -> None:
    answer = await shown(proxies, "10.0.0.5")
    assert (answer["scheme"], answer["client"]) == ("http", "10.0.0.5")
    left = {name for name in answer["headers"] if name in {known.lower() for known in SENT}}
    assert left == {"x-custom"}


def test_what_is_no_network_is_named() -> None:
    with pytest.raises(BadFlagError, match="--trust-proxy example"):
        ProxyHeaders(lambda *_: None, ["example"])  # type: ignore[arg-type]
