"""Customers, options, users and methods over HTTP, live from the simulated Graph."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.system import System, system


@pytest.fixture
async def it(tmp_path: Path) -> AsyncIterator[System]:
    async with system(tmp_path) as made:
        yield made


async def pages(it: System, path: str, **params: str) -> list[list[dict[str, Any]]]:
    found: list[list[dict[str, Any]]] = []
    cursor: str | None = ""
    while cursor is not None:
        page = await it.call("GET", path, params=params | {"cursor": cursor})
        found.append(page["value"])
        cursor = page["cursor"]
    return found


async def test_customers_are_those_of_the_policy(it: System) -> None:
    shown = await it.call("GET", "/api/customers")
    assert [c["customer"] for c in shown["value"]] == ["contoso", "fabrikam", "tailspin"]
    assert shown["value"][0]["domains"] == ["contoso.com"]


async def test_options_name_who_lacks_what(it: System) -> None:
    shown = await it.call("GET", "/api/options", params={"customers": "contoso,fabrikam.com"})
    assert shown["customers"] == ["contoso", "fabrikam"]
    assert shown["actions"] == ["resetMultiFactorAuthentications"]
    assert shown["methods"] == ["phone", "microsoftAuthenticator", "softwareOath", "hardwareOath"]
    fido = next(m for m in shown["missing"] if m["option"] == "fido2")
    assert (fido["customers"], fido["reason"]) == (["contoso", "fabrikam"], "methodNotAllowed")


@pytest.mark.parametrize("sort", ["displayName", "-displayName", "userPrincipalName"])
async def test_users_of_several_customers_come_as_one_sorted_list(it: System, sort: str) -> None:
    found = await pages(it, "/api/users", customers="contoso,fabrikam", limit="7", sort=sort)
    rows = [row for page in found for row in page]
    assert len(rows) == 60
    assert len({row["id"] for row in rows}) == 60
    assert all(len(page) == 7 for page in found[:-1])
    names = [row[sort.removeprefix("-")].casefold() for row in rows]
    assert names == sorted(names, reverse=sort.startswith("-"))


async def test_count_search_and_filters(it: System) -> None:
    shown = await it.call("GET", "/api/users")
    assert shown["count"] == 90
    shown = await it.call("GET", "/api/users", params={"search": "adele", "customers": "contoso,tailspin"})
    assert [row["customer"] for row in shown["value"]] == ["contoso", "tailspin"]
    shown = await it.call("GET", "/api/users", params={"search": 'a" OR "displayName:b\\'})
    assert shown["value"] == []
    shown = await it.call("GET", "/api/users", params={"enabled": "false", "customers": "contoso"})
    assert [row["displayName"] for row in shown["value"]] == ["Patti Fernandez"]
    shown = await it.call("GET", "/api/users", params={"guest": "true", "customers": "contoso"})
    assert [row["displayName"] for row in shown["value"]] == ["Kim Partner"]
    shown = await it.call("GET", "/api/users", params={"registered": "false", "customers": "contoso"})
    assert "Lynne Robbins" in [row["displayName"] for row in shown["value"]]
    assert {row["registered"] for row in shown["value"]} == {False}
    shown = await it.call("GET", "/api/users", params={"privileged": "true", "customers": "contoso"})
    assert {row["displayName"] for row in shown["value"]} == {"Grady Archie", "Break Glass"}


async def test_a_customer_that_is_away_is_named_and_the_rest_is_listed(it: System) -> None:
    it.world.tenant("fabrikam").consented = False
    shown = await it.call("GET", "/api/users", params={"limit": "200"})
    assert {row["customer"] for row in shown["value"]} == {"contoso", "tailspin"}
    assert [(u["customer"], u["reason"]) for u in shown["unreachable"]] == [("fabrikam", "consentMissing")]
    assert shown["cursor"] is None


async def test_a_customer_that_comes_back_is_listed_on_the_next_page(it: System) -> None:
    it.world.tenant("fabrikam").consented = False
    first = await it.call("GET", "/api/users", params={"limit": "10"})
    it.world.tenant("fabrikam").consented = True
    second = await it.call("GET", "/api/users", params={"limit": "200", "cursor": first["cursor"]})
    assert len(second["value"]) == 80
    assert not {r["id"] for r in first["value"]} & {r["id"] for r in second["value"]}


@pytest.mark.usefixtures("unrecorded")
async def test_a_cursor_leads_nowhere_else(it: System) -> None:
    first = await it.call("GET", "/api/users", params={"limit": "10", "customers": "contoso"})
    for params in ({"customers": "fabrikam"}, {"customers": "contoso", "search": "a"}):
        problem = await it.call("GET", "/api/users", 400, params=params | {"cursor": first["cursor"]})
        assert problem["errors"][0]["pointer"] == "/query/cursor"
    for text in ("nonsense", "%%%", "eJw", "a" * 5000):
        await it.call("GET", "/api/users", 400, params={"cursor": text})


async def test_one_user_with_summary_and_methods(it: System) -> None:
    for text in ("adele@contoso.com", it.world.user("contoso", "adele@contoso.com").id):
        shown = await it.call("GET", f"/api/customers/contoso.com/users/{text}")
        assert shown["displayName"] == "Adele Vance"
        assert (shown["registered"], shown["privileged"], shown["refused"]) == (True, False, "")
        phone = next(m for m in shown["methods"] if m["type"] == "phone")
        assert phone["inScope"]
        assert phone["label"].startswith("mobile •••")
    number = it.world.user("contoso", "adele@contoso.com").methods[phone["id"]].properties["phoneNumber"]
    assert number not in json.dumps(shown)


async def test_what_stays_and_who_is_refused_is_said(it: System) -> None:
    shown = await it.call("GET", "/api/customers/contoso/users/breakglass@contoso.com")
    assert shown["refused"] == "protectedUser"
    assert shown["privileges"] == ["Global Administrator"]
    assert {m["type"]: m["kept"] for m in shown["methods"]}["fido2"] == "notInScope"


@pytest.mark.parametrize("path", ["nobody/users/x", "contoso/users/nobody@contoso.com"])
async def test_nothing_there_is_a_404(it: System, path: str) -> None:
    assert (await it.call("GET", f"/api/customers/{path}", 404))["status"] == 404


async def test_one_row_per_user_and_method(it: System) -> None:
    found = await pages(it, "/api/authentication-methods", customers="contoso")
    rows = [row for page in found for row in page]
    assert len({(row["userId"], row["type"], row["id"]) for row in rows}) == len(rows)
    adele = [row["type"] for row in rows if row["displayName"] == "Adele Vance"]
    assert sorted(adele) == ["microsoftAuthenticator", "phone", "softwareOath"]
    only = await pages(it, "/api/authentication-methods", customers="contoso", type="fido2,hardwareOath")
    assert {row["type"] for page in only for row in page} == {"fido2", "hardwareOath"}
    old = await pages(it, "/api/authentication-methods", customers="contoso", olderThanDays="600")
    assert all(row["createdAt"] for page in old for row in page)


@pytest.mark.parametrize(
    ("path", "params"),
    [
        ("users", {"customers": "nobody"}),
        ("users", {"sort": "mail"}),
        ("users", {"enabled": "maybe"}),
        ("users", {"limit": "many"}),
        ("options", {"customers": "contoso,nobody"}),
        ("authentication-methods", {"type": "telepathy"}),
        ("authentication-methods", {"olderThanDays": "-1"}),
    ],
)
async def test_a_bad_parameter_is_named(it: System, path: str, params: dict[str, str]) -> None:
    problem = await it.call("GET", f"/api/{path}", 400, params=params)
    assert problem["errors"][0]["pointer"] == f"/query/{next(iter(params))}"
