"""Pages say what is so: counts without those who are excluded, what a cancel is still doing, and who holds a user now."""

import re
from pathlib import Path

import httpx

from domain.outcomes import MethodOutcome, RequestStatus, TargetOutcome
from domain.request.target import Answered, Target
from tests.browsing import browser_client
from tests.console.pages import fetched, hidden, notice_of, sign_in, text_of
from tests.console.test_review_notices import reviewed
from tests.system import System, system
from tests.web.markup import Markup
from triggers.console.operators import COOKIE
from web.console_labels import NOTICE


def words(html: str) -> str:
    """Return the words of a page; names stand in elements of their own, which leave a space before a comma or full stop."""
    return re.sub(r" (?=[,.:])", "", Markup(html).text)


async def page(it: System, request_id: str) -> str:
    return re.sub(r" (?=[,.:])", "", await text_of(it, f"requests/{request_id}"))


async def test_the_numbers_of_a_review_follow_who_is_excluded(tmp_path: Path) -> None:
    async with system(tmp_path) as it:
        await reviewed(it, "contoso", "adele@contoso.com")
        targets = [
            {"customer": "contoso", "users": ["adele@contoso.com", "grady@contoso.com", "isaiah@contoso.com"]},
            {"customer": "fabrikam", "users": ["alex@fabrikam.com"]},
        ]
        review = await it.ask(more={"targets": targets, "dryRun": True})
        mine = {"source": "console", "requested_by_id": "test:tech@msp.example"}
        await it.services.requests.update(review["id"], lambda r: r.model_copy(update=mine))
        address = f"/console/reviews/{review['id']}"
        async with browser_client(it.host.base_url) as http:
            await sign_in(http, "tech@msp.example")
            whole = (await http.get(address)).text
            assert (
                "1 user holds an administrator role. Make sure that the request really comes from this person."
                in words(whole)
            )
            removed = counts_of(whole)["methods removed"]
            assert whole.index("Update the numbers") < whole.index("Send for approval")
            out = [str(t["number"]) for t in await it.targets(review["id"]) if "grady" in t["userPrincipalName"]]
            of_grady = sum(
                len(t["methods"]) for t in await it.targets(review["id"]) if "grady" in t["userPrincipalName"]
            )
            form = {"nonce": hidden(whole), "without": out, "part": "1"}
            part = (await http.post(address, data=form)).text
        assert "<html" not in part
        assert counts_of(part) == counts_of(whole) | {
            "users to reset": 3,
            "methods removed": removed - of_grady,
            "excluded": 1,
        }
        assert "administrator" not in words(part)
        assert "1 approver for each customer" in words(part)


async def test_a_notice_is_shown_only_while_it_is_so(tmp_path: Path) -> None:
    async with system(tmp_path) as it:
        request = await it.ask(contoso=["adele@contoso.com"])
        async with browser_client(it.host.base_url) as http:
            await sign_in(http, "tech@msp.example")

            async def noticed() -> str:
                sent = {"Cookie": f"mfareset-notice=created; {COOKIE}={http.cookies[COOKIE]}"}
                return words((await http.get(f"/console/requests/{request['id']}", headers=sent)).text)

            assert NOTICE["created"] in await noticed()
            await it.approve(request["id"])
            assert NOTICE["created"] not in await noticed()


async def test_a_review_of_one_customer_speaks_of_no_other(tmp_path: Path) -> None:
    async with system(tmp_path) as it:
        review = await it.ask(contoso=["adele@contoso.com"], more={"dryRun": True})
        mine = {"source": "console", "requested_by_id": "test:tech@msp.example"}
        await it.services.requests.update(review["id"], lambda r: r.model_copy(update=mine))
        async with browser_client(it.host.base_url) as http:
            await sign_in(http, "tech@msp.example")
            page = words((await http.get(f"/console/reviews/{review['id']}")).text)
        assert "Who must approve: 1 approver." in page
        assert "for each customer" not in page


def counts_of(html: str) -> dict[str, int]:
    sum_ = html.partition('data-part="sum"')[2].partition("</dl>")[0]
    return {name: int(number) for name, number in re.findall(r"<dt>(.*?)</dt><dd[^>]*>(.*?)</dd>", sum_)}


