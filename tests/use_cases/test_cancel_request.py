"""One way to cancel: the API and the console complete what a worker left out that stopped in the middle."""

from pathlib import Path
from typing import Any

import pytest

from tests.browsing import browser_client
from tests.console.pages import hidden, notice_of, sign_in
from tests.system import System, system


async def cancel_by_api(it: System, request_id: str) -> None:
    await it.call("POST", f"/api/reset-requests/{request_id}/cancel", 202)


async def cancel_by_console(it: System, request_id: str) -> None:
    async with browser_client(it.host.base_url) as http:
        await sign_in(http, "tech@msp.example")
        nonce = hidden((await http.get(f"/console/requests/{request_id}")).text)
        response = await http.post(f"/console/requests/{request_id}/act", data={"nonce": nonce, "act": "cancel"})
    assert notice_of(response) == "withdrawn"


def cancel_events(audit: list[dict[str, Any]]) -> list[str]:
    """Return who is named in each audit event of a cancel."""
    return [event["actor"] for event in audit if event["event"] == "cancelAccepted"]


@pytest.mark.parametrize("cancel", [cancel_by_api, cancel_by_console])
async def test_repeat_writes_the_audit_event_that_is_missing_and_names_who_cancelled(
    tmp_path: Path, cancel: Any
) -> None:
    async with system(tmp_path) as it:
        request_id = (await it.ask(contoso=["adele@contoso.com"]))["id"]
        # A worker stopped right after it had marked the request.
        await it.services.requests.cancel(request_id, "lead@msp.example", it.services.now())
        await cancel(it, request_id)
        await it.host.idle()
        assert (await it.shown(request_id))["status"] == "cancelled"
        assert cancel_events(await it.audit(request_id)) == ["lead@msp.example"]


@pytest.mark.parametrize("cancel", [cancel_by_api, cancel_by_console])
async def test_cancel_wakes_the_orchestration_and_is_audited_once(tmp_path: Path, cancel: Any) -> None:
    async with system(tmp_path) as it:
        request_id = (await it.ask(contoso=["adele@contoso.com"]))["id"]
        await cancel(it, request_id)
        await it.host.idle()
        assert (await it.shown(request_id))["status"] == "cancelled"
        assert len(cancel_events(await it.audit(request_id))) == 1
        await it.call("POST", f"/api/reset-requests/{request_id}/cancel", 409)
