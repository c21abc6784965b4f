"""Contain compromised accounts with the client, and undo it."""

import json
from pathlib import Path

from tests.client.harness import Waits, command
from tests.receiver import policy_with
from tests.scenarios.test_containment import ADELE, LEE, PATTI, PROFILE, user
from tests.system import system


async def test_request_with_a_profile_unblock_and_dismiss_risk(tmp_path: Path) -> None:
    async with system(tmp_path, policy=policy_with(tmp_path, PROFILE + "confirmRisk = true\n")) as it:
        waits = Waits(it)
        asked = ("--customer", "contoso", "--user", ADELE, "--user", LEE, "--user", PATTI, "--reason", "Token theft")
        wrong = await command(waits, "request", *asked, "--profile", "stolen", "--requester", "tech@msp.example")
        assert wrong.code == 2
        who = ("--profile", "compromised", "--requester", "tech@msp.example", "--json")
        made = await command(waits, "request", *asked, *who)
        assert made.code == 0, made.err
        request_id = json.loads(made.out)["id"]
        await it.host.idle()
        assert not user(it, ADELE).enabled
        await it.approve(request_id)
        shown = await command(waits, "targets", request_id)
        assert "Block sign-in: done" in shown.out
        assert "Block sign-in: was so already (the account was disabled before" in shown.out
        operator = ("--operator", "second@msp.example")
        done = await command(waits, "unblock", request_id, "--user", ADELE.upper(), "--user", PATTI, *operator)
        assert done.code == 0, done.err
        assert "the account was disabled before and stays so" in " ".join(done.err.split())
        assert (await command(waits, "unblock", request_id, "--user", "alex@contoso.com", *operator)).code == 2
        await it.host.idle()
        assert [user(it, name).enabled for name in (ADELE, LEE, PATTI)] == [True, False, False]
        dismissed = await command(waits, "dismiss-risk", request_id, *operator, "--json")
        assert json.loads(dismissed.out)["asked"] == 3
        await it.host.idle()
        assert user(it, LEE).risk == "none"
