"""Users are found by whatever name they have, and one name that Graph refuses hides no other user."""

from collections.abc import AsyncIterator, Callable
from urllib.parse import unquote

import httpx
import pytest

from graph.client import Graph, GraphClient
from graph.errors import Fault, GraphError
from graph.tokens import SecretTokens, Tokens
from graph.users import Match, Several, User, find_users
from localhost.simulator import World, create_app
from tests.system import no_pause

GRAPH = "http://127.0.0.1:9"
CONTOSO = "11111111-1111-1111-1111-111111111111"
GUEST = "adele_partner.example#EXT#@contoso.com"


class Refusing(httpx.AsyncBaseTransport):
    """The simulator, but a call that `refuses` names is answered with 400, as is a batch that has such a part."""

    def __init__(self, world: World) -> None:
        self._inner = httpx.ASGITransport(create_app(world, sleep=no_pause))
        self.refuses: Callable[[str], bool] = lambda _: False

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        what = unquote(str(request.url)) + unquote(request.content.decode())
        if self.refuses(what):
            error = {"code": "BadRequest", "message": "Invalid filter clause"}
            return httpx.Response(400, json={"error": error}, request=request)
        return await self._inner.handle_async_request(request)


@pytest.fixture
def world() -> World:
    return World.demo()


@pytest.fixture
def transport(world: World) -> Refusing:
    return Refusing(world)


@pytest.fixture
async def client(transport: Refusing) -> AsyncIterator[GraphClient]:
    async with httpx.AsyncClient(transport=transport) as http:
        tokens = Tokens(SecretTokens(http, GRAPH, GRAPH, "client", "secret"))
        yield Graph(GRAPH, tokens, transport, no_pause).of(CONTOSO)


def rename(world: World, name: str) -> str:
    """Give Adele another user principal name; her object id."""
    adele = world.user(CONTOSO, "adele@contoso.com")
    adele.upn = name
    world.tenant(CONTOSO).by_upn[name.lower()] = adele
    return adele.id


def names_of(found: list[Match]) -> list[str | None]:
    return [match.user_principal_name if isinstance(match, User) else None for match in found]


@pytest.mark.parametrize(
    "name",
    [
        "adele@contoso.com",
        "$adele@contoso.com",
        "o'neill@contoso.com",
        "a(b)@contoso.com",
        "$o'neill(b)@contoso.com",
        "a/b@contoso.com",
        "a b@contoso.com",
        "a+b@contoso.com",
        "a%b@contoso.com",
        "a%2Fb@contoso.com",
        "a&b=c?d@contoso.com",
        "jörg.müller@contoso.com",
        GUEST,
    ],
)
async def test_a_name_with_special_characters_is_found(world: World, client: GraphClient, name: str) -> None:
    adele = rename(world, name)
    found, missing = await find_users(client, [name, "unknown@contoso.com"])
    assert isinstance(found, User)
    assert (found.id, missing) == (adele, None)


async def test_of_users_with_one_mail_address_all_are_named(world: World, client: GraphClient) -> None:
    for name in ("adele@contoso.com", "alex@contoso.com"):
        world.user(CONTOSO, name).mail = "Sales@contoso.com"
    (found,) = await find_users(client, ["sales@contoso.com"])
    assert isinstance(found, Several)
    assert set(found.names) == {"adele@contoso.com", "alex@contoso.com"}


@pytest.mark.parametrize("bad", ["bad@contoso.com", "bad#EXT#@contoso.com"])
async def test_a_value_that_graph_refuses_hides_no_other_user(
    world: World, client: GraphClient, transport: Refusing, bad: str
) -> None:
    rename(world, GUEST)
    world.user(CONTOSO, "alex@contoso.com").mail = "lex@contoso.com"
    transport.refuses = lambda what: f"'{bad}'" in what
    found = await find_users(client, [bad, GUEST, "lex@contoso.com", "megan@contoso.com"])
    assert names_of(found) == [None, GUEST, "alex@contoso.com", "megan@contoso.com"]


async def test_a_server_without_filters_finds_users_by_key(client: GraphClient, transport: Refusing) -> None:
    transport.refuses = lambda what: "$filter" in what
    assert names_of(await find_users(client, ["adele@contoso.com", "ghost@contoso.com"])) == ["adele@contoso.com", None]


async def test_whom_the_service_may_not_look_for_is_not_said_to_be_missing(world: World, client: GraphClient) -> None:
    world.faults.add(path="/v1.0/users", status=403, code="Authorization_RequestDenied")
    adele, *hidden = await find_users(client, ["adele@contoso.com", "lex@contoso.com", GUEST])
    assert isinstance(adele, User)
    assert [each.fault for each in hidden if isinstance(each, GraphError)] == [Fault.FORBIDDEN] * 2


async def test_users_are_found_one_by_one_where_the_search_for_several_cannot_be_read(
    world: World, client: GraphClient
) -> None:
    world.faults.add(path="/v1.0/users", malformed="html")
    *found, unknown = await find_users(client, ["adele@contoso.com", "alex@contoso.com", "lex@contoso.com"])
    assert names_of(found) == ["adele@contoso.com", "alex@contoso.com"]
    assert isinstance(unknown, GraphError)
    assert unknown.unreadable
