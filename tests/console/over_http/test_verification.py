"""An operator verifies a user from the request's page."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest

from tests.browsing import browser_client
from tests.console.pages import hidden, sign_in
from tests.receiver import policy_with
from tests.system import System, system

ADELE, DID = "adele@contoso.com", "did:web:verifiedid.contoso.com"
POLICY = f"""
[verification]
required = "always"
accept = ["verifiedId", "callback"]
[verification.verifiedId]
authority = "did:web:verifiedid.msp.example"
[customers.contoso.verification]
issuers = ["{DID}"]
"""


@asynccontextmanager
async def waiting(tmp_path: Path, **more: str) -> AsyncIterator[tuple[System, httpx.AsyncClient, str]]:
    """Yield a system with a request that waits for verification, a signed-in client, and the request's page."""
    async with system(tmp_path, policy=policy_with(tmp_path, POLICY)) as it, browser_client(it.host.base_url) as http:
        await sign_in(http, "tech@msp.example")
        request = await it.ask(contoso=[ADELE], more=more)
        yield it, http, f"/console/requests/{request['id']}"


async def post(it: System, http: httpx.AsyncClient, address: str, **form: str) -> httpx.Response:
    nonce = hidden((await http.get("/console/users")).text)
    answer = await http.post(address, data={"nonce": nonce} | form)
    await it.host.idle()
    return answer


async def test_a_call_back_is_recorded_by_the_operator_who_is_signed_in(tmp_path: Path) -> None:
    async with waiting(tmp_path, requester="else@msp.example") as (it, http, page):
        assert "Record a call back" in (await http.get(page)).text
        answer = await post(it, http, f"{page}/targets/0/call-back", number="+1 425 555 0112", note="From HR")
        assert answer.status_code == 303
        shown = (await http.get(page)).text
        assert "The call back was recorded" in shown
        assert "Record a call back" not in shown
        request_id = page.rpartition("/")[2]
        assert (await it.shown(request_id))["status"] == "awaitingApproval"
        (target,) = await it.targets(request_id)
        evidence = target["verification"]["evidence"]
        assert (evidence["kind"], evidence["by"]) == ("callback", "tech@msp.example")
        assert evidence["detail"].endswith("•••12. From HR")
        again = await post(it, http, f"{page}/targets/0/call-back", number="+1 425 555 0112")
        assert again.status_code == 303
        assert "does not wait for this kind" in (await http.get(page)).text


@pytest.mark.parametrize(
    ("requester", "number", "notice"),
    [
        ("tech@msp.example", "+1 425 555 0112", "cannot vouch for it"),
        ("else@msp.example", "the usual one", "enter the telephone number"),
    ],
)
async def test_what_proves_nothing_is_not_recorded(tmp_path: Path, requester: str, number: str, notice: str) -> None:
    async with waiting(tmp_path, requester=requester) as (it, http, page):
        await post(it, http, f"{page}/targets/0/call-back", number=number)
        assert notice in (await http.get(page)).text
        (target,) = await it.targets(page.rpartition("/")[2])
        assert target["verification"]["state"] == "waiting"


async def test_the_code_for_the_wallet_is_shown_once(tmp_path: Path) -> None:
    async with waiting(tmp_path, requester="else@msp.example") as (it, http, page):
        assert "Show Verified ID code" in (await http.get(page)).text
        answer = await post(it, http, f"{page}/targets/0/verified-id")
        assert answer.status_code == 200
        assert 'src="data:image/png;base64,' in answer.text
        assert "openid-vc://" in answer.text
        assert "img-src 'self' data:;" in answer.headers["Content-Security-Policy"]
        assert answer.headers["Cache-Control"] == "no-store"
        (presentation,) = it.world.presentations.values()
        assert presentation["requestedCredentials"][0]["acceptedIssuers"] == [DID]
        assert "img-src 'self';" in (await http.get(page)).headers["Content-Security-Policy"]
        assert (await post(it, http, f"{page}/targets/7/verified-id")).status_code == 404


async def test_an_auditor_sees_no_form(tmp_path: Path) -> None:
    async with (
        waiting(tmp_path, requester="else@msp.example") as (it, _, page),
        browser_client(it.host.base_url) as auditor,
    ):
        await sign_in(auditor, "auditor@msp.example")
        shown = (await auditor.get(page)).text
        assert "Waits for proof" in shown
        assert "Record a call back" not in shown
