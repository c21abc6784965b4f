import re
from typing import Any

import httpx
import pytest

from localhost.simulator import World
from localhost.simulator.model.method_kinds import BY_NAME

ADELE = "/users/adele@contoso.com/authentication"
ISAIAH = "/users/isaiah@contoso.com/authentication"


async def values(graph: httpx.AsyncClient, path: str) -> list[dict[str, Any]]:
    reply = await graph.get(path)
    assert reply.status_code == 200, reply.text
    value: list[dict[str, Any]] = reply.json()["value"]
    return value


async def test_all_methods_of_a_user(graph: httpx.AsyncClient) -> None:
    methods = await values(graph, f"/v1.0{ADELE}/methods")
    assert [method["@odata.type"].removeprefix("#microsoft.graph.") for method in methods] == [
        "passwordAuthenticationMethod",
        "phoneAuthenticationMethod",
        "microsoftAuthenticatorAuthenticationMethod",
        "softwareOathAuthenticationMethod",
    ]
    assert all("createdDateTime" in method for method in methods)
    assert methods[1]["id"] == "3179e48a-750b-4051-897c-87b9720928f7"
    assert methods[1]["phoneNumber"].startswith("+1 206555")


async def test_a_created_date_may_be_null(world: World) -> None:
    dates = [m.created for u in world.tenant("contoso").users.values() for m in u.methods.values()]
    assert None in dates
    assert any(dates)


@pytest.mark.parametrize("kind", [kind for kind in BY_NAME.values() if not kind.beta_only])
async def test_each_kind_has_a_typed_collection(world: World, graph: httpx.AsyncClient, kind: Any) -> None:
    method = world.register("contoso", "lynne@contoso.com", kind.name)
    base = f"/v1.0/users/lynne@contoso.com/authentication/{kind.collection}"
    assert [row["id"] for row in await values(graph, base)] == [method.id]
    assert (await graph.get(f"{base}/{method.id}")).json()["@odata.type"] == kind.odata_type
    assert (await graph.get(f"{base}/other")).status_code == 404


def test_the_type_name_of_external_methods() -> None:
    assert BY_NAME["externalAuthenticationMethod"].odata_type == "#microsoft.graph.externalAuthenticationMethod"
    assert BY_NAME["fido2"].odata_type == "#microsoft.graph.fido2AuthenticationMethod"


async def test_passkey_ids_are_no_guids(graph: httpx.AsyncClient) -> None:
    methods = await values(graph, "/v1.0/users/lee@contoso.com/authentication/fido2Methods")
    assert len(methods[0]["id"]) != 36


async def test_hardware_tokens_are_on_beta_only(world: World, graph: httpx.AsyncClient) -> None:
    def hardware(methods: list[dict[str, Any]]) -> int:
        return sum("hardwareOath" in method["@odata.type"] for method in methods)

    assert hardware(await values(graph, f"/v1.0{ISAIAH}/methods")) == 0
    assert hardware(await values(graph, f"/beta{ISAIAH}/methods")) == 1
    assert (await graph.get(f"/v1.0{ISAIAH}/hardwareOathMethods")).status_code == 400
    assert len(await values(graph, f"/beta{ISAIAH}/hardwareOathMethods")) == 1
    world.tenant("contoso").hardware_in_v1 = True
    assert hardware(await values(graph, f"/v1.0{ISAIAH}/methods")) == 1


async def test_the_device_of_a_hardware_token_comes_without_expand(graph: httpx.AsyncClient) -> None:
    row = (await values(graph, f"/beta{ISAIAH}/hardwareOathMethods"))[0]
    assert row["@odata.type"] == "#microsoft.graph.hardwareOathAuthenticationMethod"
    assert row["device"]["status"] == "activated"
    assert row["device"]["serialNumber"]


async def test_options_of_the_list_of_hardware_tokens(graph: httpx.AsyncClient) -> None:
    url = f"/beta{ISAIAH}/hardwareOathMethods"
    token = (await values(graph, url))[0]["id"]
    assert await values(graph, f"{url}?$select=id&$top=1&$filter=id eq '{token}'") == [
        {"@odata.type": "#microsoft.graph.hardwareOathAuthenticationMethod", "id": token}
    ]
    assert await values(graph, f"{url}?$filter=id eq 'other'") == []


async def test_dates_have_seven_digits_after_the_second(world: World, graph: httpx.AsyncClient) -> None:
    world.register("contoso", "lynne@contoso.com", "softwareOath")
    rows = await values(graph, "/v1.0/users/lynne@contoso.com/authentication/softwareOathMethods")
    rows += await values(graph, f"/v1.0{ADELE}/methods")
    dates = [row["createdDateTime"] for row in rows if row["createdDateTime"]]
    assert dates
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}[1-9]Z", date) for date in dates)


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ({"createdDateTime": "0001-01-01T00:00:00Z"}, {"createdDateTime": "0001-01-01T00:00:00Z"}),
        ({"createdDateTime": ""}, {"createdDateTime": ""}),
        ({"createdAbsent": True}, {}),
    ],
)
async def test_odd_dates_can_be_seeded(
    world: World, graph: httpx.AsyncClient, given: dict[str, Any], shown: dict[str, str]
) -> None:
    method = world.register("contoso", "lynne@contoso.com", "softwareOath", **given)
    (row,) = await values(graph, "/v1.0/users/lynne@contoso.com/authentication/softwareOathMethods")
    assert row == {"id": method.id, "secretKey": None} | shown


async def test_lists_of_methods_take_no_options(graph: httpx.AsyncClient) -> None:
    for option in ("$select=id", "$top=1", "$expand=x"):
        assert (await graph.get(f"/v1.0{ADELE}/methods?{option}")).status_code == 400


@pytest.mark.parametrize("status", [400, 404])
async def test_a_cloud_without_hardware_tokens(world: World, graph: httpx.AsyncClient, status: Any) -> None:
    world.tenant("contoso").hardware_missing = status
    assert (await graph.get(f"/beta{ISAIAH}/hardwareOathMethods")).status_code == status
    assert len(await values(graph, f"/beta{ISAIAH}/methods")) == 2


async def test_beta_only_paths(graph: httpx.AsyncClient) -> None:
    assert (await graph.get(f"/beta{ADELE}/requirements")).json()["perUserMfaState"] == "disabled"
    assert await values(graph, f"/beta{ADELE}/passwordlessMicrosoftAuthenticatorMethods") == []
    assert (await graph.get(f"/beta{ADELE}/qrCodePinMethod")).status_code == 404
    for path in ("requirements", "passwordlessMicrosoftAuthenticatorMethods", "signInPreferences"):
        assert (await graph.get(f"/v1.0{ADELE}/{path}")).status_code == 400
