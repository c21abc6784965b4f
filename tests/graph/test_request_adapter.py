"""The SDK's adapter with its own chain: what is sent is what was described, once, with a token and without cookies."""

from collections.abc import Callable

import httpx
import pytest
from kiota_abstractions.authentication import ApiKeyAuthenticationProvider, KeyLocation
from kiota_abstractions.method import Method
from kiota_abstractions.request_information import RequestInformation

from graph.client import Graph
from graph.errors import GraphError
from graph.request_adapter import DirectRequestAdapter, sender
from graph.tokens import SecretTokens, Tokens

URL = "https://graph.example/v1.0/users/a%23b?$filter=x%20eq%20%27y%27"


def adapter(answer: Callable[[httpx.Request], httpx.Response]) -> DirectRequestAdapter:
    transport = httpx.MockTransport(answer)
    authentication = ApiKeyAuthenticationProvider(KeyLocation.Header, "Bearer t", "Authorization", ["graph.example"])
    return DirectRequestAdapter(authentication, httpx.AsyncClient(transport=transport), sender(transport))


def described(method: Method = Method.GET, content: bytes | None = None) -> RequestInformation:
    request = RequestInformation(method)
    request.url = URL
    request.headers.add("ConsistencyLevel", "eventual")
    if content is not None:
        request.set_stream_content(content, "application/json")
    return request


async def test_a_call_is_sent_as_it_was_described() -> None:
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200, content=b'{"a":1}')

    body = await adapter(answer).send_primitive_async(described(Method.POST, b'{"b":2}'), "bytes", {})
    assert body == b'{"a":1}'
    (call,) = seen
    assert (call.method, str(call.url), call.content) == ("POST", URL, b'{"b":2}')
    assert call.headers["authorization"] == "Bearer t"
    assert call.headers["consistencylevel"] == "eventual"
    assert call.headers["content-type"] == "application/json"
    assert call.headers["accept"] == "application/json"


async def test_the_sdk_adds_no_spans_to_those_of_our_own(monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[str] = []
    monkeypatch.setattr("kiota_http.httpx_request_adapter.tracer.start_span", lambda name, **_: started.append(name))
    await adapter(lambda _: httpx.Response(200, content=b"{}")).send_primitive_async(described(), "bytes", {})
    assert started == []


async def test_cookies_are_not_kept() -> None:
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200, headers={"set-cookie": "a=b"}, content=b"{}")

    calls = adapter(answer)
    for _ in range(2):
        await calls.send_primitive_async(described(), "bytes", {})
    assert [call.headers.get("cookie") for call in seen] == [None, None]


@pytest.mark.parametrize(
    ("status", "headers"),
    [(503, {"retry-after": "0"}), (429, {"retry-after": "0"}), (302, {"location": "https://elsewhere.example/"})],
)
async def test_no_call_is_repeated_or_sent_elsewhere(status: int, headers: dict[str, str]) -> None:
    seen: list[httpx.URL] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request.url)
        return httpx.Response(status, headers=headers, content=b"{}")

    response = await adapter(answer).get_http_response_message(described(), None)  # type: ignore[arg-type]
    assert (response.status_code, [str(url) for url in seen]) == (status, [URL])


@pytest.mark.parametrize(
    "url",
    [
        "https://elsewhere.example/v1.0/users",
        "https://graph.example.elsewhere.example/v1.0/users",
        "https://graph.example@elsewhere.example/v1.0/users",
        "https://graph.example:pass@elsewhere.example/v1.0/users",
    ],
)
async def test_a_token_leaves_for_no_other_host(url: str) -> None:
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200, json={"access_token": "t", "expires_in": 3600})

    transport = httpx.MockTransport(answer)
    tokens = Tokens(SecretTokens(httpx.AsyncClient(transport=transport), "https://login", "https://graph", "a", "b"))
    client = Graph("https://graph.example", tokens, transport).of("11111111-1111-1111-1111-111111111111")
    with pytest.raises(GraphError, match="not the Graph of this service"):
        await client.send("GET", url)
    assert seen == []
