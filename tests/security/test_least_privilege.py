"""The narrow set of permissions: resets work with it, and nothing that lets somebody in can be made with it."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from domain.methods import MOBILE_PHONE_ID, MethodType
from graph.permissions import NARROW, NARROW_CANNOT, NARROWEST, NARROWEST_CANNOT, PERMISSIONS, WIDE
from localhost.simulator.server.router import Node, Route
from localhost.simulator.server.routes import build
from tests.graph_calls.plugin import stop_recording
from tests.system import ROOT, System, system

OTHERS = frozenset(p.name for p in PERMISSIONS) - {WIDE}
NARROWLY = OTHERS | {p.name for p in NARROW}
NARROWESTLY = OTHERS | {p.name for p in NARROWEST}
WIDELY = OTHERS | {WIDE}
ISAIAH = "isaiah@contoso.com"


@pytest.fixture
def unrecorded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave out of the check of the service's own calls what a thief would call."""
    stop_recording(monkeypatch)


@pytest.fixture
async def it(tmp_path: Path) -> AsyncIterator[System]:
    async with system(tmp_path) as made:
        for tenant in ("contoso", "fabrikam"):
            made.world.tenant(tenant).granted = NARROWLY
        yield made


async def test_a_reset_works_and_says_what_it_could_not_do(it: System) -> None:
    request = await it.ask(contoso=["adele@contoso.com", ISAIAH], fabrikam=["alex@fabrikam.com"])
    await it.approve(request["id"])
    targets = {target["userPrincipalName"]: target for target in await it.targets(request["id"])}
    assert targets["alex@fabrikam.com"]["outcome"] == "reset"
    outcomes = {(method["type"], method["outcome"]) for target in targets.values() for method in target["methods"]}
    removed = {kind for kind, outcome in outcomes if outcome == "deleted"}
    assert removed == {MethodType.PHONE, MethodType.MICROSOFT_AUTHENTICATOR, MethodType.SOFTWARE_OATH}
    assert {kind for kind, outcome in outcomes if outcome == "forbidden"} == {MethodType.HARDWARE_OATH}
    assert targets[ISAIAH]["outcome"] == "partiallyReset"
    assert all(target["sessionsRevoked"] for target in targets.values())


async def test_the_wide_permission_is_needed_for_what_it_is_said_to_be(it: System) -> None:
    it.world.tenant("contoso").granted = WIDELY
    request = await it.ask(contoso=[ISAIAH])
    await it.approve(request["id"])
    (target,) = await it.targets(request["id"])
    assert {method["outcome"] for method in target["methods"]} == {"deleted", "deactivated"}


# What makes something to sign in with, by the path after /users/{id}/authentication.
MAKING: dict[str, dict[str, object]] = {
    "temporaryAccessPassMethods": {"lifetimeInMinutes": 60, "isUsableOnce": True},
    "phoneMethods": {"phoneNumber": "+1 2065550199", "phoneType": "office"},
    "fido2Methods": {"displayName": "a key", "publicKeyCredential": {"id": "AA", "response": {"clientDataJSON": "AA"}}},
}


@pytest.mark.usefixtures("unrecorded")
@pytest.mark.parametrize("path", MAKING)
async def test_only_a_number_can_be_added(it: System, path: str) -> None:
    """Microsoft has one permission for removing a number and adding one: docs/security.md says so."""
    assert await _make(it, path) == (201 if path == "phoneMethods" else 403)


@pytest.mark.usefixtures("unrecorded")
@pytest.mark.parametrize("allowed", [True, False])
async def test_a_number_signs_in_by_itself_where_the_tenant_lets_numbers(it: System, *, allowed: bool) -> None:
    """So the narrow set is not without a way to make a credential, as docs/security.md says, with what to turn off."""
    it.world.tenant("contoso").sms_sign_in = allowed
    user = it.world.user("contoso", "adele@contoso.com")
    client = it.services.graph.of(it.world.tenant("contoso").id)
    path = f"users/{user.id}/authentication/phoneMethods/{MOBILE_PHONE_ID}/enableSmsSignIn"
    response = await client.send("POST", path)
    assert response.status == (204 if allowed else 400)
    assert (user.methods[MOBILE_PHONE_ID].properties["smsSignInState"] == "ready") is allowed
    security = (ROOT / "docs/security.md").read_text("utf-8")
    assert "add\na phone number and make it one to sign in with" in security


@pytest.mark.usefixtures("unrecorded")
@pytest.mark.parametrize("path", MAKING)
async def test_the_wide_permission_adds_them_all(it: System, path: str) -> None:
    it.world.tenant("contoso").granted = WIDELY
    assert await _make(it, path) == 201


@pytest.mark.usefixtures("unrecorded")
async def test_the_permission_for_passkeys_registers_them_and_so_is_not_of_the_set(it: System) -> None:
    it.world.tenant("contoso").granted = NARROWLY | {"UserAuthMethod-Passkey.ReadWrite.All"}
    assert await _make(it, "fido2Methods") == 201


