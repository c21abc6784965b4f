"""The approval page in a real Chromium, served by a tiny app of this test's own."""

import re
import socket
import threading
from collections.abc import Iterator
from copy import replace
from dataclasses import dataclass, field
from urllib.parse import parse_qsl

import pytest
import uvicorn
from playwright.sync_api import Browser, Page, expect, sync_playwright
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from languages import in_language, languages
from messaging.mail_text import approval_mail, outcome_mail
from tests.browsing import ARGUMENTS, CHROMIUM, needs_chromium
from tests.web.samples import APPROVAL, CAREFUL, NOW, ONE_USER, OUTCOME, STATE, large
from tests.web.test_pages import summary
from web.pages import page_headers, render
from web.views import DecisionView, PageLink, PlanTotals, ProblemView

pytestmark = needs_chromium

LINK = PageLink("/api/approvals", "t")

PAGES = {
    "approval": render("approval.html", view=APPROVAL, link=LINK),
    "one": render("approval.html", view=ONE_USER, link=LINK),
    "careful": render("approval.html", view=CAREFUL, link=LINK),
    "mistake": render("approval.html", view=replace(CAREFUL, error="commentNeeded")),
    "large": render("approval.html", view=replace(large(2), address="/large?token=t")),
    "long": render("approval.html", view=replace(APPROVAL, reason="x" * 900, asked_by="y" * 200, ticket="z" * 200)),
    "state": render("approval_state.html", view=STATE),
    "problem": render("problem.html", view=ProblemView("badLink", "ab12")),
    "summary": summary(),
}

# What the service answers when Grady is ticked.
RECOUNTED = replace(
    APPROVAL,
    totals=APPROVAL.totals.less(PlanTotals(1, 0, removed=1, deactivated=1, password_only=1)),
    left_out=frozenset({1}),
)


@dataclass
class Site:
    """Serves PAGES, and keeps what was posted: path with query, Origin, Referer and the form's fields in order."""

    base: str = ""
    requests: list[str] = field(default_factory=list)
    posts: list[tuple[str, str | None, str | None, list[tuple[str, str]]]] = field(default_factory=list)

    away: bool = False

    async def answer(self, request: Request) -> Response:
        target = request.url.path + ("?" + request.url.query if request.url.query else "")
        self.requests.append(f"{request.method} {target}")
        if request.method == "POST":
            fields = parse_qsl((await request.body()).decode(), keep_blank_values=True)
            self.posts.append((target, request.headers.get("origin"), request.headers.get("referer"), fields))
            if ("part", "1") in fields:
                return Response(status_code=503) if self.away else HTMLResponse(render("approval.html", view=RECOUNTED))
            return HTMLResponse("<title>decided</title>")
        name = request.path_params["name"]
        return (
            HTMLResponse(PAGES[name], headers=page_headers(scripted="data-review" in PAGES.get(name, "")))
            if name in PAGES
            else Response(status_code=404)
        )


@pytest.fixture(scope="module")
def server() -> Iterator[Site]:
    site = Site()
    app = Starlette(routes=[Route("/{name}", site.answer, methods=["GET", "POST"])])
    with socket.create_server(("127.0.0.1", 0)) as listener:
        site.base = f"http://127.0.0.1:{listener.getsockname()[1]}"
        uvicorn_server = uvicorn.Server(uvicorn.Config(app, log_level="error", lifespan="off"))
        thread = threading.Thread(target=uvicorn_server.run, args=([listener],))
        thread.start()
        yield site
        uvicorn_server.should_exit = True
        thread.join()


@pytest.fixture
def site(server: Site) -> Site:
    server.requests.clear()
    server.posts.clear()
    server.away = False
    return server


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    # Without scripts: the pages have to do without them.
    context = chromium.new_context(viewport={"width": 360, "height": 740}, java_script_enabled=False)
    page = context.new_page()
    page.set_default_timeout(10_000)
    yield page
    context.close()


