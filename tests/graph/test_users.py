"""Users are found by whatever name they have."""

import httpx
import pytest

from graph.client import Graph
from graph.tokens import SecretTokens, Tokens
from graph.users import User, find_users
from localhost.simulator import World, create_app

GRAPH = "http://127.0.0.1:9"
CONTOSO = "11111111-1111-1111-1111-111111111111"


@pytest.mark.parametrize(
    "name",
    [
        "adele@contoso.com",
        "$adele@contoso.com",
        "o'neill@contoso.com",
        "a(b)@contoso.com",
        "$o'neill(b)@contoso.com",
        "a/b@contoso.com",
        "adele_partner.example#EXT#@contoso.com",
    ],
)
async def test_a_name_with_special_characters_is_found(name: str) -> None:
    world = World.demo()
    adele = world.user(CONTOSO, "adele@contoso.com")
    adele.upn = name
    world.tenant(CONTOSO).by_upn[name.lower()] = adele
    transport = httpx.ASGITransport(create_app(world))
    async with httpx.AsyncClient(transport=transport) as http:
        graph = Graph(GRAPH, Tokens(SecretTokens(http, GRAPH, GRAPH, "client", "secret")), transport)
        found, missing = await find_users(graph.of(CONTOSO), [name, "nobody@contoso.com"])
    assert isinstance(found, User)
    assert (found.id, missing) == (adele.id, None)
