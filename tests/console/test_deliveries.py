"""The page with signed deliveries that became no request."""

from pathlib import Path

import pytest

from tests.browsing import browser_client
from tests.console.pages import sign_in, text_of
from tests.system import system
from tests.triggers.deliveries import deliver


async def test_each_says_what_is_wrong_and_shows_no_body(tmp_path: Path) -> None:
    async with system(tmp_path) as it:
        assert "There are none from this source" in await text_of(it, "deliveries?source=helpdesk")
        await deliver(it, "m1", {"ticket": {"id": "INC1", "users": []}, "private": "0123"})
        text = await text_of(it, "deliveries?source=helpdesk")
        assert "m1" in text
        assert "refused" in text
        assert "/targets" in text
        assert "0123" not in text


@pytest.mark.parametrize("who", ["auditor@msp.example", "owner@contoso.com"])
async def test_only_operators_of_all_customers_see_it(tmp_path: Path, who: str) -> None:
    async with system(tmp_path) as it:
        assert "Deliveries" in await text_of(it, "users")
        assert "Deliveries" not in await text_of(it, "approvals", who)
        async with browser_client(it.host.base_url) as browser:
            await sign_in(browser, who)
            assert (await browser.get("/console/deliveries")).status_code == 403
            await sign_in(browser, "tech@msp.example")
            assert (await browser.get("/console/deliveries?source=none")).status_code == 404
            assert (await browser.get("/console/deliveries?source=helpdesk&cursor=x")).status_code == 400
