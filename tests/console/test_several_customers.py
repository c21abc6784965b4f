"""The page of a request of several customers says whose approval, users and sessions it tells of."""

from pathlib import Path

from tests.console.pages import text_of
from tests.system import system


async def test_who_decides_for_whom_and_which_users_ended(tmp_path: Path) -> None:
    async with system(tmp_path) as it:
        request = (await it.ask(contoso=["adele@contoso.com", "megan@contoso.com"], fabrikam=["alex@fabrikam.com"]))[
            "id"
        ]
        await it.decide(it.links(request)["lead@msp.example"], "approve")
        text = await text_of(it, f"requests/{request}")
        assert "Each customer needs 1 approval. Given: Contoso 0, Fabrikam 1." in text
        assert "owner@contoso.com for Contoso asked" in text
        assert "lead@msp.example for Fabrikam approved" in text
        await it.approve(request)
        timeline = (await text_of(it, f"requests/{request}")).partition("Timeline")[2]
        assert "2 users at Contoso finished: Reset 2." in timeline
        assert "Alex Wilber at Fabrikam : " in timeline


async def test_one_customer_is_not_named_everywhere(tmp_path: Path) -> None:
    async with system(tmp_path) as it:
        request = (await it.ask(contoso=["adele@contoso.com"]))["id"]
        text = await text_of(it, f"requests/{request}")
        assert "0 of 1 approval given." in text
        assert "owner@contoso.com asked" in text


async def test_revoked_sessions_of_users_without_methods_are_shown(tmp_path: Path) -> None:
    async with system(tmp_path) as it:
        request = (await it.ask(fabrikam=["lynne@fabrikam.com"]))["id"]
        await it.approve(request)
        text = await text_of(it, f"requests/{request}")
        of_user = text.partition("Timeline")[0].rpartition("Nothing to reset")[2]
        assert "Ended Sign-in sessions" in of_user.partition("Mails")[0]
