import httpx
import pytest

from localhost.simulator import World
from localhost.simulator.model.entities import Method

BASE = "/beta/users/isaiah@contoso.com/authentication/hardwareOathMethods"


@pytest.fixture
def token(world: World) -> Method:
    return next(m for m in world.user("contoso", "isaiah@contoso.com").methods.values() if m.kind.beta_only)


async def test_deactivate_keeps_the_token_assigned(graph: httpx.AsyncClient, token: Method) -> None:
    for _ in range(2):
        reply = await graph.post(f"{BASE}/{token.id}/deactivate", json={})
        assert (reply.status_code, reply.content) == (204, b"")
    device = (await graph.get(f"{BASE}")).json()["value"][0]["device"]
    assert device["status"] == "assigned"
    assert not token.usable


async def test_activate_undoes_it_with_the_digits_of_the_token(graph: httpx.AsyncClient, token: Method) -> None:
    await graph.post(f"{BASE}/{token.id}/deactivate", json={})
    for wrong in ({}, {"verificationCode": "12345"}, {"verificationCode": "abcdef"}, {"verificationCode": "000000"}):
        assert (await graph.post(f"{BASE}/{token.id}/activate", json=wrong)).status_code == 400
    assert not token.usable
    assert (await graph.post(f"{BASE}/{token.id}/activate", json={"verificationCode": "588651"})).status_code == 204
    assert token.usable


async def test_delete_unassigns(world: World, graph: httpx.AsyncClient, token: Method) -> None:
    world.user("contoso", "isaiah@contoso.com").preferred = "sms"
    assert (await graph.delete(f"{BASE}/{token.id}")).status_code == 204
    assert (await graph.get(BASE)).json()["value"] == []


async def test_the_old_status_may_be_seen_for_a_while(world: World, graph: httpx.AsyncClient, token: Method) -> None:
    world.faults.add(path="*/deactivate", visible_after_reads=1)
    await graph.post(f"{BASE}/{token.id}/deactivate", json={})
    seen = [(await graph.get(f"{BASE}")).json()["value"][0]["device"]["status"] for _ in range(2)]
    assert seen == ["activated", "assigned"]


async def test_deactivating_needs_the_wide_permission(world: World, graph: httpx.AsyncClient, token: Method) -> None:
    world.tenant("contoso").granted = frozenset({"UserAuthMethod-HardwareOATH.ReadWrite.All"})
    assert (await graph.get(BASE)).status_code == 200
    assert (await graph.post(f"{BASE}/{token.id}/deactivate", json={})).status_code == 403
    assert token.usable


@pytest.mark.parametrize("status", [400, 404, 501])
async def test_a_cloud_without(world: World, graph: httpx.AsyncClient, token: Method, status: int) -> None:
    world.tenant("contoso").hardware_missing = status  # type: ignore[assignment]
    assert (await graph.post(f"{BASE}/{token.id}/deactivate", json={})).status_code == status
    assert token.usable


async def test_only_beta(graph: httpx.AsyncClient, token: Method) -> None:
    reply = await graph.post(f"{BASE.replace('beta', 'v1.0')}/{token.id}/deactivate", json={})
    assert reply.status_code == 400
    assert token.usable
