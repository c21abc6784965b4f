"""Cursors say where our own lists go on and nothing else: no query of the caller's gets behind one."""

import base64
import hashlib
import json
import zlib
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.access.approval_links import KeyRing
from domain.cursors import LONGEST_PAGE, Spot, pack, seal, unpack, unseal
from domain.errors import InvalidInputError
from graph.client import GraphClient
from graph.errors import GraphError
from graph.user_pages import Query, _page_of
from tests.browsing import browser_client
from tests.console.pages import sign_in
from tests.system import System, system
from use_cases.chosen_customers import list_key

RING = KeyRing.parse(f"k:{base64.b64encode(hashlib.sha256(b'cursors').digest()).decode()}")
OTHER = KeyRing.parse(f"k:{base64.b64encode(hashlib.sha256(b'others').digest()).decode()}")
BEHIND_USERS = "q:$select=id,displayName,mobilePhone,otherMails,passwordPolicies&$filter=startswith(mail,'a')"


@pytest.fixture
async def it(tmp_path: Path) -> AsyncIterator[System]:
    async with system(tmp_path) as made:
        yield made


def of_before(question: str, spot: list[object]) -> str:
    """A cursor in the form that was not signed."""
    raw = json.dumps([hashlib.sha256(question.encode()).hexdigest()[:16], {"contoso": spot}])
    return base64.urlsafe_b64encode(zlib.compress(raw.encode())).rstrip(b"=").decode()


@pytest.mark.parametrize("shown", [0, float("inf"), 1e400, -1])
async def test_a_forged_cursor_asks_graph_nothing(it: System, shown: float) -> None:
    question = list_key("users", ["contoso"], Query())
    forged = of_before(question, [BEHIND_USERS, shown, 0])
    it.world.calls.clear()
    for path in ("/api/users", "/api/authentication-methods"):
        problem = await it.call("GET", path, 400, params={"customers": "contoso", "cursor": forged})
        assert problem["errors"][0]["pointer"] == "/query/cursor"
    assert not list(it.world.calls)


async def test_a_cursor_of_ours_goes_on_and_one_that_was_changed_does_not(it: System) -> None:
    first = await it.call("GET", "/api/users", params={"limit": "10", "customers": "contoso"})
    kid, payload, mac = first["cursor"].split(".")
    again = await it.call("GET", "/api/users", params={"customers": "contoso", "cursor": first["cursor"]})
    assert again["value"]
    inside = json.loads(zlib.decompress(base64.urlsafe_b64decode(payload + "===")))
    inside["contoso"][0] = BEHIND_USERS
    changed = base64.urlsafe_b64encode(zlib.compress(json.dumps(inside).encode())).rstrip(b"=").decode()
    for forged in (f"{kid}.{changed}.{mac}", f"{kid}.{payload}.{mac[::-1]}", f"other.{payload}.{mac}", payload):
        await it.call("GET", "/api/users", 400, params={"customers": "contoso", "cursor": forged})
    await it.call("GET", "/api/authentication-methods", 400, params={"customers": "contoso", "cursor": first["cursor"]})


async def test_a_list_of_requests_goes_on_from_its_own_cursors_only(it: System) -> None:
    for _ in range(2):
        await it.ask(contoso=["adele@contoso.com"], more={"dryRun": True})
    first = await it.call("GET", "/api/reset-requests", params={"limit": "1"})
    rest = await it.call("GET", "/api/reset-requests", params={"cursor": first["cursor"]})
    assert len(first["value"]) == len(rest["value"]) == 1
    assert first["value"] != rest["value"]
    for forged in ("000000000000000:x", "9" * 15 + ":a", first["cursor"][:-1]):
        await it.call("GET", "/api/reset-requests", 400, params={"cursor": forged})


@pytest.mark.parametrize(
    "forged", ["0", "ÿ", "a'b", "\ud800".encode("utf-8", "surrogatepass").decode("latin-1"), "x" * 300]
)
async def test_a_forged_cursor_of_the_console_is_a_page_with_words(it: System, forged: str) -> None:
    async with browser_client(it.host.base_url) as browser:
        await sign_in(browser, "tech@msp.example")
        for path in ("requests", "audit", "users", "methods"):
            answer = await browser.get(f"/console/{path}", params={"cursor": forged})
            assert answer.status_code == 400, path
            assert "<h1" in answer.text


def test_what_is_kept_of_a_link_to_the_next_page_names_the_page_only() -> None:
    def kept(query: str) -> str | None:
        return _page_of(f"https://graph.microsoft.com/v1.0/users?{query}", _Serving(), "users")  # type: ignore[arg-type]

    assert kept("$filter=x&$select=id&%24skiptoken=a%2Bb&$top=5&$count=true") == "%24skiptoken=a%2Bb"
    assert kept("$select=id&$skip=20") == "%24skip=20"
    for nothing in ("$select=id", "filter=x&SELECT=id", f"$skiptoken={'a' * LONGEST_PAGE}"):
        with pytest.raises(GraphError):
            kept(nothing)


class _Serving:
    def serves(self, _link: str) -> bool:
        return True


async def test_a_query_in_a_page_does_not_reach_graph() -> None:
    """Also where the cursor was signed, by a key that leaked: the query is made of the caller's parameters alone."""
    from graph.listing import list_users  # noqa: PLC0415 - next to what stands in for its client

    asked: list[str] = []

    class Client:
        async def get(self, address: str, headers: object = None) -> dict[str, object]:
            asked.append(address)
            return {"value": []}

    class Directory:
        def of(self, _tenant: str) -> GraphClient:
            return Client()  # type: ignore[return-value]

    page = BEHIND_USERS.removeprefix("q:")
    await list_users(Directory(), {"contoso": "t"}, Query(), {"contoso": Spot(page)}, 5)  # type: ignore[arg-type]
    (address,) = asked
    parameters = httpx.URL(f"https://g/{address}").params
    assert "mobilePhone" not in parameters["$select"]
    assert "$filter" not in parameters


@given(st.text(max_size=80) | st.from_regex(r"k\.[A-Za-z0-9_-]{1,60}\.[A-Za-z0-9_-]{43}", fullmatch=True))
def test_no_text_but_ours_is_a_cursor(text: str) -> None:
    with pytest.raises(InvalidInputError):
        unpack(RING, "users", text)


@given(st.dictionaries(st.text(max_size=20), st.tuples(st.text(max_size=20), st.integers(0, 1000), st.booleans())))
def test_what_was_packed_comes_back_for_its_question_only(spots: dict[str, tuple[str, int, bool]]) -> None:
    ours = {key: Spot(*spot) for key, spot in spots.items() if spot[0].isprintable()}
    cursor = pack(RING, "users", ours)
    if cursor is None:
        return
    assert unpack(RING, "users", cursor) == ours
    for ring, question in ((OTHER, "users"), (RING, "methods")):
        with pytest.raises(InvalidInputError):
            unpack(ring, question, cursor)


@pytest.mark.parametrize(
    "spot",
    [
        ["", float("inf"), 0],
        ["", 1001, 0],
        ["", -1, 0],
        ["", "1", 0],
        [None, 1, 0],
        ["a" * 9000, 1, 0],
        ["a\nb", 1, 0],
        [""],
    ],
)
def test_fields_are_bounded_also_where_the_signature_is_right(spot: list[object]) -> None:
    with pytest.raises(InvalidInputError):
        unpack(RING, "users", seal(RING, "users", {"contoso": spot}))


def test_a_cursor_unpacks_to_no_more_than_its_bound() -> None:
    with pytest.raises(InvalidInputError):
        unseal(RING, "users", seal(RING, "users", "a" * 10_000_000))