def tab_to(page: Page, selector: str) -> None:
    wanted = page.locator(selector)
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.locator(":focus").count() and wanted.and_(page.locator(":focus")).count():
            return
    raise AssertionError(f"the keyboard never reached {selector}")


def decided(page: Page) -> None:
    expect(page).to_have_title("decided")


def test_approval_by_keyboard_alone(site: Site, page: Page) -> None:
    page.goto(f"{site.base}/approval")
    tab_to(page, "#without-1")
    page.keyboard.press("Space")
    tab_to(page, "button[value=approve]")
    page.keyboard.press("Enter")
    decided(page)
    assert site.posts[0][3] == [
        ("nonce", "n0nce-Value_42"),
        ("digest", "ab12"),
        ("without", "1"),
        ("comment", ""),
        ("decision", "approve"),
    ]


def test_posting_sends_the_origin_and_no_other_site_gets_the_address(site: Site, page: Page) -> None:
    page.goto(f"{site.base}/approval")
    page.get_by_role("button", name="Approve").click()
    decided(page)
    assert site.posts[0][:2] == ("/approval", site.base)


def test_other_sites_get_no_referrer(site: Site, page: Page) -> None:
    elsewhere = site.base.replace("127.0.0.1", "localhost")
    page.route(re.compile("elsewhere"), lambda route: route.fulfill(body="<title>elsewhere</title>"))
    PAGES["leaving"] = PAGES["approval"].replace(
        "</main>", f'<a id="leave" href="{elsewhere}/elsewhere">leave</a></main>'
    )
    page.goto(f"{site.base}/leaving")
    with page.expect_request(re.compile("elsewhere")) as left:
        page.locator("#leave").click()
    assert "referer" not in left.value.all_headers()


def test_enter_in_a_checkbox_never_approves(site: Site, page: Page) -> None:
    page.goto(f"{site.base}/approval")
    page.locator("#without-0").focus()
    page.keyboard.press("Enter")
    decided(page)
    (post,) = site.posts
    assert "decision" not in dict(post[3])  # the numbers are counted anew


def test_without_scripts_a_button_before_the_decision_counts_anew(site: Site, page: Page) -> None:
    page.goto(f"{site.base}/large")
    update = page.get_by_role("button", name="Update the numbers")
    approve = page.locator("button[value=approve]")
    assert update.evaluate("(one, other) => one.compareDocumentPosition(other) & 4", approve.element_handle())
    update.click()
    decided(page)
    target, _, _, fields = site.posts[0]
    assert target == "/large?token=t&page=2"
    assert "decision" not in dict(fields)


@pytest.fixture
def scripted(chromium: Browser) -> Iterator[Page]:
    context = chromium.new_context(viewport={"width": 360, "height": 740})
    page = context.new_page()
    page.set_default_timeout(10_000)
    yield page
    context.close()


def test_with_scripts_the_numbers_follow_at_once_and_ticks_stay(site: Site, scripted: Page) -> None:
    scripted.goto(f"{site.base}/approval")
    update = scripted.get_by_role("button", name="Update the numbers")
    expect(update).to_be_hidden()
    scripted.locator("#without-1").check()
    expect(scripted.get_by_role("heading", level=1)).to_have_text("Reset multi-factor authentication of 2 users?")
    expect(scripted.get_by_role("status")).to_contain_text(
        "Your approval covers 2 users. 1 user is excluded. 2 users are not touched."
    )
    expect(scripted).to_have_title("Reset MFA of 2 users? · MFA reset")
    expect(scripted.locator("#without-1")).to_be_checked()
    expect(update).to_be_hidden()
    assert ("without", "1") in site.posts[0][3]
    assert "decision" not in dict(site.posts[0][3])


def test_where_the_service_does_not_answer_the_button_comes_back(site: Site, scripted: Page) -> None:
    site.away = True
    scripted.goto(f"{site.base}/approval")
    scripted.locator("#without-1").check()
    expect(scripted.get_by_role("button", name="Update the numbers")).to_be_visible()
    expect(scripted.locator("[data-part=sum]")).to_have_attribute("aria-busy", "true")


