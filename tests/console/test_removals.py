"""What audit logs and our records disagree about: the page, the API, the command line, and who may see it."""

import json
from pathlib import Path

from domain.model import iso
from graph.client import segment
from tests.browsing import browser_client
from tests.client.harness import Waits, command
from tests.console.pages import fetched, sign_in, text_of
from tests.system import ROOT, System, system
from triggers.timers.reconcile_removals import reconcile_all

NOTHING = "Reconciliation is off"


def _policy(tmp_path: Path) -> Path:
    path = tmp_path / "policy.toml"
    demo = (ROOT / "localhost/policy.demo.toml").read_text("utf-8")
    path.write_text(f"{demo}\n[reconciliation]\nenabled = true\n", "utf-8")
    return path


async def _steal(it: System) -> str:
    """Remove a method with the service's credential, without a request, and wait for the timer; return the user's id."""
    user = it.world.user("contoso", "adele@contoso.com")
    await it.advance(minutes=5)
    method = next(m for m in user.methods.values() if m.kind.name == "softwareOath")
    client = it.services.graph.of(it.world.tenant("contoso").id)
    path = f"users/{user.id}/authentication/softwareOathMethods/{segment(method.id)}"
    assert (await client.send("DELETE", path)).ok
    await it.advance(minutes=11)
    return user.id


async def test_page_api_and_command_line_name_what_was_removed(tmp_path: Path) -> None:
    async with system(tmp_path, policy=_policy(tmp_path)) as it:
        it.world.tenant("fabrikam").granted = frozenset({"User.Read.All"})
        user_id = await _steal(it)
        text = await text_of(it, "removals")
        assert {"/console/removals"} <= {link["href"] for link in (await fetched(it, "start")).all("a")}
        assert NOTHING not in text
        assert "Removed without a request" in text
        assert user_id in text
        assert "permissions are missing" in text
        page = await it.call("GET", "/api/removal-alerts")
        [alert] = page["value"]
        assert (alert["kind"], alert["userId"], alert["customer"]) == ("unrequestedRemoval", user_id, "contoso")
        assert {one["customer"]: one["state"] for one in page["customers"]} == {
            "contoso": "read",
            "fabrikam": "forbidden",
            "tailspin": "read",
        }
        ran = await command(Waits(it), "alerts")
        assert ran.code == 1
        assert "Removed without a request  contoso" in ran.out
        assert user_id in ran.out
        assert "fabrikam: permissions are missing" in ran.err
        assert len(json.loads((await command(Waits(it), "alerts", "--json")).out)) == 1


async def test_where_it_is_off_nothing_is_read_and_it_says_so(tmp_path: Path) -> None:
    async with system(tmp_path) as it:
        await it.advance(minutes=11)
        assert not [call for call in it.world.calls if "auditLogs" in call.path]
        assert NOTHING in await text_of(it, "removals")
        assert (await it.call("GET", "/api/removal-alerts"))["enabled"] is False
        ran = await command(Waits(it), "alerts")
        assert ran.code == 0
        assert NOTHING in ran.err


async def test_auditors_see_it_and_others_do_not(tmp_path: Path) -> None:
    async with system(tmp_path) as it:
        assert NOTHING in await text_of(it, "removals", "auditor@msp.example")
        async with browser_client(it.host.base_url) as browser:
            await sign_in(browser, "owner@contoso.com")
            assert (await browser.get("/console/removals")).status_code == 403
            assert (await it.http.get("/api/removal-alerts", params={"cursor": "x"})).status_code == 400


async def test_alerts_come_in_pages(tmp_path: Path) -> None:
    async with system(tmp_path, policy=_policy(tmp_path)) as it:
        await reconcile_all(it.services)
        tenant, now = it.world.tenant("contoso"), it.services.now()
        for user in list(tenant.users.values())[:3]:
            it.world.audits.by_app(tenant, user, "Admin deleted security info", now, "the-service")
        it.world.advance(300)
        await reconcile_all(it.services)
        first = await it.call("GET", "/api/removal-alerts?limit=2")
        rest = await it.call("GET", "/api/removal-alerts", params={"limit": "2", "cursor": first["cursor"]})
        found = [*first["value"], *rest["value"]]
        assert len({alert["userId"] for alert in found}) == 3
        assert {alert["at"] for alert in found} == {iso(now)}
        assert rest["cursor"] is None
