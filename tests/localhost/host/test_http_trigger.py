import logging
import socket
from collections.abc import AsyncIterator
from urllib.parse import urlsplit

import httpx
import pytest

from localhost.testing import TEST_KEY, running
from tests.localhost.driving import APPS

KEY = {"x-functions-key": TEST_KEY}
GUID = "0f8fad5b-d9cb-469f-a165-70867728950e"


@pytest.fixture
async def http() -> AsyncIterator[httpx.AsyncClient]:
    async with (
        running(APPS, script="http_app.py", max_body=1000) as host,
        httpx.AsyncClient(base_url=host.base_url) as client,
    ):
        yield client


async def test_a_function_sees_the_request_as_it_was_sent(http: httpx.AsyncClient) -> None:
    body = bytes(range(256))
    path = f"/api/echo/{GUID}/a%20b/c?x=1&x=2&y=%C3%A9"
    answer = await http.post(path, content=body, headers=KEY | {"X-Odd": "value"})
    assert answer.status_code == 200
    assert answer.headers["x-seen"] == "yes"
    seen = answer.json()
    assert seen["method"] == "POST"
    assert seen["url"] == str(http.base_url.join(path))
    assert seen["query"] == {"x": "1,2", "y": "é"}
    assert seen["params"] == {"id": GUID, "rest": "a b/c"}
    assert seen["headers"]["x-odd"] == "value"
    assert bytes.fromhex(seen["body"]) == body


async def test_bytes_status_and_every_cookie_come_back(http: httpx.AsyncClient) -> None:
    answer = await http.get("/api/open")
    assert (answer.status_code, answer.content) == (201, b"\x00\xff")
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers.get_list("set-cookie") == [
        "a=1; domain=; path=/; samesite=lax; httponly",
        "b=2; domain=; path=",
    ]


@pytest.mark.parametrize(
    ("headers", "query", "status"),
    [
        ({}, "", 401),
        ({"x-functions-key": "wrong"}, "", 401),
        ({"x-functions-key": "é"}, "", 401),
        ({}, "?code=wrong", 401),
        (KEY, "", 200),
        ({}, f"?code={TEST_KEY}", 200),
    ],
)
async def test_a_function_key_authorizes(
    http: httpx.AsyncClient, headers: dict[str, str], query: str, status: int
) -> None:
    encoded = {name.encode(): value.encode() for name, value in headers.items()}
    assert (await http.get(f"/api/things/1{query}", headers=encoded)).status_code == status


async def test_a_refused_key_is_logged_without_the_key(
    http: httpx.AsyncClient, caplog: pytest.LogCaptureFixture
) -> None:
    await http.get("/api/things/1")
    await http.get("/api/things/1", headers={"x-functions-key": "guessed"})
    lines = [record.getMessage() for record in caplog.records if record.levelname == "WARNING"]
    assert [line.partition(" endpoint=")[0] for line in lines] == [
        "accessRefused kind=key reason=missing",
        "accessRefused kind=key reason=wrong",
    ]
    assert "guessed" not in caplog.text


async def test_the_most_exact_route_wins(http: httpx.AsyncClient) -> None:
    assert (await http.get("/api/things/special", headers=KEY)).text == "special"
    assert (await http.get("/api/things/other", headers=KEY)).text == "GET other"


async def test_an_unknown_path_is_404_and_a_constraint_is_kept(http: httpx.AsyncClient) -> None:
    for path in ("/api/nothing", "/things/1", "/api/echo/no-guid/x"):
        assert (await http.post(path, headers=KEY)).status_code == 404


async def test_a_head_request_goes_to_a_function_that_lists_it(http: httpx.AsyncClient) -> None:
    assert (await http.head("/api/things/1", headers=KEY)).headers["x-function"] == "remove"


async def test_an_escaped_slash_does_not_separate_segments(http: httpx.AsyncClient) -> None:
    assert (await http.get("/api/things/a%2Fb", headers=KEY)).text == "GET a%2Fb"


async def test_a_refusal_is_explained_in_the_log(http: httpx.AsyncClient, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "localhost.http")
    await http.put("/api/things/1")
    await http.get("/api/things/1")
    lines = [record.getMessage() for record in caplog.records if record.name == "localhost.http"]
    assert "methods here: DELETE, GET, HEAD" in lines[0]
    assert "x-functions-key" in lines[-1]


@pytest.mark.parametrize("size", [1000, 1001, 8001])
async def test_a_body_has_a_largest_size(http: httpx.AsyncClient, size: int) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(size):
            yield b"x"

    expected = 413 if size > 1000 else 200
    path = f"/api/echo/{GUID}"
    for content in (b"x" * size, chunks()):
        answer = await http.post(path, content=content, headers=KEY)
        assert answer.status_code == expected
        assert (answer.content == b"") is (expected == 413)


async def test_a_failing_function_is_a_500_whose_invocation_is_in_the_log(
    http: httpx.AsyncClient, caplog: pytest.LogCaptureFixture
) -> None:
    answer = await http.get("/api/boom")
    assert (answer.status_code, answer.content) == (500, b"")
    logged = next(record for record in caplog.records if record.name == "localhost.http")
    assert "invocation" in logged.getMessage()
    assert "the inner secret" in logged.getMessage()


async def test_the_log_has_one_line_without_query_or_token(
    http: httpx.AsyncClient, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "localhost.http")
    await http.get("/api/approvals/a-token?code=a-code", headers={"X-Any": "a-header"})
    await http.get("/api/Approvals//a-token/more%0A?code=a-code")
    await http.get("/api/customers/contoso/users/adele@contoso.com")
    await http.get("/console/users/contoso/adele@contoso.com")
    lines = [record.getMessage() for record in caplog.records if record.name == "localhost.http"]
    assert [line.partition(" ms")[0].rsplit(" ", 1)[0] for line in lines] == [
        "GET /api/approvals/… 200",
        "GET /api/Approvals//…/more%0A 404",
        "GET /api/customers/contoso/users/… 404",
        "GET /console/users/contoso/… 404",
    ]


async def test_a_client_that_goes_away_does_no_harm(http: httpx.AsyncClient) -> None:
    address = urlsplit(str(http.base_url))
    with socket.create_connection((str(address.hostname), int(address.port or 0))) as connection:
        head = f"POST /api/echo/{GUID} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\nx-functions-key: {TEST_KEY}\r\n\r\n"
        connection.sendall(head.encode())
    assert (await http.get("/api/open")).status_code == 201
