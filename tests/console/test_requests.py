"""Points 6 and 7: requests as they go on, what can be done about them, what waits for whom, and the audit."""

import io
import json
import re

import pytest
from playwright.async_api import Page, expect

from mfa_reset_client.verify.__main__ import main as check_pack
from tests.browsing import needs_chromium
from tests.console.conftest import Hire, Person
from tests.system import System

pytestmark = [pytest.mark.asyncio(loop_scope="session"), needs_chromium]


async def opened(page: Page) -> None:
    """Open the filters, which a phone shows behind one line."""
    line = page.locator(".fields-of > summary")
    if await line.is_visible() and not await page.get_by_label("Dry runs").is_visible():
        await line.click()


async def test_the_list_with_its_filters(it: System, tech: Person) -> None:
    await it.ask(contoso=["adele@contoso.com"], more={"ticket": "INC1"})
    await it.advance(seconds=1)
    ended = await it.ask(fabrikam=["alex@fabrikam.com"], more={"ticket": "INC2", "requester": "else@msp.example"})
    await it.approve(ended["id"])
    await it.advance(seconds=1)
    await it.ask(contoso=["alex@contoso.com"], more={"ticket": "INC3", "dryRun": True})
    page = await tech.goes_to("/console/requests")
    names = page.locator("tbody th a")
    await expect(names).to_have_text(["INC2", "INC1"])
    await opened(page)
    await page.get_by_label("Status").select_option("Completed")
    await expect(names).to_have_text(["INC2"])
    await page.get_by_role("link", name="Clear").click()
    await expect(names).to_have_text(["INC2", "INC1"])
    await opened(page)
    await page.get_by_label("Show", exact=True).select_option("My requests")
    await expect(names).to_have_text(["INC1"])
    await page.get_by_role("link", name="Clear").click()
    await expect(names).to_have_text(["INC2", "INC1"])
    await opened(page)
    await page.get_by_label("Dry runs").select_option("Shown")
    await expect(names).to_have_text(["INC3", "INC2", "INC1"])


async def test_filters_are_wide_enough_for_a_date(tech: Person) -> None:
    tech.spoilt = True  # the width of the window
    for width in (1024, 1280, 1440):
        await tech.page.set_viewport_size({"width": width, "height": 800})
        for path in ("requests", "audit", "users", "methods"):
            page = await tech.goes_to(f"/console/{path}")
            widths = await page.evaluate(
                "[...document.querySelectorAll('.selects > div')].map((one) => one.offsetWidth)"
            )
            assert min(widths) >= 140, (path, width, widths)


async def test_what_applies_the_filters_stands_behind_them(tech: Person) -> None:
    page = await tech.goes_to("/console/deliveries")
    last = await page.get_by_label("Source").bounding_box()
    apply = await page.get_by_role("button", name="Apply").bounding_box()
    assert last
    assert apply
    assert apply["y"] >= last["y"] + last["height"] or apply["x"] >= last["x"] + last["width"]


async def test_a_notice_goes_when_the_request_moves_on(it: System, tech: Person) -> None:
    request = await it.ask(contoso=["adele@contoso.com"])
    page = await tech.goes_to(f"/console/requests/{request['id']}")
    await page.get_by_role("button", name="Remind approvers").click()
    await expect(page.locator("#notice")).to_have_text("The approvers who have not decided were reminded.")
    await it.approve(request["id"])
    await expect(page.locator(".status")).to_contain_text("Completed")
    await expect(page.locator("#notice")).to_have_count(0)


