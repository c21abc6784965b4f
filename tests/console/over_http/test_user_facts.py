"""The part of the users page with what is known of its rows: for whom, and of whom."""

from copy import replace

import httpx
import pytest

from tests.system import System
from tests.triggers.principals import CONTOSO, principal


async def test_an_operator_of_one_customer_reads_nothing_of_another(
    it: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(it.services, "settings", replace(it.services.settings, signs_in=True))
    own = principal("op@contoso.com", "Operator", tid=CONTOSO)
    auditor = principal("auditor@msp.example", "Auditor")
    ids = {customer: it.world.user(customer, f"adele@{customer}.com").id for customer in ("contoso", "fabrikam")}
    async with httpx.AsyncClient(base_url=it.host.base_url) as http:

        async def status(customer: str, headers: dict[str, str]) -> int:
            params = {"customer": customer, "users": ids[customer]}
            return (await http.get("/console/users/facts", params=params, headers=headers)).status_code

        assert await status("contoso", own) == 200
        assert await status("fabrikam", own) == 404
        assert await status("contoso", auditor) == 403
    assert it.world.calls.matching(user=ids["fabrikam"]) == []


@pytest.mark.parametrize(
    "users", ["", "adele@contoso.com", ",".join(f"{n:08x}-0000-0000-0000-000000000000" for n in range(21))]
)
async def test_only_so_many_object_ids_are_read(it: System, browser: httpx.AsyncClient, users: str) -> None:
    answer = await browser.get("/console/users/facts", params={"customer": "contoso", "users": users})
    assert answer.status_code == 400
    assert it.world.calls.matching(containing="authentication") == []
