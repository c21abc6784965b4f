"""The live part of a request page, and its export."""

import httpx

from tests.system import System


async def test_unchanged_request_is_answered_304(it: System, browser: httpx.AsyncClient) -> None:
    request = await it.ask(contoso=["adele@contoso.com"])
    address = f"/console/requests/{request['id']}/live"
    first = await browser.get(address)
    again = await browser.get(address, headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    await it.approve(request["id"])
    changed = await browser.get(address, headers={"If-None-Match": first.headers["ETag"]})
    assert changed.status_code == 200
    assert changed.headers["X-Live"] == "ended"


async def test_an_export_is_safe_to_open_in_a_spreadsheet(it: System, browser: httpx.AsyncClient) -> None:
    request = await it.ask(contoso=["=cmd@contoso.com", "adele@contoso.com"])
    answer = await browser.get(f"/console/requests/{request['id']}/export")
    assert answer.headers["Content-Type"].startswith("text/csv")
    lines = answer.text.splitlines()
    assert '"contoso","","\'=cmd@contoso.com"' in lines[1]
    assert sum("adele@contoso.com" in line for line in lines) == 3
