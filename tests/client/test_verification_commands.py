"""Verify users with the client: a call back, and a Verified ID."""

import json
from pathlib import Path

from tests.client.harness import Waits, command
from tests.receiver import policy_with
from tests.scenarios.test_verified_id import ADELE, POLICY
from tests.system import system

BOTH = POLICY.replace('["verifiedId"]', '["verifiedId", "callback"]')


async def test_call_back_and_verified_id_commands(tmp_path: Path) -> None:
    async with system(tmp_path, policy=policy_with(tmp_path, BOTH)) as it:
        waits, request = Waits(it), await it.ask(contoso=[ADELE])
        begun = await command(waits, "verified-id", request["id"], "--user", ADELE.upper())
        assert begun.code == 0, begun.err
        assert "openid-vc://?request_uri=" in begun.out.replace("\n", "")
        who = ("--user", ADELE, "--number", "+1 425 555 0112")
        assert (await command(waits, "call-back", request["id"], "--user", "alex@contoso.com", *who[2:])).code == 2
        assert (await command(waits, "call-back", request["id"], *who, "--operator", "tech@msp.example")).code == 2
        done = await command(waits, "call-back", request["id"], *who, "--operator", "second@msp.example", "--json")
        assert done.code == 0, done.err
        assert json.loads(done.out)["verification"]["evidence"]["by"] == "second@msp.example"
        await it.host.idle()
        assert (await it.shown(request["id"]))["status"] == "awaitingApproval"
        late = await command(waits, "call-back", request["id"], *who, "--operator", "second@msp.example")
        assert late.code == 12
