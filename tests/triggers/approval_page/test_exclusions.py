"""Who is excluded stays excluded, over pages and updates, and page, mail and receipt count the same users."""

from pathlib import Path

import httpx
import pytest

from tests.system import System, system
from tests.web.markup import Markup
from use_cases import approval_view

OWNER = "owner@contoso.com"
FOUR = ["adele@contoso.com", "alex@contoso.com", "debra@contoso.com", "megan@contoso.com"]


def carried(page: str) -> list[tuple[str, str]]:
    """Return what a browser would send of the page's form without being touched."""
    fields = Markup(page).all("input")
    return [(field["name"], field["value"]) for field in fields if field["type"] == "hidden" or "checked" in field]


async def sent(it: System, link: str, page: str, *more: tuple[str, str], at: str = "") -> httpx.Response:
    """Send the form of a page as it is, with what a person ticks or presses besides."""
    form: dict[str, list[str]] = {}
    for name, value in [*carried(page), ("comment", ""), *more]:
        form.setdefault(name, []).append(value)
    answer = await it.http.post(link + at, data=form, headers={"Origin": it.host.base_url})
    await it.host.idle()
    return answer


async def without(it: System, request_id: str) -> list[int]:
    (decision,) = await it.services.requests.decisions(request_id)
    return decision.without


async def test_the_last_box_but_one_stays_ticked_after_an_update(tmp_path: Path) -> None:
    async with system(tmp_path) as it:
        request = await it.ask(contoso=FOUR[:2])
        link = it.links(request["id"])[OWNER]
        page = (await sent(it, link, (await it.http.get(link)).text, ("without", "1"))).text
        assert ("without", "1") in carried(page)
        assert len([box for box in Markup(page).all("input") if box["type"] == "checkbox"]) == 2
        assert (await sent(it, link, page, ("decision", "approve"))).status_code == 200
        assert await without(it, request["id"]) == [1]


async def test_what_is_ticked_on_any_page_is_excluded_and_counted_over_all_pages(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(approval_view, "PAGE_SIZE", 2)
    async with system(tmp_path) as it:
        request = await it.ask(contoso=FOUR)
        link = it.links(request["id"])[OWNER]
        first = (await it.http.get(link)).text
        assert "Your approval covers 4 users on all 2 pages, not only those shown here." in Markup(first).text
        second = (await sent(it, link, first, ("without", "0"), at="&page=2")).text
        assert (
            "Your approval covers 3 users on all 2 pages, not only those shown here. 1 user is excluded."
            in Markup(second).text
        )
        back = (await sent(it, link, second, ("without", "3"), at="&page=1")).text
        assert "Your approval covers 2 users on all 2 pages" in Markup(back).text
        assert (await sent(it, link, back, ("decision", "approve"))).status_code == 200
        assert await without(it, request["id"]) == [0, 3]


async def test_page_mail_and_receipt_count_the_same_users(tmp_path: Path) -> None:
    async with system(tmp_path) as it:
        request = await it.ask(contoso=[*FOUR[:3], "breakglass@contoso.com", "nobody@contoso.com"])
        link = it.links(request["id"])[OWNER]
        html = (await it.http.get(link)).text
        page = Markup(html).text
        assert "Reset multi-factor authentication of 3 users?" in page
        assert "5 users in the request: 3 to reset, 2 not touched." in page
        assert "2 users are not touched, whatever you decide:" in page
        assert "1 user: This account is protected: the policy never lets it be reset. 1 user was not found." in page
        assert "refused by a rule" not in page
        mail = Markup(it.world.mailbox.to(OWNER)[0].content).text
        assert "5 users in the request: 3 to reset, 2 not touched." in mail
        assert "breakglass@contoso.com This account is protected" in mail
        assert "nobody@contoso.com There is no such user in this customer." in mail
        updated = Markup((await sent(it, link, html, ("without", "1"))).text).text
        assert "5 users in the request: 2 to reset, 1 excluded, 2 not touched." in updated
        receipt = Markup((await it.decide(link, "approve", without=["1"])).text).text
        assert "Users 5 users in the request: 2 to reset, 1 excluded, 2 not touched" in receipt
