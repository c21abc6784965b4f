"""Every page that the service has, with something on it: where it is, and how to get there.

A page is in here by its route. `test_every_page.py` fails for a route or a template that is not.
"""

import io
import re
import zipfile
from collections.abc import Awaitable, Callable, Mapping
from typing import NamedTuple

from playwright.async_api import Page

from domain.audit.period_pack import SUMMARY
from domain.outcomes import RequestStatus
from tests.console.conftest import Person
from tests.partner import relate_customers
from tests.scenarios.test_manager_attestation import answer, link_of
from tests.system import System
from tests.triggers.deliveries import deliver
from use_cases.check_partner import check_partner

POLICY = """
[bootstrap]
accessPass = "offer"
[verification.verifiedId]
authority = "did:web:verifiedid.msp.example"
[customers.tailspin.verification]
required = "always"
accept = ["managerAttestation", "verifiedId", "callback"]
issuers = ["did:web:verifiedid.tailspin.com"]
[profiles.compromised]
containFirst = true
[partner]
tenantId = "99999999-9999-9999-9999-999999999999"
"""

type Step = Callable[[Page, "Stage"], Awaitable[object]]


class Stage(NamedTuple):
    """What is on the pages. `ids` are requests, users, reviews and links by the names that PAGES uses."""

    base: str
    ids: Mapping[str, str]

    def address(self, text: str) -> str:
        return text.format_map(self.ids) if text.startswith("{") else self.base + text.format_map(self.ids)


async def _make_pass(page: Page, _: Stage) -> None:
    await page.locator("button[id^=pass-]").click()
    await page.locator("output.pass").wait_for()


async def _ask_for_verified_id(page: Page, _: Stage) -> None:
    await page.locator("button", has_text="Verified ID").first.click()
    await page.locator("img.qr").wait_for()


async def _open_summary(page: Page, stage: Stage) -> None:
    await page.goto("about:blank")
    await page.set_content(stage.ids["summary"])
    await page.get_by_role("heading", name="MFA resets for Contoso").wait_for()


async def _look_up(page: Page, _: Stage) -> None:
    names = "adele@contoso.com\nsomebody\nkim\nadele@contoso.com"
    await page.locator("textarea").fill(names)
    await page.locator("button[value=find]").click()
    await page.locator("table").first.wait_for()


# By route: addresses, and for some what is done there first.
PAGES: Mapping[str, tuple[str | tuple[str, Step], ...]] = {
    "console/start": ("/console/start",),
    "console/search": ("/console/search?q=adele", "/console/search?q=nothing-like-it"),
    "console/users": ("/console/users", "/console/users?privileged=true", "/console/users?search=nobody-at-all"),
    "console/users/{customer}/{user}": (
        "/console/users/contoso/{breakglass}",
        "/console/users/contoso/{adele}?tab=methods",
        "/console/users/fabrikam/{away}",  # the customer does not answer
    ),
    "console/methods": ("/console/methods",),
    "console/selection": ("/console/selection",),
    "console/bulk": ("/console/bulk", ("/console/bulk", _look_up)),
    "console/reviews/{id}": (
        "/console/reviews/{review}",
        "/console/reviews/{confirmed}",
        "/console/reviews/{planning}",
    ),
    "console/requests": ("/console/requests", "/console/requests?status=completed"),
    "console/requests/{id}": (
        "/console/requests/{done}",
        "/console/requests/{waiting}",
        "/console/requests/{denied}",
        "/console/requests/{contained}",
        "/console/requests/{unproven}",
        ("/console/requests/{unproven}", _ask_for_verified_id),
        ("/console/requests/{passes}", _make_pass),
    ),
    "console/requests/{id}/audit": ("/console/requests/{done}/audit",),
    "console/approvals": ("/console/approvals",),
    "console/audit": ("/console/audit",),
    "console/deliveries": ("/console/deliveries?source=helpdesk",),
    "console/removals": ("/console/removals",),
    "console/partner": ("/console/partner", "/console/partner?state=all"),
    "console/sign-in": ("/console/sign-in",),
    "console/evidence": (("/console/audit", _open_summary),),  # a file with a page in it
    "console/{*rest}": ("/console/no-such-page", "/console/requests/nothing", "/console/users?sort=nonsense"),
    "api/approvals": ("{approval}", "{careful}", "{decided}", "/api/approvals?token=nonsense"),
    "api/attestations": ("{attestation}", "{attested}", "/api/attestations?token=nonsense"),
}
# Routes for GET that answer with no page of their own.
NO_PAGES: Mapping[str, str] = {
    "{nothing:maxlength(0)?}": "leads to the console",
    "console": "leads to the start page",
    "console/users/live": "rows of customers that are still read",
    "console/users/facts": "part of the users page",
    "console/approvals/{id}": "leads to the approval page of the person who is signed in",
    "console/requests/{id}/live": "part of the request's page",
    "console/reviews/{id}/live": "says whether the plan is there",
    "console/requests/{id}/export": "a file",
    "console/requests/export": "a file",
    "console/requests/{id}/evidence": "a file",
    "console/partner/files": "a file",
    "console/static/{version}/{name}": "files of the pages",
    "api/approvals/{token}": "the approval page at its old address",
}


