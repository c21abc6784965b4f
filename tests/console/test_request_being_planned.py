"""The page of a request whose plan is still being made names the users that are known, counts all, and says what is going on."""

from pathlib import Path

from domain.outcomes import RequestStatus
from tests.browsing import browser_client
from tests.console.pages import hidden, section, sign_in, text_of
from tests.system import System, system

READING = "The plan is still being made: names, methods and refusals appear as users are read."


async def denied(it: System) -> str:
    request = str((await it.ask(contoso=["adele@contoso.com", "nobody@contoso.com"]))["id"])
    await it.decide(it.links(request)["owner@contoso.com"], "deny", comment="Not today")
    return request


async def test_a_retry_names_the_users_of_the_first_request(tmp_path: Path) -> None:
    async with system(tmp_path) as it:
        first = await denied(it)
        it.world.faults.add(path="*/users/*", status=503)
        retry = await it.call("POST", f"/api/reset-requests/{first}/retry", 202)
        await it.host.idle()
        assert (await it.shown(retry["id"]))["status"] == "planning"
        users = await section(it, retry["id"], "users")
        assert READING in users
        assert "Adele Vance adele@contoso.com" in users
        assert "nobody@contoso.com" in users
        adele = (await it.targets(first))[0]["userId"]
        assert adele not in users


async def test_a_confirmed_review_names_the_users_of_its_plan(tmp_path: Path) -> None:
    async with system(tmp_path) as it:
        review = await it.ask(contoso=["adele@contoso.com"], more={"dryRun": True})
        mine = {"source": "console", "requested_by_id": "test:tech@msp.example"}
        await it.services.requests.update(review["id"], lambda r: r.model_copy(update=mine))
        it.world.faults.add(path="*/users/*", status=503)
        async with browser_client(it.host.base_url) as http:
            await sign_in(http, "tech@msp.example")
            address = f"/console/reviews/{review['id']}"
            form = {
                "nonce": hidden((await http.get(address)).text),
                "act": "confirm",
                "reason": "Lost",
                "ticket": "INC1",
            }
            made = (await http.post(address, data=form)).headers["Location"].rpartition("/")[2]
        await it.host.idle()
        assert "Adele Vance adele@contoso.com" in await section(it, made, "users")


async def test_customers_are_counted_whole_before_their_users_are_written(tmp_path: Path) -> None:
    async with system(tmp_path) as it:
        request = (await it.ask(contoso=["adele@contoso.com"], fabrikam=["alex@fabrikam.com"]))["id"]
        assert "The plan is still being made" not in await text_of(it, f"requests/{request}")
        planning = {
            "status": RequestStatus.PLANNING,
            "target_count": 6,
            "ranges": [("contoso", 0, 1), ("fabrikam", 1, 5)],
        }
        await it.services.requests.update(request, lambda r: r.model_copy(update=planning))
        counted = await section(it, request, "by-customer")
        assert "The plan is still being made: these numbers change until it is ready." in counted
        assert "Contoso Being planned: 1" in counted
        assert "Fabrikam Being planned: 5" in counted
        assert "Being planned 6" in await text_of(it, f"requests/{request}")
