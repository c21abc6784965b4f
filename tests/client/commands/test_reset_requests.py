"""list and remind against the whole service."""

import json
from pathlib import Path

from tests.client.harness import Waits, command
from tests.system import system


async def test_list_shows_the_newest_requests(tmp_path: Path) -> None:
    async with system(tmp_path) as it:
        await it.ask(contoso=["adele@contoso.com"], more={"ticket": "INC-contoso"})
        await it.advance(minutes=1)
        await it.ask(fabrikam=["alex@fabrikam.com"], more={"ticket": "INC-fabrikam"})
        newest = await command(Waits(it), "list", "--limit", "1")
        assert newest.code == 0, newest.err
        assert ("INC-fabrikam" in newest.out, "INC-contoso" in newest.out) == (True, False)
        filtered = await command(Waits(it), "list", "--customer", "contoso", "--status", "awaitingApproval", "--json")
        assert [request["ticket"] for request in json.loads(filtered.out)] == ["INC-contoso"]
        none = await command(Waits(it), "list", "--status", "failed")
        assert (none.code, none.out, none.err) == (0, "", "No requests match.\n")


async def test_remind_mails_those_who_have_not_decided(tmp_path: Path) -> None:
    async with system(tmp_path) as it:
        request = await it.ask(contoso=["adele@contoso.com"], fabrikam=["alex@fabrikam.com"])
        (decided, link), *waiting = it.links(request["id"]).items()
        await it.decide(link, "approve")
        before = len(it.world.mailbox.to())
        await it.advance(minutes=2)
        ran = await command(Waits(it), "remind", request["id"])
        assert ran.code == 0, ran.err
        await it.host.idle()
        mailed = {mail.to[0] for mail in it.world.mailbox.to()[before:]}
        assert mailed == {approver for approver, _ in waiting}
        assert decided not in ran.err


async def test_remind_names_an_approver(tmp_path: Path) -> None:
    async with system(tmp_path) as it:
        request = await it.ask(contoso=["adele@contoso.com"])
        stranger = await command(Waits(it), "remind", request["id"], "--approver", "stranger@msp.example")
        assert stranger.code == 2
        reminded = await command(Waits(it), "remind", request["id"], "--approver", "owner@contoso.com", "--json")
        assert json.loads(reminded.out)["id"] == request["id"]


async def test_remind_where_there_is_nothing_to_decide(tmp_path: Path) -> None:
    async with system(tmp_path) as it:
        request = await it.ask(contoso=["adele@contoso.com"], more={"dryRun": True})
        assert (await command(Waits(it), "remind", request["id"])).code == 12


async def test_takeover_asks_for_the_users_whom_another_request_holds(tmp_path: Path) -> None:
    async with system(tmp_path) as it:
        holder = await it.ask(contoso=["adele@contoso.com"])
        refused = await it.ask(contoso=["adele@contoso.com"])
        taken = await command(Waits(it), "takeover", refused["id"], "--json")
        assert taken.code == 0, taken.err
        await it.host.idle()
        assert (await it.targets(json.loads(taken.out)["id"]))[0]["outcome"] == "pending"
        assert (await it.targets(holder["id"]))[0]["reason"] == "takenOver"
        assert (await command(Waits(it), "takeover", holder["id"])).code == 12
