"""What waits for an approver is counted as on the approval page, and tells nothing of other customers."""

from pathlib import Path

from tests.console.pages import text_of
from tests.system import system

OWNER, LEAD = "owner@contoso.com", "lead@msp.example"


async def test_only_the_approvers_own_users_are_counted(tmp_path: Path) -> None:
    async with system(tmp_path) as it:
        await it.ask(
            contoso=["adele@contoso.com", "megan@contoso.com", "breakglass@contoso.com"],
            fabrikam=["alex@fabrikam.com"],
        )
        assert "INC0012345 : 2 users" in await text_of(it, "approvals", OWNER)
        assert "INC0012345 : 1 user Lost" in await text_of(it, "approvals", LEAD)
