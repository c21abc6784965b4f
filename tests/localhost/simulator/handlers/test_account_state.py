"""Blocking an account, the risk that an administrator confirms, and permissions of single applications."""

from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from localhost.simulator import World
from localhost.simulator.model.entities import User

RISKY = "/v1.0/identityProtection/riskyUsers"


@pytest.fixture
def alex(world: World) -> User:
    return world.user("contoso", "alex@contoso.com")


async def _enable(graph: httpx.AsyncClient, user: User, value: Any) -> httpx.Response:
    return await graph.patch(f"/v1.0/users/{user.id}", json={"accountEnabled": value})


async def test_an_account_is_blocked_and_unblocked(graph: httpx.AsyncClient, alex: User) -> None:
    assert (await _enable(graph, alex, value=False)).status_code == 204
    assert not alex.enabled
    assert (await _enable(graph, alex, value=True)).status_code == 204
    assert alex.enabled


@pytest.mark.parametrize("body", [{}, {"accountEnabled": "false"}, {"accountEnabled": False, "jobTitle": "None"}])
async def test_nothing_else_is_changed(graph: httpx.AsyncClient, alex: User, body: dict[str, Any]) -> None:
    assert (await graph.patch(f"/v1.0/users/{alex.id}", json=body)).status_code == 400
    assert alex.enabled


async def test_an_administrator_needs_an_application_with_a_role(graph: httpx.AsyncClient, world: World) -> None:
    admin = world.user("contoso", "grady@contoso.com")
    assert (await _enable(graph, admin, value=False)).status_code == 403
    world.tenant("contoso").application_is_administrator = True
    assert (await _enable(graph, admin, value=False)).status_code == 204


async def test_a_synchronised_account_is_refused_or_written_over(graph: httpx.AsyncClient, world: World) -> None:
    user = next(user for user in world.tenant("contoso").users.values() if user.synced)
    world.tenant("contoso").synced_accounts = "refused"
    assert (await _enable(graph, user, value=False)).json()["error"]["code"] == "Request_BadRequest"
    world.tenant("contoso").synced_accounts = "overwritten"
    assert (await _enable(graph, user, value=False)).status_code == 204
    world.synchronize("contoso")
    assert user.enabled


async def test_risk_is_confirmed_and_dismissed_with_a_licence(
    graph: httpx.AsyncClient, world: World, alex: User
) -> None:
    body = {"userIds": [alex.id]}
    assert (await graph.post(f"{RISKY}/confirmCompromised", json=body)).status_code == 204
    assert [alex.risk] == ["high"]
    assert (await graph.post(f"{RISKY}/dismiss", json=body)).status_code == 204
    assert [alex.risk] == ["none"]
    assert (await graph.post(f"{RISKY}/dismiss", json={"userIds": [alex.id] * 61})).status_code == 400
    world.tenant("contoso").identity_protection = False
    assert (await graph.post(f"{RISKY}/confirmCompromised", json=body)).status_code == 403


async def test_each_application_has_its_own_permissions(graph: httpx.AsyncClient, world: World, alex: User) -> None:
    tenant = world.tenant("contoso")
    tenant.granted_to = {
        "reset": frozenset({"User.EnableDisableAccount.All", "UserAuthMethod-Phone.ReadWrite.All"}),
        "bootstrap": frozenset({"UserAuthMethod-TAP.ReadWrite.All"}),
    }
    passes = f"/v1.0/users/{alex.id}/authentication/temporaryAccessPassMethods"
    now = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)

    async def status(client_id: str, verb: str, path: str, body: dict[str, Any]) -> int:
        headers = {"authorization": f"Bearer {world.tokens.issue(tenant, now, client_id)}"}
        return (await graph.request(verb, path, json=body, headers=headers)).status_code

    account = f"/v1.0/users/{alex.id}"
    assert await status("reset", "PATCH", account, {"accountEnabled": True}) == 204
    assert await status("reset", "POST", passes, {}) == 403
    assert await status("bootstrap", "PATCH", account, {"accountEnabled": True}) == 403
    assert await status("bootstrap", "POST", passes, {}) == 201
    assert await status("another", "POST", passes, {}) == 400  # the tenant's own permissions: there is a pass already


async def test_a_pass_outside_of_the_policy_is_not_usable(graph: httpx.AsyncClient, world: World, alex: User) -> None:
    world.tenant("contoso").passes_enabled = False
    passes = f"/v1.0/users/{alex.id}/authentication/temporaryAccessPassMethods"
    made = (await graph.post(passes, json={"lifetimeInMinutes": 60, "isUsableOnce": True})).json()
    assert (made["isUsable"], made["methodUsabilityReason"]) == (False, "DisabledByPolicy")
    assert (await graph.post(passes, json={"lifetimeInMinutes": 5})).status_code == 400
    world.tenant("contoso").passes_replace = True
    assert (await graph.post(passes, json={})).status_code == 201
    assert len([m for m in alex.methods.values() if m.kind.name == "temporaryAccessPass"]) == 1
