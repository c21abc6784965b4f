"""The page of a request that ended before any user was touched says so."""

from pathlib import Path

import pytest

from domain.outcomes import RequestStatus
from tests.console.pages import fetched
from tests.system import System, system
from tests.web.markup import Markup


async def page_of(it: System, request_id: str) -> Markup:
    return await fetched(it, f"requests/{request_id}")


@pytest.mark.parametrize(
    ("end", "said", "word"),
    [
        ("deny", "An approver denied the request. Nothing was removed.", "Not approved"),
        ("expire", "No decision was made in time. Nothing was removed.", "Not approved in time"),
        ("withdraw", "The request was withdrawn before anything was removed.", "Withdrawn, not touched"),
    ],
)
async def test_request_that_ended_untouched_offers_to_ask_again(tmp_path: Path, end: str, said: str, word: str) -> None:
    async with system(tmp_path) as it:
        request = (await it.ask(contoso=["adele@contoso.com"], fabrikam=["alex@fabrikam.com"]))["id"]
        waiting = await page_of(it, request)
        assert "0 of 2 users done" in waiting.text
        if end == "deny":
            await it.decide(it.links(request)["owner@contoso.com"], "deny", comment="Not her")
        elif end == "expire":
            await it.advance(hours=24, seconds=1)
        else:
            await it.call("POST", f"/api/reset-requests/{request}/cancel", 202)
            await it.host.idle()
        page = await page_of(it, request)
        assert said in page.text
        assert page.text.count(word) >= 4  # counts, tab, both users
        for wrong in ("Cancelled,", "Planned", "not started", "Not started"):
            assert wrong not in page.text
        assert not page.all("progress")
        assert "users done" not in page.text
        assert "Retry the rest" not in page.text
        assert "Ask again" in page.text
        assert "if anything, stays removed" not in page.text


async def test_before_the_status_follows_the_decision_is_shown(tmp_path: Path) -> None:
    async with system(tmp_path) as it:
        request = (await it.ask(contoso=["adele@contoso.com"]))["id"]
        await it.decide(it.links(request)["owner@contoso.com"], "deny", comment="Not her")
        waiting = {"status": RequestStatus.AWAITING_APPROVAL, "ended_at": None}
        await it.services.requests.update(request, lambda r: r.model_copy(update=waiting))
        text = (await page_of(it, request)).text
        assert "Denied" in text
        for wrong in ("Waiting for approval", "users done", "Withdraw", "Remind", "hours left"):
            assert wrong not in text


async def test_cancelled_midway_keeps_what_was_done(tmp_path: Path) -> None:
    async with system(tmp_path) as it:
        request = (await it.ask(contoso=["adele@contoso.com"]))["id"]
        await it.approve(request)
        await it.services.requests.update(request, lambda r: r.model_copy(update={"status": RequestStatus.CANCELLED}))
        page = await page_of(it, request)
        assert "What was removed before, if anything, stays removed." in page.text
        assert page.all("progress")
