import httpx
import pytest

from localhost.simulator import World
from localhost.simulator.model.method_kinds import PHONE_IDS

LYNNE = "/v1.0/users/lynne@contoso.com/authentication"


async def test_a_phone_is_added(world: World, graph: httpx.AsyncClient) -> None:
    body = {"phoneNumber": "+1 2065550123", "phoneType": "mobile"}
    reply = await graph.post(f"{LYNNE}/phoneMethods", json=body)
    assert (reply.status_code, reply.json()["id"]) == (201, PHONE_IDS["mobile"])
    assert PHONE_IDS["mobile"] in world.user("contoso", "lynne@contoso.com").methods
    assert (await graph.post(f"{LYNNE}/phoneMethods", json=body)).status_code == 400


@pytest.mark.parametrize(
    "body",
    [
        {"phoneNumber": "+1 2065550123", "phoneType": "alternateMobile"},  # no mobile yet
        {"phoneNumber": "2065550123", "phoneType": "mobile"},
        {"phoneNumber": "+1 2065550123", "phoneType": "fax"},
    ],
)
async def test_phones_that_cannot_be(graph: httpx.AsyncClient, body: dict[str, str]) -> None:
    assert (await graph.post(f"{LYNNE}/phoneMethods", json=body)).status_code == 400


async def test_a_body_that_is_no_object(graph: httpx.AsyncClient) -> None:
    for content in (b"nonsense", b"[]"):
        assert (await graph.post(f"{LYNNE}/phoneMethods", content=content)).status_code == 400


async def test_a_temporary_access_pass_is_shown_once(graph: httpx.AsyncClient) -> None:
    url = f"{LYNNE}/temporaryAccessPassMethods"
    reply = await graph.post(url, json={"lifetimeInMinutes": 30, "isUsableOnce": True})
    assert reply.status_code == 201
    assert len(reply.json()["temporaryAccessPass"]) == 10
    assert reply.json()["lifetimeInMinutes"] == 30
    assert (await graph.get(url)).json()["value"][0]["temporaryAccessPass"] is None
    assert (await graph.post(url, json={})).status_code == 400


async def test_a_passkey_is_registered_with_its_credential_only(world: World, graph: httpx.AsyncClient) -> None:
    url = f"{LYNNE}/fido2Methods"
    credential = {"id": "AA", "response": {"clientDataJSON": "AA", "attestationObject": "AA"}}
    reply = await graph.post(url, json={"displayName": "Red Key", "publicKeyCredential": credential})
    assert (reply.status_code, reply.json()["displayName"]) == (201, "Red Key")
    assert reply.json()["id"] in world.user("contoso", "lynne@contoso.com").methods
    assert (await graph.post(url, json={"displayName": "Red Key"})).status_code == 400


async def test_a_guest_gets_no_temporary_access_pass(world: World, graph: httpx.AsyncClient) -> None:
    guest = next(user for user in world.tenant("contoso").users.values() if user.type == "Guest")
    url = f"/v1.0/users/{guest.id}/authentication/temporaryAccessPassMethods"
    assert (await graph.post(url, json={})).status_code == 400


def test_a_user_registers_again(world: World) -> None:
    method = world.register("contoso", "lynne@contoso.com", "microsoftAuthenticator", prefer="push")
    user = world.user("contoso", "lynne@contoso.com")
    assert (user.methods[method.id], user.preferred, method.created) == (method, "push", world.clock())