def test_denial_needs_a_comment_and_carries_it(site: Site, page: Page) -> None:
    page.goto(f"{site.base}/approval")
    page.get_by_role("button", name="Deny").click()
    expect(page.locator("#comment")).to_be_focused()
    assert site.posts == []
    page.get_by_label("Comment").fill("Not from Sam.")
    page.get_by_role("button", name="Deny").click()
    decided(page)
    assert site.posts[0][3][-2:] == [("comment", "Not from Sam."), ("decision", "deny")]


def test_step_up_takes_a_second_step_by_keyboard(site: Site, page: Page) -> None:
    page.goto(f"{site.base}/careful")
    expect(page.get_by_role("button", name="Yes, approve")).to_be_hidden()
    tab_to(page, "summary")
    page.keyboard.press("Enter")
    tab_to(page, "button[value=approve]")
    page.keyboard.press("Enter")
    decided(page)
    assert ("decision", "approve") in site.posts[0][3]


def test_going_to_the_next_page_takes_the_ticked_boxes_along_and_decides_nothing(site: Site, page: Page) -> None:
    page.goto(f"{site.base}/large")
    page.locator(".fold > summary").click()
    page.locator("#without-205").check()
    page.get_by_role("button", name="Next users").click()
    decided(page)
    target, _, _, fields = site.posts[0]
    assert target == "/large?token=t&page=3"
    assert ("without", "205") in fields
    assert "decision" not in dict(fields)


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize("width", [320, 360, 768, 1280])
def test_no_page_scrolls_sideways(site: Site, chromium: Browser, name: str, width: int) -> None:
    context = chromium.new_context(viewport={"width": width, "height": 740})
    page = context.new_page()
    page.goto(f"{site.base}/{name}")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    context.close()


def test_a_page_is_one_request_and_its_style_is_allowed(site: Site, chromium: Browser) -> None:
    context = chromium.new_context(viewport={"width": 1280, "height": 740})
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.goto(f"{site.base}/approval")
    assert page.evaluate("getComputedStyle(document.querySelector('.approve')).backgroundColor") == "rgb(11, 92, 143)"
    assert complaints == []
    assert site.requests == ["GET /approval"]
    context.close()