async def test_the_numbers_of_the_approval_page_follow_who_is_left_out(tmp_path: Path) -> None:
    async with system(tmp_path) as it:
        request = await it.ask(contoso=["adele@contoso.com", "alex@contoso.com"])
        link = it.links(request["id"])["owner@contoso.com"]
        whole = (await it.http.get(link)).text
        adele = next(t for t in await it.targets(request["id"]) if "adele" in t["userPrincipalName"])
        alex = next(t for t in await it.targets(request["id"]) if "alex" in t["userPrincipalName"])
        assert f"Removes {len(adele['methods']) + len(alex['methods'])} methods" in words(whole)
        form = {"nonce": hidden(whole), "without": str(alex["number"])}
        again = (await it.http.post(link, data=form, headers={"Origin": it.host.base_url})).text
        assert f"Removes {len(adele['methods'])} methods" in words(again)
        assert "2 users in the request: 1 to reset, 1 excluded." in words(again)


async def halfway(it: System) -> str:
    """A request under way that was cancelled: one user done, one being finished, one not begun."""
    names = ["adele@contoso.com", "alex@contoso.com", "debra@contoso.com"]
    request = str((await it.ask(contoso=names))["id"])
    await it.approve(request)

    def again(target: Target, answered: Answered) -> Target:
        methods = [
            m.model_copy(update={"outcome": MethodOutcome.PENDING, "answered": answered}) for m in target.methods
        ]
        return target.model_copy(
            update={"outcome": TargetOutcome.PENDING, "methods": methods, "sessions_revoked": None, "ended_at": None}
        )

    kept = await it.services.targets.range(request, 1, 2)
    await it.services.targets.save(request, kept[0], again(kept[0].target, Answered.REMOVED))
    await it.services.targets.save(request, kept[1], again(kept[1].target, Answered.NOT_ASKED))
    running = {"status": RequestStatus.RESETTING, "ended_at": None}
    await it.services.requests.update(request, lambda r: r.model_copy(update=running))
    return request


async def act(it: System, request_id: str, what: str) -> httpx.Response:
    async with browser_client(it.host.base_url) as http:
        await sign_in(http, "tech@msp.example")
        nonce = hidden((await http.get(f"/console/requests/{request_id}")).text)
        return await http.post(f"/console/requests/{request_id}/act", data={"nonce": nonce, "act": what})


async def test_a_cancel_that_is_being_carried_out_says_how_many_are_finishing(tmp_path: Path) -> None:
    async with system(tmp_path) as it:
        request = await halfway(it)
        assert "1 of 3 users done" in await page(it, request)
        assert notice_of(await act(it, request, "cancel")) == "cancelling"
        text = await page(it, request)
        assert "Cancelling" in text
        assert "1 user still finishing, 1 not begun." in text
        for wrong in ("Resetting now", "further", "being removed"):
            assert wrong not in text


async def test_a_withdrawn_request_is_called_so_and_not_cancelling(tmp_path: Path) -> None:
    async with system(tmp_path) as it:
        request = str((await it.ask(contoso=["adele@contoso.com"]))["id"])
        assert notice_of(await act(it, request, "cancel")) == "withdrawn"


async def test_a_cancelled_request_does_not_call_untouched_users_done(tmp_path: Path) -> None:
    async with system(tmp_path) as it:
        request = await halfway(it)
        kept = await it.services.targets.range(request, 1, 2)
        first = kept[0].target.settle(TargetOutcome.PARTIALLY_RESET, "cancelled")
        await it.services.targets.save(request, kept[0], first)
        await it.services.targets.save(request, kept[1], kept[1].target.settle(TargetOutcome.CANCELLED, "cancelled"))
        ended = {"status": RequestStatus.CANCELLED}
        await it.services.requests.update(request, lambda r: r.model_copy(update=ended))
        text = await page(it, request)
        assert "2 of 3 users done, 1 not touched" in text
        assert text.count("before this user's turn") == 1
        assert text.count("cancelled while this user was being reset") == 2  # by cause, and of the user
        assert "Not touched" in text
        assert "Planned" not in text


