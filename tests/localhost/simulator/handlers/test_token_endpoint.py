import httpx
import pytest

from localhost.simulator import World
from localhost.simulator.testing import client_for

FORM = {
    "client_id": "app",
    "client_secret": "hush",
    "grant_type": "client_credentials",
    "scope": "https://graph.microsoft.com/.default",
}


@pytest.fixture
def stranger(world: World) -> httpx.AsyncClient:
    return client_for(world, None)


async def test_a_token_opens_its_own_tenant_only(world: World, stranger: httpx.AsyncClient) -> None:
    reply = await stranger.post("/fabrikam.com/oauth2/v2.0/token", data=FORM)
    assert reply.status_code == 200
    assert reply.json()["expires_in"] == 3599
    headers = {"authorization": f"Bearer {reply.json()['access_token']}"}
    organization = (await stranger.get("/v1.0/organization", headers=headers)).json()["value"][0]
    assert organization["id"] == world.tenant("fabrikam").id
    assert (await stranger.get("/v1.0/users/adele@contoso.com", headers=headers)).status_code == 404


@pytest.mark.parametrize(
    ("changes", "status", "error", "number"),
    [
        ({"grant_type": "password"}, 400, "unsupported_grant_type", 70003),
        ({"scope": "User.Read"}, 400, "invalid_scope", 1002012),
        ({"client_secret": ""}, 401, "invalid_client", 7000215),
    ],
)
async def test_bad_forms_are_refused(
    stranger: httpx.AsyncClient, changes: dict[str, str], status: int, error: str, number: int
) -> None:
    reply = await stranger.post("/contoso.com/oauth2/v2.0/token", data=FORM | changes)
    assert (reply.status_code, reply.json()["error"]) == (status, error)
    assert reply.json()["error_codes"] == [number]
    assert reply.json()["error_description"].startswith(f"AADSTS{number}: ")


async def test_unknown_tenant(stranger: httpx.AsyncClient) -> None:
    reply = await stranger.post("/nobody.example/oauth2/v2.0/token", data=FORM)
    assert (reply.status_code, reply.json()["error_codes"]) == (400, [90002])


async def test_missing_consent(world: World, stranger: httpx.AsyncClient) -> None:
    world.tenant("contoso").consented = False
    reply = await stranger.post("/contoso.com/oauth2/v2.0/token", data=FORM)
    assert (reply.status_code, reply.json()["error"]) == (401, "invalid_client")
    assert reply.json()["error_codes"] == [7000229]


async def test_an_assertion_does_instead_of_a_secret(stranger: httpx.AsyncClient) -> None:
    form = {key: value for key, value in FORM.items() if key != "client_secret"} | {"client_assertion": "eyJ"}
    assert (await stranger.post("/contoso.com/oauth2/v2.0/token", data=form)).status_code == 200


async def test_wrong_secret_where_one_is_set(world: World, stranger: httpx.AsyncClient) -> None:
    world.client_secret = "other"
    assert (await stranger.post("/contoso.com/oauth2/v2.0/token", data=FORM)).status_code == 401


@pytest.mark.parametrize("headers", [{}, {"authorization": "Bearer made-up"}, {"authorization": "Basic x"}])
async def test_calls_need_a_valid_token(stranger: httpx.AsyncClient, headers: dict[str, str]) -> None:
    reply = await stranger.get("/v1.0/users", headers=headers)
    assert (reply.status_code, reply.json()["error"]["code"]) == (401, "InvalidAuthenticationToken")


async def test_a_token_ends(world: World, graph: httpx.AsyncClient) -> None:
    world.advance(3598)
    assert (await graph.get("/v1.0/organization")).status_code == 200
    world.advance(1)
    assert (await graph.get("/v1.0/organization")).status_code == 401


async def test_openid_configuration_names_the_token_endpoint(stranger: httpx.AsyncClient) -> None:
    body = (await stranger.get("/contoso.com/v2.0/.well-known/openid-configuration")).json()
    assert (await stranger.post(body["token_endpoint"], data=FORM)).status_code == 200
