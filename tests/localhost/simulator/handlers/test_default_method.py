import httpx
import pytest

from localhost.simulator import World
from localhost.simulator.handlers.default_method import TEXTS
from localhost.simulator.model.method_kinds import PHONE_IDS

ADELE = "/users/adele@contoso.com/authentication"


def authenticator(world: World) -> str:
    methods = world.user("contoso", "adele@contoso.com").methods.values()
    return next(method.id for method in methods if method.kind.name == "microsoftAuthenticator")


@pytest.mark.parametrize("wording", ["with-others", "matches", "unknown"])
async def test_the_default_stays_while_others_are_there(world: World, graph: httpx.AsyncClient, wording: str) -> None:
    world.default_text = wording  # type: ignore[assignment]
    method = authenticator(world)
    reply = await graph.delete(f"/v1.0{ADELE}/microsoftAuthenticatorMethods/{method}")
    error = reply.json()["error"]
    assert (reply.status_code, error["code"]) == (400, "badRequest")
    assert error["message"] == TEXTS[wording].format(id=method) == error["innerError"]["message"]


async def test_the_default_goes_last_and_then_there_is_none(world: World, graph: httpx.AsyncClient) -> None:
    user = world.user("contoso", "adele@contoso.com")
    for method in [m for m in user.methods.values() if m.kind.name in {"phone", "softwareOath"}]:
        assert (await graph.delete(f"/v1.0{ADELE}/{method.kind.collection}/{method.id}")).status_code == 204
    url = f"/v1.0{ADELE}/microsoftAuthenticatorMethods/{authenticator(world)}"
    assert (await graph.delete(url)).status_code == 204
    assert user.preferred is None


async def test_not_the_default_where_another_serves_it_too(world: World, graph: httpx.AsyncClient) -> None:
    world.user("contoso", "adele@contoso.com").preferred = "oath"  # software OATH and Authenticator both do
    url = f"/v1.0{ADELE}/microsoftAuthenticatorMethods/{authenticator(world)}"
    assert (await graph.delete(url)).status_code == 204


async def test_the_rule_can_be_off(world: World, graph: httpx.AsyncClient) -> None:
    world.enforces_default = False
    url = f"/v1.0{ADELE}/microsoftAuthenticatorMethods/{authenticator(world)}"
    assert (await graph.delete(url)).status_code == 204
    assert world.user("contoso", "adele@contoso.com").preferred in {"sms", "oath", "voiceMobile"}


@pytest.mark.parametrize(("blockers", "status"), [("capable", 204), ("any", 400)])
async def test_whether_a_passkey_blocks(world: World, graph: httpx.AsyncClient, blockers: str, status: int) -> None:
    world.default_blockers = blockers  # type: ignore[assignment]
    world.register("contoso", "megan@contoso.com", "fido2")
    url = f"/v1.0/users/megan@contoso.com/authentication/phoneMethods/{PHONE_IDS['mobile']}"
    assert (await graph.delete(url)).status_code == status


async def test_alternate_mobile_as_default_needs_another_default_first(world: World, graph: httpx.AsyncClient) -> None:
    base = "/users/diego@contoso.com/authentication"
    alternate = f"/v1.0{base}/phoneMethods/{PHONE_IDS['alternateMobile']}"
    assert (await graph.delete(alternate)).status_code == 400
    change = {"userPreferredMethodForSecondaryAuthentication": "sms"}
    assert (await graph.patch(f"/beta{base}/signInPreferences", json=change)).status_code == 204
    assert (await graph.delete(alternate)).status_code == 204


async def test_preferences(graph: httpx.AsyncClient) -> None:
    url = f"/beta{ADELE}/signInPreferences"
    body = (await graph.get(url)).json()
    assert body["userPreferredMethodForSecondaryAuthentication"] == "push"
    assert body["isSystemPreferredAuthenticationMethodEnabled"] is True
    for wrong in ("voiceOffice", "carrierPigeon"):  # adele has no office phone, nobody has a pigeon
        change = {"userPreferredMethodForSecondaryAuthentication": wrong}
        assert (await graph.patch(url, json=change)).status_code == 400
    await graph.patch(url, json={"isSystemPreferredAuthenticationMethodEnabled": False})
    assert (await graph.get(url)).json()["isSystemPreferredAuthenticationMethodEnabled"] is False