def test_what_is_touched_is_large_enough(site: Site, chromium: Browser) -> None:
    # 44 px is what both phone makers advise; WCAG 2.2 (2.5.8) asks for 24.
    context = chromium.new_context(viewport={"width": 360, "height": 740}, java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{site.base}/careful")
    page.locator("summary").click()
    for touched in page.locator("button, summary, .out").all():
        box = touched.bounding_box()
        assert box is not None
        assert box["height"] >= 44
    context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_focus_can_be_seen(site: Site, chromium: Browser, scheme: str) -> None:
    context = chromium.new_context(color_scheme="dark" if scheme == "dark" else "light")
    page = context.new_page()
    page.goto(f"{site.base}/approval")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_in_viewport()
    tab_to(page, "button[value=approve]")
    outline = page.evaluate(
        "getComputedStyle(document.activeElement).outlineStyle + getComputedStyle(document.activeElement).outlineWidth"
    )
    assert outline == "solid3px"
    context.close()


def test_a_list_of_200_users_is_short_on_a_phone_and_leads_to_the_decision(site: Site, page: Page) -> None:
    page.goto(f"{site.base}/large")
    assert page.evaluate("document.documentElement.scrollHeight") < 2_500  # it was 38,143 px
    page.get_by_text("Show 200 more users").click()
    assert page.evaluate("document.documentElement.scrollHeight") > 10_000
    for link in page.get_by_role("link", name="Go to the decision").all():
        page.evaluate("scrollTo(0, 0)")
        link.click()
        expect(page.get_by_role("heading", name="Your decision")).to_be_in_viewport()


def test_what_is_folded_is_printed(site: Site, page: Page) -> None:
    page.goto(f"{site.base}/large")
    last = page.get_by_text("User Number 399", exact=True)
    expect(last).to_be_hidden()
    page.emulate_media(media="print")
    expect(last).to_be_visible()
    expect(page.get_by_role("button", name="Approve")).to_be_hidden()
    page.emulate_media(media="null")


def test_the_summary_of_a_period_is_printed_with_whole_words(site: Site, page: Page) -> None:
    before = page.viewport_size
    page.set_viewport_size({"width": 700, "height": 990})  # about what A4 leaves between its margins
    page.goto(f"{site.base}/summary")
    page.emulate_media(media="print")
    heights = "cells => cells.map((cell) => [cell.textContent, cell.offsetHeight])"
    row = dict(page.locator(".report th").evaluate_all(heights))
    assert len(set(row.values())) == 1
    assert max(row.values()) < 40, row  # one line
    lines = """cells => cells.map((cell) => {
      const all = document.createRange();
      all.selectNodeContents(cell);
      return all.getClientRects().length;
    })"""
    assert page.locator(".report td:nth-child(2), .report td:nth-child(n+5)").evaluate_all(lines) == [1, 1, 1, 1]
    page.emulate_media(media="null")
    page.set_viewport_size(before or {"width": 390, "height": 780})


def test_the_summary_of_a_period_says_on_a_phone_what_its_numbers_are(site: Site, page: Page) -> None:
    before = page.viewport_size
    page.set_viewport_size({"width": 390, "height": 780})
    page.goto(f"{site.base}/summary")
    label = "cells => cells.map((cell) => getComputedStyle(cell, '::before').content.split('\"').join(''))"
    assert page.locator(".report td").evaluate_all(label) == [
        f"{name}: " for name in ("Requested", "Ticket", "Requested by", "Approved by", "Users", "Reset", "Status")
    ]
    page.set_viewport_size(before or {"width": 390, "height": 780})


# Words that are broken over two lines: their letters have more than one box.
_BROKEN_WORDS = """cells => cells.flatMap((cell) => {
  const text = cell.firstChild, broken = [];
  for (const { 0: word, index } of text.data.matchAll(/\\S+/g)) {
    const range = document.createRange();
    range.setStart(text, index);
    range.setEnd(text, index + word.length);
    if (range.getClientRects().length > 1) broken.push(word);
  }
  return broken;
})"""


@pytest.mark.parametrize("language", languages())
def test_the_names_of_a_mails_facts_are_whole_words(page: Page, language: str) -> None:
    before = page.viewport_size
    page.goto("about:blank")
    page.set_viewport_size({"width": 390, "height": 780})
    with in_language(language):
        mails = (
            approval_mail(APPROVAL, to="lead@msp.example", link="https://host/a", reference="K7Q2M4XWAB"),
            outcome_mail(OUTCOME, to="tech@msp.example"),
        )
    for mail in mails:
        page.set_content(mail.html)
        names = page.locator("td[width]:has(+ td)")
        assert names.count() >= 4
        assert names.evaluate_all(_BROKEN_WORDS) == []
    page.set_viewport_size(before or {"width": 390, "height": 780})


def test_boxes_say_whom_they_exclude_and_of_which_customer(site: Site, page: Page) -> None:
    page.goto(f"{site.base}/approval")
    for name in (
        "Exclude Adele Vance adele@contoso.com Contoso",
        "Exclude Lynne Robbins Administrator lynne.robbins@fabrikam.com Fabrikam",
    ):
        expect(page.get_by_role("checkbox", name=name, exact=True)).to_be_visible()


def test_a_comment_of_several_lines_is_shown_in_lines(page: Page) -> None:
    decision = DecisionView("lead@msp.example", "deny", NOW, "Not her.\nCall me.")
    page.goto("about:blank")
    page.set_content(render("approval_state.html", view=replace(STATE, decisions=(decision,))))
    assert page.locator("q.comment").inner_text() == "Not her.\nCall me."
