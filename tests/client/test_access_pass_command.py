"""Ask for passes and open one with the client."""

import json
from pathlib import Path

from tests.client.harness import Waits, command
from tests.receiver import policy_with
from tests.scenarios.test_access_passes import ADELE, OFFER
from tests.system import system


async def test_a_pass_is_asked_for_approved_and_printed_once(tmp_path: Path) -> None:
    async with system(tmp_path, policy=policy_with(tmp_path, OFFER)) as it:
        waits = Waits(it)
        who = ("--customer", "contoso", "--user", ADELE, "--requester", "tech@msp.example")
        asked = await command(waits, "request", *who, "--access-pass", "--json")
        assert asked.code == 0, asked.err
        request_id = json.loads(asked.out)["id"]
        await it.host.idle()
        early = await command(waits, "access-pass", request_id, "--user", ADELE, "--operator", "second@msp.example")
        assert (early.code, it.world.passes) == (12, [])
        await it.approve(request_id)
        opened = await command(waits, "access-pass", request_id, "--user", ADELE, "--operator", "second@msp.example")
        assert opened.code == 0, opened.err
        assert opened.out.strip() == it.world.passes[0]
        assert "It is not shown again" in opened.err
        again = await command(waits, "access-pass", request_id, "--user", ADELE, "--operator", "second@msp.example")
        assert again.code == 12
        assert "second@msp.example" in again.err
        listed = await command(waits, "targets", request_id)
        assert "A Temporary Access Pass was shown to second@msp.example" in listed.out
        assert it.world.passes[0] not in listed.out
