"""The path without faults, from a request to verified outcomes."""

from pathlib import Path

import pytest

from tests.system import system


@pytest.mark.azure_storage
async def test_request_is_planned_approved_reset_and_reported(tmp_path: Path) -> None:
    async with system(tmp_path) as it:
        request = await it.ask(contoso=["adele@contoso.com"], fabrikam=["alex@fabrikam.com"])
        waiting = await it.shown(request["id"])
        assert waiting["status"] == "awaitingApproval"
        assert waiting["totals"]["pending"] == 2
        await it.approve(request["id"])
        ended = await it.shown(request["id"])
        assert ended["status"] == "completed"
        for target in await it.targets(request["id"]):
            assert target["outcome"] == "reset"
            assert target["sessionsRevoked"] is True
            assert {m["outcome"] for m in target["methods"]} == {"deleted"}
            left = it.world.user(target["tenantId"], target["userId"]).methods
            assert not left.keys() & {method["id"] for method in target["methods"]}
