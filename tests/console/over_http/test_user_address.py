"""The address of a user's page names nobody."""

import httpx
import pytest

from tests.system import System


@pytest.mark.parametrize("customer", ["contoso", "contoso.com"])
async def test_a_user_opened_by_name_is_shown_under_the_object_id(
    it: System, browser: httpx.AsyncClient, customer: str
) -> None:
    user = it.world.user("contoso", "adele@contoso.com").id
    answer = await browser.get(f"/console/users/{customer}/adele@contoso.com?tab=methods")
    assert (answer.status_code, answer.headers["location"]) == (303, f"/console/users/contoso/{user}?tab=methods")
    page = await browser.get(answer.headers["location"])
    assert (page.status_code, "Adele Vance" in page.text) == (200, True)


async def test_a_name_that_nobody_has_is_not_found(browser: httpx.AsyncClient) -> None:
    assert (await browser.get("/console/users/contoso/nobody@contoso.com")).status_code == 404


async def test_a_directory_that_is_away_is_named_for_a_name_as_for_an_id(
    it: System, browser: httpx.AsyncClient
) -> None:
    it.world.faults.add(tenant="contoso", path="*/users*", status=503)
    answer = await browser.get("/console/users/contoso/adele@contoso.com")
    assert (answer.status_code, "does not answer right now" in answer.text) == (503, True)
