"""The whole service on Azure Table Storage, emulated by Azurite."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from azure.core.pipeline.transport import AioHttpTransport

from domain.methods import STANDARD_SCOPE
from domain.outcomes import TargetOutcome
from domain.request.reset_request import ResetRequest
from domain.request.target import Target
from records.requests import Requests
from records.tables import TableStore
from records.targets import Targets, count_key
from tests.system import system


@pytest.mark.azure_storage
async def test_the_whole_path_on_table_storage(tmp_path: Path, azurite: str) -> None:
    settings = {"RECORDS": "tables", "AzureWebJobsStorage": azurite}
    async with system(tmp_path, settings=settings) as it:
        headers = {"Idempotency-Key": tmp_path.name}  # the storage is shared by the tests of this file
        body: dict[str, Any] = {
            "targets": [
                {"customer": "contoso", "users": ["adele@contoso.com", "breakglass@contoso.com"]},
                {"customer": "fabrikam", "users": ["alex@fabrikam.com"]},
            ],
            "reason": "Lost phone",
            "requester": "tech@msp.example",
        }
        request = await it.call("POST", "/api/reset-requests", 202, json=body, headers=headers)
        await it.host.idle()
        again = await it.call("POST", "/api/reset-requests", 200, json=body, headers=headers)
        assert again["id"] == request["id"]
        assert (await it.shown(request["id"]))["status"] == "awaitingApproval"
        await it.approve(request["id"])
        ended = await it.shown(request["id"])
        assert (ended["status"], ended["totals"]["reset"], ended["totals"]["refused"]) == ("partiallyCompleted", 2, 1)
        outcomes = {t["userPrincipalName"]: t["outcome"] for t in await it.targets(request["id"])}
        assert outcomes == {
            "adele@contoso.com": "reset",
            "breakglass@contoso.com": "refused",
            "alex@fabrikam.com": "reset",
        }
        events = [event["event"] for event in await it.audit(request["id"])]
        assert events[0] == "accepted"
        assert "ended" in events
        listed = await it.call("GET", "/api/reset-requests", params={"customer": "fabrikam"})
        assert listed["value"][0]["id"] == request["id"]
        assert not (tmp_path / "records.sqlite").exists()


async def test_totals_are_one_call_that_reads_no_target(azurite: str, monkeypatch: pytest.MonkeyPatch) -> None:
    store = TableStore.connect(connection_string=azurite, table="totals")
    request = ResetRequest(
        id="r1",
        created_at=datetime(2026, 1, 5, 9, 0, tzinfo=UTC),
        source="api",
        methods=list(STANDARD_SCOPE),
        target_count=1000,
        ranges=[("contoso", 0, 1000)],
    )
    targets = [Target(number=n, customer="contoso", asked=f"user{n}@contoso.com") for n in range(1000)]
    await Requests(store).create(request, targets)
    calls: list[str] = []
    send = AioHttpTransport.send

    async def counted(self: AioHttpTransport, request: Any, **how: Any) -> Any:
        calls.append(request.url)
        return await send(self, request, **how)

    monkeypatch.setattr(AioHttpTransport, "send", counted)
    totals = await Targets(store).totals("r1")
    assert totals[TargetOutcome.PENDING.value] == 1000
    (url,) = calls
    assert "count" in url
    await store.close()
    # The largest request has no more rows of counts than one answer holds.
    assert len({count_key(number) for number in range(10_000)}) == 80
