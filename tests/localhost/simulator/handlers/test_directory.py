from typing import Any

import httpx
import pytest

from localhost.simulator import World
from localhost.simulator.testing import client_for


@pytest.mark.parametrize(
    ("tenant", "defaults", "state"),
    [
        ("contoso", True, "enabledForReportingButNotEnforced"),
        ("fabrikam", False, "enabled"),
        ("tailspin", False, "enabledForReportingButNotEnforced"),
    ],
)
async def test_what_asks_for_mfa(world: World, tenant: str, defaults: bool, state: str) -> None:
    async with client_for(world, tenant) as graph:
        policy = (await graph.get("/v1.0/policies/identitySecurityDefaultsEnforcementPolicy")).json()
        access = (await graph.get("/beta/identity/conditionalAccess/policies")).json()["value"][0]
    assert policy["isEnabled"] is defaults
    assert (access["state"], access["grantControls"]["builtInControls"]) == (state, ["mfa"])


@pytest.mark.parametrize(
    ("tenant", "registering", "state", "control"),
    [
        ("fabrikam", "mfa", "enabled", "mfa"),
        ("fabrikam", "blocked", "enabled", "block"),
        ("contoso", "mfa", "disabled", "mfa"),
    ],
)
async def test_what_is_asked_to_register(world: World, tenant: str, registering: Any, state: str, control: str) -> None:
    async with client_for(world, tenant) as graph:
        assert len((await graph.get("/v1.0/identity/conditionalAccess/policies")).json()["value"]) == 1
        world.tenant(tenant).registering = registering
        policy = (await graph.get("/v1.0/identity/conditionalAccess/policies")).json()["value"][1]
    assert (policy["state"], policy["grantControls"]["builtInControls"]) == (state, [control])
    assert policy["conditions"]["applications"]["includeUserActions"] == ["urn:user:registersecurityinfo"]


async def test_organization(graph: httpx.AsyncClient) -> None:
    row = (await graph.get("/v1.0/organization")).json()["value"][0]
    assert row["displayName"] == "Contoso"
    assert [domain["name"] for domain in row["verifiedDomains"] if domain["isDefault"]] == ["contoso.com"]


async def test_role_members(graph: httpx.AsyncClient) -> None:
    role = (await graph.get("/v1.0/directoryRoles")).json()["value"][0]
    members = (await graph.get(f"/v1.0/directoryRoles/{role['id']}/members")).json()["value"]
    assert {member["userPrincipalName"] for member in members} == {"breakglass@contoso.com", "grady@contoso.com"}
    assert (await graph.get("/v1.0/directoryRoles/none/members")).status_code == 404


async def test_unknown_paths_and_verbs(graph: httpx.AsyncClient) -> None:
    reply = await graph.get("/v1.0/nonsense")
    assert (reply.status_code, reply.json()["error"]["code"]) == (400, "BadRequest")
    assert "'nonsense'" in reply.json()["error"]["message"]
    assert (await graph.delete("/v1.0/users")).status_code == 405
    assert (await graph.get("/elsewhere")).status_code == 404


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("/v1.0/users", "Authorization_RequestDenied"),
        ("/v1.0/users/adele@contoso.com/authentication/methods", "accessDenied"),
    ],
)
async def test_missing_permissions_are_worded_by_their_family(
    world: World, graph: httpx.AsyncClient, path: str, code: str
) -> None:
    world.tenant("contoso").granted = frozenset({"UserAuthMethod-Phone.Read.All"})
    reply = await graph.get(path)
    assert (reply.status_code, reply.json()["error"]["code"]) == (403, code)
    assert (await graph.get("/v1.0/users/adele@contoso.com/authentication/phoneMethods")).status_code == 200