async def test_methods_removed_with_sessions_still_open_are_an_alert(tmp_path: Path) -> None:
    async with system(tmp_path) as it:
        it.world.faults.add(path="*/revokeSignInSessions", status=403)
        request = str((await it.ask(contoso=["adele@contoso.com"], fabrikam=["alex@fabrikam.com"]))["id"])
        await it.approve(request)
        markup = await fetched(it, f"requests/{request}")
        text = re.sub(r" (?=[,.:])", "", markup.text)
        alert = "Sign-in sessions of 2 users are still open, though methods were removed"
        assert alert in text
        assert text.index(alert) < text.index("Export CSV")
        assert "adele@contoso.com, alex@fabrikam.com. Retry, or choose Revoke sessions" in text
        assert [each for _, each in markup.elements if each.get("role") == "alert"]
        again = "2 users with open sessions"
        assert again in await text_of(it, "requests")
        start = await text_of(it, "start")
        assert "Sessions still open Methods of these users were removed" in start
        assert "INC0012345 2 users" in start
        assert again in start.partition("Ended in the last 24 hours")[2]
        assert again in await text_of(it, "search?q=INC0012345")
        adele = it.world.user("contoso", "adele@contoso.com").id
        assert "sessions still open" in (await text_of(it, f"users/contoso/{adele}")).partition("Past requests")[2]
        (mail,) = it.world.mailbox.to("tech@msp.example")
        told = " ".join(re.sub("<[^>]*>", "", mail.content).split())
        assert "IMPORTANT: sign-in sessions of 2 users are still open, though methods were removed:" in told
        assert "adele@contoso.com, alex@fabrikam.com." in told
        it.world.faults.clear()
        well = str((await it.ask(fabrikam=["diego@fabrikam.com"]))["id"])
        await it.approve(well)
        assert "still open" not in await page(it, well)


async def test_who_holds_a_user_is_said_as_it_is_now(tmp_path: Path) -> None:
    async with system(tmp_path) as it:
        first = str((await it.ask(contoso=["adele@contoso.com"], more={"ticket": "INC1"}))["id"])
        second = str((await it.ask(contoso=["adele@contoso.com"], more={"ticket": "INC2"}))["id"])
        text = await page(it, second)
        assert "Another request for this user waits for approval by owner@contoso.com. Follow request INC1." in text
        assert "Take over 1 user" in text
        assert "right now" not in text
        review = await reviewed(it, "contoso", "adele@contoso.com")
        assert "Another request for this user waits for approval" in review
        resetting = {"status": RequestStatus.RESETTING}
        await it.services.requests.update(first, lambda r: r.model_copy(update=resetting))
        text = await page(it, second)
        assert "Another request is resetting this user right now. Follow request INC1. Wait for its end" in text
        assert "Take over" not in text
        waiting = {"status": RequestStatus.AWAITING_APPROVAL}
        await it.services.requests.update(first, lambda r: r.model_copy(update=waiting))
        await it.approve(first)
        text = await page(it, second)
        assert "had asked for this user first and had not ended. It has ended since: retry" in text
        for wrong in ("right now", "Follow request", "Take over"):
            assert wrong not in text
        assert "for this user" not in await reviewed(it, "contoso", "adele@contoso.com")


async def test_users_whom_an_approver_excluded_are_not_called_cancelled(tmp_path: Path) -> None:
    async with system(tmp_path) as it:
        request = str((await it.ask(contoso=["adele@contoso.com", "alex@contoso.com"]))["id"])
        await it.decide(it.links(request)["owner@contoso.com"], "approve", without="1")
        text = await page(it, request)
        assert text.count("Excluded by an approver") == 3  # of the user, in the totals and in the timeline
        assert "1 of 2 users done, 1 not touched" in text
        assert "Cancelled" not in text


async def test_one_is_not_many(tmp_path: Path) -> None:
    async with system(tmp_path) as it:
        adele = it.world.user("contoso", "adele@contoso.com")
        for method in [*adele.methods.values()][2:]:
            del adele.methods[method.id]
        text = await reviewed(it, "contoso", "adele@contoso.com")
        assert "user to reset 1 method removed 1" in text, text.partition("The plan")[2][:200]
        assert "All sign-in sessions of this user end." in text
