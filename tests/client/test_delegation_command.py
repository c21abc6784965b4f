"""An approver says with the command who stands in, as themselves."""

import json
from datetime import timedelta
from pathlib import Path

import pytest

from mfa_reset_client.commands import options
from tests.client.app_service import SETTINGS, SIGN_IN_APP, app_service
from tests.client.harness import Waits, command
from tests.client.test_authentication import Credential
from tests.system import system
from tests.triggers.principals import principal

LEAD, SECOND = "lead@msp.example", "second@msp.example"


async def test_an_approver_sets_shows_and_ends_a_delegation(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with system(tmp_path, settings=SETTINGS) as it, app_service(it) as platform:
        monkeypatch.setattr(options, "credential_for", lambda *_: Credential(platform))
        platform.signed_in = principal(LEAD, "Approver")
        env = {"MFA_RESET_URL": platform.url, "MFA_RESET_AUDIENCE": SIGN_IN_APP, "MFA_RESET_KEY": ""}
        until = (it.services.now() + timedelta(days=3)).isoformat(timespec="seconds")
        waits = Waits(it)
        made = await command(waits, "delegation", "--delegate", SECOND, "--until", until, env=env)
        assert made.code == 0, made.err
        assert f"{SECOND} is asked instead of you" in " ".join(made.out.split())
        assert (await it.services.delegations.active(it.services.now()))[LEAD].delegate == SECOND
        shown = json.loads((await command(waits, "delegation", "--json", env=env)).out)
        assert (shown["approvers"], shown["delegate"]) == ([LEAD], SECOND)
        ended = await command(waits, "delegation", "--end", env=env)
        assert "You are asked yourself." in ended.out
        assert await it.services.delegations.active(it.services.now()) == {}
        platform.signed_in = principal("", "Operator", oid="bbbbbbbb-bbbb-bbbb-bbbb-bbbbbbbbbbbb")
        assert "no approver" in (await command(waits, "delegation", env=env)).out
        refused = await command(waits, "delegation", "--end", env=env)
        assert refused.code == 10, refused.err


@pytest.mark.parametrize(
    "arguments",
    [
        ("--delegate", SECOND),
        ("--until", "2026-12-24T08:00:00Z"),
        ("--end", "--delegate", SECOND, "--until", "2026-12-24T08:00:00Z"),
        ("--delegate", SECOND, "--until", "2026-12-24T08:00:00"),
        ("--delegate", SECOND, "--until", "tomorrow"),
    ],
)
async def test_what_does_not_go_together_is_bad_input(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    async with system(tmp_path) as it:
        assert (await command(Waits(it), "delegation", *arguments)).code == 2
