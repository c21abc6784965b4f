"""Where the token of an approval link stands, and that links in mails sent before it moved still work."""

import re
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.system import System, link_token, system
from tests.web.markup import Markup
from use_cases import approval_view


async def _link(it: System, *users: str) -> tuple[str, str]:
    """The request's id and the path of its only link."""
    request = await it.ask(contoso=list(users or ("adele@contoso.com",)))
    (link,) = it.links(request["id"]).values()
    return request["id"], link.removeprefix(it.host.base_url)


async def test_the_token_is_in_the_query_of_the_link_and_in_no_path_of_the_page(tmp_path: Path) -> None:
    async with system(tmp_path) as it:
        request_id, link = await _link(it)
        assert urlsplit(link).path == "/api/approvals"
        page = Markup((await it.http.get(link)).text)
        assert [form["action"] for form in page.all("form")] == [link]
        assert (await it.decide(link, "approve")).status_code == 200
        state = Markup((await it.http.get(link)).text)
        for address in [a["href"] for a in state.all("a")]:
            assert link_token(link) not in urlsplit(address).path
        assert (await it.shown(request_id))["status"] == "completed"


@pytest.mark.parametrize("decision", ["approve", "deny"])
async def test_a_link_of_the_old_form_still_decides(tmp_path: Path, decision: str) -> None:
    async with system(tmp_path) as it:
        request_id, link = await _link(it)
        old = f"/api/approvals/{link_token(link)}"
        assert (await it.http.head(old)).status_code == 200
        page = await it.http.get(old)
        assert page.status_code == 200
        # What follows goes to the new address: the token stands in no further path.
        assert [form["action"] for form in Markup(page.text).all("form")] == [link]
        # A page that was open while the service was updated has no action, so it posts to its own address.
        assert (await it.decide(old, decision, comment="because")).status_code == 200
        assert (await it.shown(request_id))["status"] == ("completed" if decision == "approve" else "denied")


async def test_the_pages_of_many_users_keep_the_token(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(approval_view, "PAGE_SIZE", 1)
    async with system(tmp_path) as it:
        _, link = await _link(it, "adele@contoso.com", "megan@contoso.com")
        first = Markup((await it.http.get(link)).text)
        addresses = {button["formaction"] for button in first.all("button") if "formaction" in button}
        assert len({address.partition("&page=")[0] for address in addresses}) == 1
        (to_second,) = [address for address in addresses if address.endswith("&page=2")]
        hidden = {field["name"]: field["value"] for field in first.all("input") if field["type"] == "hidden"}
        second = await it.http.post(to_second, data=hidden, headers={"Origin": it.host.base_url})
        assert second.status_code == 200
        assert re.search(r"Page 2 of 2\.", second.text)


async def test_without_a_token_there_is_nothing(tmp_path: Path) -> None:
    async with system(tmp_path) as it:
        for path in ("/api/approvals", "/api/approvals?token=", "/api/approvals?token=x&token=y"):
            assert (await it.http.get(path)).status_code == 404
            assert (await it.http.post(path, headers={"Origin": it.host.base_url})).status_code == 404
