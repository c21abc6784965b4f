"""`evaluate` of the simulator, as strict and as true as its documentation."""

from typing import Any

import httpx
import pytest

from localhost.simulator import World
from localhost.simulator.model.entities import NamedLocation
from localhost.simulator.testing import client_for

PATH = "/v1.0/identity/conditionalAccess/evaluate"
MAIL = "00000002-0000-0ff1-ce00-000000000000"
TO_MAIL = {"@odata.type": "#microsoft.graph.applicationContext", "includeApplications": [MAIL]}
TO_REGISTER = {"@odata.type": "#microsoft.graph.userActionContext", "userAction": "registerSecurityInformation"}


def body(world: World, target: dict[str, Any] = TO_MAIL, name: str = "adele", **conditions: Any) -> dict[str, Any]:
    user = world.user("fabrikam", f"{name}@fabrikam.com")
    return {
        "signInIdentity": {"@odata.type": "#microsoft.graph.userSignIn", "userId": user.id},
        "signInContext": target,
        "signInConditions": {"ipAddress": "203.0.113.7"} | conditions,
    }


async def reason(world: World, sent: dict[str, Any], **policy: Any) -> str:
    """Return why fabrikam's only policy, with these changes, does not apply; notSet where it does."""
    tenant = world.tenant("fabrikam")
    conditions: dict[str, Any] = {"users": {"includeUsers": ["All"]}, "applications": {"includeApplications": ["All"]}}
    state = policy.pop("state", "enabled")
    tenant.policies = [{"id": "p", "state": state, "conditions": conditions | policy, "grantControls": None}]
    async with client_for(world, "fabrikam") as graph:
        (row,) = (await graph.post(PATH, json=sent)).json()["value"]
        listed = (await graph.post(PATH, json=sent | {"appliedPoliciesOnly": True})).json()["value"]
    assert row["policyApplies"] is (row["analysisReasons"] == "notSet") is bool(listed)
    return str(row["analysisReasons"])


@pytest.mark.parametrize(
    ("policy", "conditions", "expected"),
    [
        ({}, {}, "notSet"),
        ({"state": "enabledForReportingButNotEnforced"}, {}, "notSet"),
        ({"state": "disabled"}, {}, "policyNotEnabled"),
        ({"users": {"includeUsers": ["None"]}}, {}, "users"),
        ({"users": {"includeRoles": ["62e90394-69f5-4237-9190-012177145e10"]}}, {}, "users"),
        ({"applications": {"includeApplications": ["Office365"]}}, {}, "notSet"),
        ({"applications": {"includeApplications": ["All"], "excludeApplications": [MAIL]}}, {}, "application"),
        ({"platforms": {"includePlatforms": ["iOS"]}}, {}, "notEnoughInformation"),
        ({"platforms": {"includePlatforms": ["iOS"]}}, {"devicePlatform": "windows"}, "devicePlatform"),
        ({"clientAppTypes": ["other"]}, {"clientAppType": "browser"}, "clientApps"),
        ({"locations": {"includeLocations": ["All"], "excludeLocations": ["AllTrusted"]}}, {}, "notSet"),
        ({"locations": {"includeLocations": ["home"]}}, {}, "notEnoughInformation"),
        ({"locations": {"includeLocations": ["home"]}}, {"country": "US"}, "location"),
        ({"locations": {"includeLocations": ["home"]}}, {"country": "DE"}, "notSet"),
        ({"locations": {"includeLocations": ["office"]}}, {"ipAddress": "198.51.100.9"}, "notSet"),
        ({"signInRiskLevels": ["high"]}, {}, "signInRisk"),
        ({"signInRiskLevels": ["high"]}, {"signInRiskLevel": "high"}, "notSet"),
        ({"devices": {"deviceFilter": {}}}, {}, "notEnoughInformation"),
    ],
)
async def test_why_a_policy_does_not_apply(
    world: World, policy: dict[str, Any], conditions: dict[str, Any], expected: str
) -> None:
    world.tenant("fabrikam").named_locations = {
        "home": NamedLocation(countries=frozenset({"DE"})),
        "office": NamedLocation(ranges=("198.51.100.0/24",), trusted=True),
    }
    assert await reason(world, body(world, **conditions), **policy) == expected


