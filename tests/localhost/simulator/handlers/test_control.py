from typing import Any

import httpx
import pytest

from localhost.simulator import World
from localhost.simulator.testing import client_for

STATE = "/simulator/state/contoso/adele@contoso.com"


@pytest.fixture
def control(world: World) -> httpx.AsyncClient:
    return client_for(world, None)


async def test_faults_over_http(graph: httpx.AsyncClient, control: httpx.AsyncClient) -> None:
    body = {"tenant": "contoso", "status": 503, "retryAfter": 1.5, "count": 1, "visibleAfterReads": None}
    assert (await control.post("/simulator/faults", json=body)).status_code == 201
    reply = await graph.get("/v1.0/organization")
    assert (reply.status_code, reply.headers["retry-after"]) == (503, "1.5")
    assert (await control.get("/simulator/faults")).json()["value"][0]["hits"] == 1
    await control.post("/simulator/faults", json={"status": 500})
    assert (await control.delete("/simulator/faults")).status_code == 204
    assert (await graph.get("/v1.0/organization")).status_code == 200


async def test_known_faults_over_http(graph: httpx.AsyncClient, control: httpx.AsyncClient) -> None:
    body = {"known": "methodsLocked", "user": "adele@contoso.com", "count": 1}
    assert (await control.post("/simulator/faults", json=body)).status_code == 201
    url = "/v1.0/users/adele@contoso.com/authentication/methods"
    assert [(await graph.get(url)).status_code for _ in range(2)] == [423, 200]


async def test_eligibilities_over_http(world: World, control: httpx.AsyncClient) -> None:
    for body in ({"role": "Global Administrator"}, {"group": "Tier 0 operators", "access": "owner"}):
        assert (await control.post(f"{STATE}/eligibilities", json=body)).status_code == 204
    user = world.user("contoso", "adele@contoso.com")
    assert ([role.name for role in user.eligible_roles], len(user.eligible_ownerships)) == (["Global Administrator"], 1)


async def test_throttle_over_http(graph: httpx.AsyncClient, control: httpx.AsyncClient) -> None:
    body = {"rate": 1, "burst": 1, "tenant": "contoso.com", "retryAfter": 7}
    assert (await control.post("/simulator/throttle", json=body)).status_code == 201
    assert [(await graph.get("/v1.0/organization")).status_code for _ in range(2)] == [200, 429]
    await control.delete("/simulator/throttle")
    assert (await graph.get("/v1.0/organization")).status_code == 200


async def test_the_actual_state_of_a_user(world: World, graph: httpx.AsyncClient, control: httpx.AsyncClient) -> None:
    world.faults.add(method="DELETE", visible_after_reads=9)
    state = (await control.get(STATE)).json()
    assert [method["kind"] for method in state["methods"]] == ["phone", "microsoftAuthenticator", "softwareOath"]
    token = state["methods"][2]["id"]
    await graph.delete(f"/v1.0/users/adele@contoso.com/authentication/softwareOathMethods/{token}")
    await graph.post("/v1.0/users/adele@contoso.com/revokeSignInSessions", json={})
    state = (await control.get(STATE)).json()
    assert [method["kind"] for method in state["methods"]] == ["phone", "microsoftAuthenticator"]
    assert (state["preferred"], state["sessionsRevokedAt"]) == ("push", "2026-03-02T09:00:00Z")
    hardware = (await control.get("/simulator/state/contoso/isaiah@contoso.com")).json()["methods"][0]
    assert (hardware["device"]["status"], hardware["usable"]) == ("activated", True)


async def test_registering_over_http(control: httpx.AsyncClient) -> None:
    body = {"kind": "fido2", "displayName": "Blue key", "prefer": None}
    reply = await control.post(f"{STATE}/methods", json=body)
    assert (reply.status_code, reply.json()["displayName"]) == (201, "Blue key")
    assert (await control.get(STATE)).json()["methods"][-1]["kind"] == "fido2"


async def test_switches(world: World, control: httpx.AsyncClient) -> None:
    reply = await control.post("/simulator/settings", json={"defaultText": "unknown", "enforcesDefault": False})
    assert (reply.status_code, world.default_text, world.enforces_default) == (200, "unknown", False)
    switches = {"consented": False, "hardwareMissing": 404, "granted": ["User.Read.All"]}
    assert (await control.post("/simulator/tenants/contoso", json=switches)).status_code == 200
    tenant = world.tenant("contoso")
    assert (tenant.consented, tenant.hardware_missing, tenant.granted) == (False, 404, frozenset({"User.Read.All"}))
    before = world.clock()
    await control.post("/simulator/clock", json={"seconds": 90})
    assert (world.clock() - before).total_seconds() == 90


async def test_calls(world: World, graph: httpx.AsyncClient, control: httpx.AsyncClient) -> None:
    await graph.get("/v1.0/users/adele@contoso.com")
    await graph.get("/v1.0/users/nobody@contoso.com")
    await graph.get("/v1.0/organization")
    body = (await control.get("/simulator/calls?containing=users")).json()
    adele = world.user("contoso", "adele@contoso.com").id
    assert [(call["user"], call["status"]) for call in body["value"]] == [(adele, 200), (None, 404)]
    assert {"method": "GET", "template": "/v1.0/organization", "status": 200, "count": 1} in body["counts"]
    assert world.calls.counts["GET", "/v1.0/users/{user}", 404] == 1
    await control.delete("/simulator/calls")
    assert (len(world.calls), (await control.get("/simulator/calls")).json()["value"]) == (0, [])


async def test_tenants(control: httpx.AsyncClient) -> None:
    value = (await control.get("/simulator/tenants")).json()["value"]
    assert [tenant["key"] for tenant in value] == ["contoso", "fabrikam", "tailspin", "home"]


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("/simulator/faults", {"stat": 1}, 400),
        ("/simulator/throttle", {"rate": 1}, 400),
        ("/simulator/settings", {"x": 1}, 400),
        ("/simulator/faults", {"known": "nonsense"}, 400),
        (f"{STATE}/eligibilities", {"role": "Janitor"}, 400),
        ("/simulator/tenants/nobody", {}, 404),
        (f"{STATE}/methods", {"kind": "pigeon"}, 400),
        ("/simulator/state/contoso/nobody/methods", {"kind": "fido2"}, 404),
    ],
)
async def test_mistakes_are_named(control: httpx.AsyncClient, path: str, body: dict[str, Any], status: int) -> None:
    reply = await control.post(path, json=body)
    assert (reply.status_code, bool(reply.json()["error"])) == (status, True)