async def _make(it: System, path: str) -> int:
    user = it.world.user("contoso", "megan@contoso.com")
    client = it.services.graph.of(it.world.tenant("contoso").id)
    response = await client.send("POST", f"users/{user.id}/authentication/{path}", body=MAKING.get(path))
    return response.status


def routes(node: Node) -> Iterator[tuple[str, Route]]:
    yield from node.routes.items()
    for child in (*node.children.values(), *([node.any] if node.any else [])):
        yield from routes(child)


@pytest.mark.usefixtures("unrecorded")
@pytest.mark.parametrize("path", [*MAKING, f"phoneMethods/{MOBILE_PHONE_ID}/enableSmsSignIn"])
async def test_with_the_narrowest_set_no_call_makes_a_credential(it: System, path: str) -> None:
    it.world.tenant("contoso").granted = NARROWESTLY
    it.world.tenant("contoso").sms_sign_in = True
    assert await _make(it, path) == 403


async def test_with_the_narrowest_set_numbers_stay_and_all_else_goes(it: System) -> None:
    it.world.tenant("contoso").granted = NARROWESTLY
    request = await it.ask(contoso=["alex@contoso.com", "diego@contoso.com", "lee@contoso.com"])
    await it.approve(request["id"])
    await it.advance(minutes=30)
    found = {
        target["userPrincipalName"].partition("@")[0]: (
            target["outcome"],
            {(method["type"], method["outcome"]) for method in target["methods"]},
        )
        for target in await it.targets(request["id"])
    }
    app = "microsoftAuthenticator"
    assert found == {
        "alex": ("partiallyReset", {("phone", "forbidden"), (app, "refusedDefault")}),
        "diego": ("partiallyReset", {("phone", "forbidden")}),
        "lee": ("reset", {(app, "deleted")}),
    }
    (shown,) = (await it.call("GET", "/api/customer-access?customers=contoso"))["value"]
    assert (shown["permissionSet"], shown["isEnough"], shown["missing"]) == ("narrowest", True, [])
    assert shown["cannot"] == list(NARROWEST_CANNOT)


def _open_to(roles: frozenset[str]) -> set[tuple[str, str]]:
    """Return the writes that these permissions allow and that remove nothing, by the simulator's table of Microsoft's permissions."""
    return {
        (verb, route.template.removeprefix("/v1.0").removeprefix("/beta"))
        for verb, route in routes(build()._root)
        if verb in {"POST", "PATCH", "PUT"} and route.needs & roles and not route.removes
    }


def test_every_other_write_of_the_narrow_sets_removes_something() -> None:
    assert _open_to(NARROWESTLY) == {
        ("POST", "/identity/conditionalAccess/evaluate"),  # asks what a policy would do, and changes nothing
        ("POST", "/users/{user}/revokeSignInSessions"),
    }
    assert _open_to(NARROWLY) == {
        ("POST", "/identity/conditionalAccess/evaluate"),  # asks what a policy would do, and changes nothing
        ("POST", "/users/{user}/revokeSignInSessions"),
        ("POST", "/users/{user}/authentication/phoneMethods"),
        ("POST", "/users/{user}/authentication/phoneMethods/{method}/enableSmsSignIn"),
    }


def test_only_what_is_said_to_need_the_wide_permission_needs_it() -> None:
    """Each kind in NARROW_CANNOT and docs/security.md, and what makes passes, which the service never does."""
    wide_only = {
        (verb, route.template.removeprefix("/v1.0").removeprefix("/beta").removeprefix("/users/{user}/authentication/"))
        for verb, route in routes(build()._root)
        if WIDE in route.needs and not route.needs & NARROWLY
    }
    kinds = ("emailMethods", "platformCredentialMethods", "temporaryAccessPassMethods", "fido2Methods")
    assert wide_only == {
        ("POST", "hardwareOathMethods/{method}/deactivate"),
        ("POST", "hardwareOathMethods/{method}/activate"),
        ("DELETE", "hardwareOathMethods/{method}"),
        ("PATCH", "signInPreferences"),
        *(("DELETE", f"{kind}/{{method}}") for kind in kinds),
        ("DELETE", "externalAuthenticationMethods/{method}"),
        ("DELETE", "externalAuthenticationMethods/{method}/$ref"),
        ("DELETE", "methods/{method}"),
        ("DELETE", "passwordMethods/{method}"),
        ("POST", "temporaryAccessPassMethods"),
        ("POST", "fido2Methods"),
    }


async def test_customer_access_says_which_set_it_is_and_what_it_cannot_do(it: System) -> None:
    it.world.tenant("fabrikam").granted = WIDELY
    page = await it.call("GET", "/api/customer-access?customers=contoso,fabrikam")
    narrow, wide = page["value"]
    assert (narrow["permissionSet"], narrow["isEnough"], narrow["missing"]) == ("narrow", True, [])
    assert narrow["cannot"] == list(NARROW_CANNOT)
    assert (wide["permissionSet"], wide["isEnough"], wide["cannot"]) == ("wide", True, [])