@pytest.mark.parametrize(
    ("applications", "expected"),
    [
        ({"includeUserActions": ["urn:user:registersecurityinfo"]}, "notSet"),
        ({"includeUserActions": ["urn:user:registerdevice"]}, "userActions"),
        ({"includeApplications": ["All"]}, "notSet"),
        ({"includeApplications": ["Office365"]}, "userActions"),
    ],
)
async def test_user_actions(world: World, applications: dict[str, Any], expected: str) -> None:
    assert await reason(world, body(world, TO_REGISTER), applications=applications) == expected


@pytest.mark.parametrize(
    ("users", "name", "expected"),
    [
        ({"includeGroups": ["staff"]}, "adele", "notSet"),
        ({"includeUsers": ["All"], "excludeGroups": ["staff"]}, "adele", "users"),
        ({"includeRoles": ["62e90394-69f5-4237-9190-012177145e10"]}, "grady", "notSet"),
        ({"includeUsers": ["All"], "excludeRoles": ["62e90394-69f5-4237-9190-012177145e10"]}, "grady", "users"),
    ],
)
async def test_groups_and_roles_are_resolved(world: World, users: dict[str, Any], name: str, expected: str) -> None:
    staff = world.user("fabrikam", "adele@fabrikam.com").groups[0]
    known = {side: [staff.id if each == "staff" else each for each in listed] for side, listed in users.items()}
    assert await reason(world, body(world, name=name), users=known) == expected


@pytest.mark.parametrize(
    "change",
    [
        {"signInIdentity": {"userId": "11111111-1111-1111-1111-111111111111"}},
        {"signInContext": {"@odata.type": "#microsoft.graph.applicationContext", "includeApplications": ["All"]}},
        {"signInContext": {"@odata.type": "#microsoft.graph.userActionContext", "userAction": "anything"}},
        {"signInConditions": None},
        {"signInConditions": {"devicePlatform": "amiga"}},
        {"signInConditions": {"country": "Germany"}},
        {"signInConditions": {"ipAddress": "somewhere"}},
        {"signInConditions": {"weather": "fine"}},
        {"whatIf": True},
    ],
)
async def test_what_the_description_does_not_know_is_refused(world: World, change: dict[str, Any]) -> None:
    async with client_for(world, "fabrikam") as graph:
        assert (await graph.post(PATH, json=body(world) | change)).status_code == 400


async def test_an_unknown_user_and_a_missing_permission_are_refused(world: World) -> None:
    unknown = {"@odata.type": "#microsoft.graph.userSignIn", "userId": "11111111-1111-1111-1111-111111111111"}
    async with client_for(world, "fabrikam") as graph:
        assert (await graph.post(PATH, json=body(world) | {"signInIdentity": unknown})).status_code == 404
    world.tenant("fabrikam").granted = frozenset({"User.Read.All"})
    async with client_for(world, "fabrikam") as graph:
        assert (await graph.post(PATH, json=body(world))).status_code == 403


async def test_named_locations(world: World) -> None:
    world.tenant("contoso").named_locations = {
        "home": NamedLocation(countries=frozenset({"DE", "AT"})),
        "office": NamedLocation(ranges=("198.51.100.0/24",), trusted=True),
    }
    async with client_for(world) as graph:
        answer: httpx.Response = await graph.get("/v1.0/identity/conditionalAccess/namedLocations")
    home, office = answer.json()["value"]
    assert (home["@odata.type"], home["countriesAndRegions"]) == (
        "#microsoft.graph.countryNamedLocation",
        ["AT", "DE"],
    )
    assert (office["isTrusted"], office["ipRanges"][0]["cidrAddress"]) == (True, "198.51.100.0/24")