async def staged(it: System, tech: Person) -> Stage:
    """Make something for every page to show."""
    ids = {name: it.world.user("contoso", f"{name}@contoso.com").id for name in ("breakglass", "adele")}
    ids["away"] = it.world.user("fabrikam", "adele@fabrikam.com").id
    done = await it.ask(contoso=["adele@contoso.com"], fabrikam=["alex@fabrikam.com"])
    await it.approve(done["id"])
    denied = await it.ask(contoso=["megan@contoso.com", "nobody@contoso.com"], fabrikam=["alex@fabrikam.com"])
    ids["decided"] = it.links(denied["id"])["owner@contoso.com"]
    await it.decide(ids["decided"], "deny", comment="Not her")
    passes = await it.ask(contoso=["megan@contoso.com"], more={"accessPass": True})
    await it.approve(passes["id"])
    waiting = await it.ask(fabrikam=["diego@fabrikam.com", "grady@fabrikam.com"])
    many = [user.upn for user in it.world.tenant("contoso").users.values() if user.enabled]
    many = [name for name in many if "#" not in name and not name.startswith(("owner@", "megan@"))]
    careful = await it.ask(contoso=many, more={"ticket": "INC-MANY"})
    contained = await it.ask(fabrikam=["lee@fabrikam.com"], more={"profile": "compromised"})
    manager = it.world.user("tailspin", "megan@tailspin.com").id
    for user in ("alex", "lee"):
        it.world.user("tailspin", f"{user}@tailspin.com").manager = manager
    unproven = await it.ask(tailspin=["alex@tailspin.com"])
    ids["attestation"] = link_of(it, "megan@tailspin.com")
    await it.ask(tailspin=["lee@tailspin.com"])
    ids["attested"] = next(
        link
        for mail in it.world.mailbox.to("megan@tailspin.com")
        for link in mail.links
        if "/api/attestations?" in link and link != ids["attestation"]
    )
    await answer(it, ids["attested"], "spoken")
    await deliver(it, "a-delivery-with-a-long-id-0123456789", {"ticket": {"id": "INC1", "users": []}})
    for name, request in (
        ("done", done), ("denied", denied), ("waiting", waiting), ("passes", passes), ("unproven", unproven),
        ("contained", contained),
    ):  # fmt: skip
        ids[name] = request["id"]
    pack = (await it.http.get("/api/evidence?customer=contoso&from=2020-01-01&to=2100-01-01")).content
    ids["summary"] = zipfile.ZipFile(io.BytesIO(pack)).read(SUMMARY).decode()
    ids["approval"] = it.links(waiting["id"]).popitem()[1]
    ids["careful"] = it.links(careful["id"])["owner@contoso.com"]
    ids |= {name: await _reviewed(it, tech, user) for name, user in (("planning", "enrico"), ("confirmed", "irvin"))}
    planning = {"status": RequestStatus.PLANNING}
    await it.services.requests.update(ids["planning"], lambda request: request.model_copy(update=planning))
    await _confirm(it, tech, ids["confirmed"])
    ids["review"] = await _reviewed(it, tech, "a")
    relate_customers(it)
    await check_partner(it.services)
    it.world.faults.add(tenant="fabrikam", path="*/users*", status=503)
    return Stage(tech.base, ids)


async def _reviewed(it: System, tech: Person, search: str) -> str:
    page = await tech.goes_to(f"/console/users?customer=fabrikam&enabled=true&search={search}")
    await page.get_by_role("checkbox", name="All users on this page").check()
    await page.get_by_role("button", name="Reset all multi-factor authentications").click()
    await page.wait_for_url("**/console/reviews/*")
    await it.host.idle()
    await page.get_by_role("heading", name=re.compile("^Review and confirm")).wait_for()
    return page.url.rpartition("/")[2]


async def _confirm(it: System, tech: Person, review: str) -> None:
    page = await tech.goes_to(f"/console/reviews/{review}")
    await page.get_by_label("Reason").fill("Lost phone")
    await page.get_by_label("Ticket", exact=True).fill("INC7")
    await page.get_by_role("button", name="Send for approval").click()
    await page.wait_for_url("**/console/requests/*")
    await it.host.idle()
