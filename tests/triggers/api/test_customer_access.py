import asyncio
import os
import sys
from pathlib import Path

from tests.system import ROOT, System, system

CONTOSO = "11111111-1111-1111-1111-111111111111"
FABRIKAM = "22222222-2222-2222-2222-222222222222"


async def test_each_customer_says_what_is_missing(tmp_path: Path) -> None:
    async with system(tmp_path) as it:
        it.world.tenants[CONTOSO].granted = frozenset({"User.Read.All", "UserAuthenticationMethod.ReadWrite.All"})
        it.world.tenants[FABRIKAM].consented = False
        found = {one["customer"]: one for one in (await it.call("GET", "/api/customer-access"))["value"]}
        assert found["tailspin"]["isEnough"] is True
        assert found["tailspin"]["missing"] == []
        assert found["contoso"]["isEnough"] is False
        assert {"User.RevokeSessions.All", "RoleManagement.Read.Directory"} <= {
            lacking["permission"] for lacking in found["contoso"]["missing"]
        }
        assert found["fabrikam"]["reason"] == "consentMissing"
        assert f"/{FABRIKAM}/adminconsent?client_id=" in found["fabrikam"]["consentUrl"]


async def test_a_consent_of_a_minute_ago_counts(tmp_path: Path) -> None:
    async with system(tmp_path) as it:
        it.world.tenants[CONTOSO].granted = frozenset()
        (before,) = (await it.call("GET", "/api/customer-access?customers=contoso"))["value"]
        it.world.tenants[CONTOSO].granted = None
        (after,) = (await it.call("GET", "/api/customer-access?customers=contoso"))["value"]
        assert (before["isEnough"], after["isEnough"]) == (False, True)


async def test_whether_bounced_mails_are_noticed_is_said_too(tmp_path: Path) -> None:
    async with system(tmp_path) as it:

        async def sees() -> object:
            return (await it.call("GET", "/api/customer-access?customers=contoso"))["seesBounces"]

        assert await sees() is True
        it.world.tenant("home").granted = frozenset({"Mail.Send"})
        assert await sees() is False
        it.world.tenant("home").granted = None
        it.world.faults.add(status=503, path="*/mailFolders/*")
        assert await sees() is None
        code, said = await _command(it, "contoso")
        assert code == 0  # resets work all the same
        assert "bounce are not noticed" in said


async def _command(it: System, *customers: str) -> tuple[int, str]:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        str(ROOT / "scripts/check-customers"),
        it.host.base_url,
        *customers,
        env=os.environ | {"MFA_RESET_KEY": it.host.key},
        stdout=asyncio.subprocess.PIPE,
    )
    out, _ = await process.communicate()
    return process.returncode or 0, out.decode()


async def test_one_command_says_it_all(tmp_path: Path) -> None:
    async with system(tmp_path) as it:
        code, said = await _command(it)
        assert code == 0
        assert "contoso: everything is there" in said
        it.world.tenants[CONTOSO].granted = frozenset({"User.Read.All"})
        code, said = await _command(it, "contoso")
        assert code == 1
        assert "contoso: not enough" in said
        assert "UserAuthenticationMethod.ReadWrite.All: reading and removing" in said
        assert "fabrikam" not in said