async def test_progress_comes_by_itself(it: System, tech: Person) -> None:
    request = await it.ask(contoso=["adele@contoso.com"], fabrikam=["alex@fabrikam.com"])
    tech.spoilt = True
    await tech.page.clock.install()
    page = await tech.goes_to(f"/console/requests/{request['id']}")
    await expect(page.get_by_role("status").first).to_contain_text("Waiting for approval")
    await expect(page.get_by_text("Live", exact=True)).to_be_visible()
    await page.evaluate("window.stayed = true")
    await it.approve(request["id"])
    await page.clock.fast_forward(15_000)
    await expect(page.get_by_text("Completed", exact=True)).to_be_visible()
    await expect(page.locator(".bars", has_text="Fabrikam").last).to_contain_text("Reset: 1")
    await expect(page.get_by_text("2 of 2 users done")).to_be_visible()
    await expect(page.locator(".timeline")).to_contain_text("Request INC0012345 ended: Completed.")
    await expect(page.locator("[data-beat]")).to_have_count(0)
    assert await page.evaluate("window.stayed")  # no reload


async def test_remind_and_withdraw(it: System, tech: Person) -> None:
    request = await it.ask(contoso=["adele@contoso.com"])
    page = await tech.goes_to(f"/console/requests/{request['id']}")
    await page.get_by_role("button", name="Remind approvers").click()
    await expect(page.get_by_text("were reminded")).to_be_visible()
    assert len(it.world.mailbox.to("owner@contoso.com")) == 2
    await page.get_by_role("button", name="Remind approvers").click()
    await expect(page.get_by_text("less than a minute ago")).to_be_visible()
    assert len(it.world.mailbox.to("owner@contoso.com")) == 2
    await page.get_by_text("Withdraw…").click()
    await expect(page.get_by_text("Approvers are not asked any more")).to_be_visible()
    await page.get_by_role("button", name="Yes, withdraw").click()
    await expect(page.get_by_text("Withdrawn. Nothing was removed.")).to_be_visible()
    await it.host.idle()
    await page.reload()
    await expect(page.get_by_role("status").last).to_contain_text("Withdrawn")
    await page.get_by_role("button", name="Ask again").click()
    await it.host.idle()
    await page.reload()
    await expect(page.get_by_label("Ticket", exact=True)).to_have_value("INC0012345")
    await expect(page.get_by_role("link", name="INC0012345")).to_have_attribute(
        "href", f"/console/requests/{request['id']}"
    )
    await page.get_by_role("button", name="Send for approval").click()
    await expect(page.get_by_text("The retry was created")).to_be_visible()
    await expect(page.locator("dt:text-is('Retry of') + dd a")).to_have_text("INC0012345")
    assert (await it.shown(request["id"]))["status"] == "cancelled"
    assert len(it.world.user("contoso", "adele@contoso.com").methods) == 4


async def test_a_failure_says_in_plain_words_what_to_do_and_can_be_retried(it: System, tech: Person) -> None:
    request = await it.ask(contoso=["adele@contoso.com", "nobody@contoso.com"])
    await it.approve(request["id"])
    page = await tech.goes_to(f"/console/requests/{request['id']}")
    failed = page.locator(".person", has_text="nobody@contoso.com")
    await expect(failed).to_contain_text("There is no such user in this customer.")
    await expect(failed).to_contain_text("Check the name")
    await page.get_by_role("link", name="Refused, not touched").click()
    await expect(page.locator(".person")).to_have_count(1)
    async with page.expect_navigation():
        await page.get_by_role("button", name="Retry the rest").click()
    await it.host.idle()
    await page.reload()  # the review: nothing is asked of an approver before it is confirmed
    await expect(page.get_by_text("This is a retry of")).to_be_visible()
    await expect(page.locator(".person.refused")).to_contain_text("There is no such user in this customer.")
    await expect(page.get_by_role("button", name="Send for approval")).to_have_count(0)


async def test_export(it: System, tech: Person) -> None:
    request = await it.ask(contoso=["adele@contoso.com"])
    page = await tech.goes_to(f"/console/requests/{request['id']}")
    async with page.expect_download() as download:
        await page.get_by_role("link", name="Export CSV").click()
    text = (await (await download.value).path()).read_text("utf-8")
    assert text.startswith('\ufeff"request","ticket","customer"')
    assert text.count("adele@contoso.com") == 3
    async with page.expect_download() as download:
        await page.get_by_role("link", name="Export JSON").click()
    value = json.loads((await (await download.value).path()).read_bytes())
    assert [target["userPrincipalName"] for target in value["targets"]] == ["adele@contoso.com"]
    async with page.expect_download() as download:
        await page.get_by_role("link", name="Evidence pack").click()
    assert (await download.value).suggested_filename == f"mfa-reset-{request['id']}-evidence.zip"
    assert check_pack([str(await (await download.value).path())], io.StringIO()) == 0


