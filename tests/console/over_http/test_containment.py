"""The console and a containment: reviewed as a plan of its own, said on every page, undone by somebody else."""

import html
import re
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from tests.browsing import browser_client
from tests.console.over_http.test_selection import post
from tests.console.pages import sign_in
from tests.receiver import policy_with
from tests.scenarios.test_containment import ADELE, LEE, PROFILE, user
from tests.system import System, system
from web import containment_labels


@pytest.fixture
async def it(tmp_path: Path) -> AsyncIterator[System]:
    async with system(tmp_path, policy=policy_with(tmp_path, PROFILE + "confirmRisk = true\n")) as made:
        yield made


async def text_at(browser: httpx.AsyncClient, path: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html.unescape((await browser.get(path)).text)))


async def test_a_review_becomes_a_containment_and_somebody_else_undoes_it(
    it: System, browser: httpx.AsyncClient
) -> None:
    ids = [f"contoso/{user(it, name).id}" for name in (ADELE, LEE)]
    plain = await post(browser, "review", user=ids, act="some", **{"return": "/console/users"})
    await it.host.idle()
    contained = await post(browser, plain.headers["location"].removeprefix("/console/"), act="contain")
    assert contained.headers["location"] != plain.headers["location"]
    await it.host.idle()
    shown = await text_at(browser, contained.headers["location"])
    assert containment_labels.EFFECT["planned"] in shown
    assert containment_labels.EFFECT["everything"] in shown
    assert "Are these accounts compromised?" not in shown
    assert user(it, ADELE).enabled, "a review changes nothing"
    address = contained.headers["location"].removeprefix("/console/")
    sent = await post(browser, address, act="confirm", reason="Token theft", ticket="SOC-7")
    await it.host.idle()
    page = sent.headers["location"].partition("?")[0]
    assert not user(it, ADELE).enabled
    request_id = page.rpartition("/")[2]
    approval = html.unescape((await it.http.get(next(iter(it.links(request_id).values())))).text)
    assert containment_labels.EFFECT["first"] in approval
    assert "Block sign-in: done" in approval
    (mail, *_) = [mail for mail in it.world.mailbox.to() if mail.links]
    assert containment_labels.EFFECT["first"].split(".")[0] in html.unescape(str(mail))
    await it.approve(request_id)
    shown = await text_at(browser, page)
    assert containment_labels.UNBLOCK["approver"] in shown
    assert "Confirm as compromised" in shown

    assert "Unblock" not in shown  # the requester may not
    await post(browser, f"{page.removeprefix('/console/')}/act", act="unblock")
    assert "You requested this, so an approver or another operator has to" in await text_at(browser, page)
    async with browser_client(it.host.base_url) as other:
        await sign_in(other, "else@msp.example")
        offered = await text_at(other, page)
        assert "Unblock users…" in offered
        assert f"Unblock… {user(it, ADELE).name}" in offered
        await post(other, f"{page.removeprefix('/console/')}/act", act="unblock", target="0")
        await it.host.idle()
        assert sorted((user(it, ADELE).enabled, user(it, LEE).enabled)) == [False, True]
        await post(other, f"{page.removeprefix('/console/')}/act", act="dismissRisk")
        await it.host.idle()
        assert user(it, ADELE).risk == "none"
        assert "Unblock sign-in by else@msp.example" in await text_at(other, page)
    outcome = next(str(mail) for mail in it.world.mailbox.to("tech@msp.example"))
    assert "Block sign-in: done" in html.unescape(outcome)