async def test_an_approver_sees_what_waits_and_decides(it: System, hire: Hire) -> None:
    request = await it.ask(contoso=["adele@contoso.com"])
    await it.ask(fabrikam=["alex@fabrikam.com"])
    owner = await hire("owner@contoso.com")
    page = await owner.goes_to("/console/approvals")
    await expect(page.get_by_role("heading", level=2).first).to_have_text("INC0012345: 1 user")
    await page.get_by_role("link", name="Review request").click()
    await page.get_by_role("button", name=re.compile("^Approve")).click()
    await expect(page.get_by_text("Your approval is recorded")).to_be_visible()
    await it.host.idle()
    assert (await it.shown(request["id"]))["status"] == "completed"
    await owner.goes_to("/console/approvals")
    await expect(page.get_by_text("You're all caught up.")).to_be_visible()
    await expect(page.locator(".log")).to_contain_text("approved")


async def test_what_did_not_get_through_is_seen_and_sent_again(it: System, tech: Person) -> None:
    fault = it.world.faults.add(status=400, message="No such mailbox", path="*/sendMail")
    request = await it.ask(contoso=["adele@contoso.com"])
    page = await tech.goes_to(f"/console/requests/{request['id']}")
    await expect(page.get_by_text("mail not sent")).to_be_visible()
    it.world.faults.remove(fault)
    await page.get_by_role("button", name="Mail approvers again").click()
    await expect(page.get_by_text("It is being sent again.")).to_be_visible()
    await it.host.idle()
    fault = it.world.faults.add(status=400, message="No such mailbox", path="*/sendMail")
    await it.approve(request["id"])
    it.world.faults.remove(fault)
    await page.reload()
    mails = page.get_by_role("region", name="Mails")
    await expect(mails).to_contain_text("The requester: the outcome not sent")
    await expect(mails).to_contain_text("adele@contoso.com not sent No such mailbox")
    await mails.get_by_role("button", name="Mail again what failed").click()
    await expect(page.get_by_text("It is being sent again.")).to_be_visible()
    await it.host.idle()
    await page.reload()
    await expect(mails).to_contain_text("Users: notices 1 accepted for delivery")
    await expect(mails.get_by_text("not sent")).to_have_count(0)
    await expect(mails.get_by_role("button")).to_have_count(0)
    assert len(it.world.mailbox.to("adele@contoso.com")) == 1


async def test_the_audit_is_verified_and_a_change_is_seen(it: System, tech: Person) -> None:
    request = await it.ask(contoso=["adele@contoso.com"])
    await it.approve(request["id"])
    page = await tech.goes_to("/console/audit")
    story = page.locator(".story")
    await expect(story).to_contain_text("verified")
    await expect(story).to_contain_text("Olga Owner approved request INC0012345 at Contoso.")
    await story.get_by_role("heading").get_by_role("link").click()
    await expect(page.get_by_text("Verified: no events missing or changed.")).to_be_visible()
    event = page.locator(".sentences > li", has_text="Olga Owner approved")
    await expect(event.locator("pre")).to_be_hidden()
    await event.get_by_text("Raw event").click()
    await expect(event.locator("pre")).to_contain_text('"event": "decided"')
    store = it.services.store
    row = await store.get(request["id"], "audit:00000002")
    assert row is not None
    assert await store.replace(row, row.value | {"actor": "nobody"}) is not None
    await page.reload()
    await expect(page.get_by_text("event 2 was changed")).to_be_visible()
    await tech.goes_to("/console/audit")
    await expect(story).to_contain_text("broken")
