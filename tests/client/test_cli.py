"""`mfa-reset` against the whole service: output, streams and exit codes."""

import asyncio
import json
import os
import re
import socket
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from mfa_reset_client.cli import app
from mfa_reset_client.clock import Clock
from mfa_reset_client.labels import STATUS
from mfa_reset_client.version import __version__
from tests.client.harness import NO_PIPELINE, Waits, command
from tests.system import ROOT, System, system

ADELE = ("--customer", "contoso", "--user", "adele@contoso.com", "--reason", "Lost phone", "--ticket", "INC1")


async def only(it: System) -> str:
    """The id of the one request there is."""
    (request,) = (await it.call("GET", "/api/reset-requests"))["value"]
    return str(request["id"])


async def approve(it: System) -> None:
    await it.approve(await only(it))


async def test_request_waits_and_reports_the_outcome(tmp_path: Path) -> None:
    async with system(tmp_path) as it:
        ran = await command(Waits(it, lambda: approve(it), at=2), "request", *ADELE, "--wait")
        assert ran.code == 0, ran.err
        assert "Waiting for approval by owner@contoso.com" in ran.err
        for word in ("Completed", "Reset  adele@contoso.com", "Phone number mobile •••12: removed", "sessions: ended"):
            assert word in ran.out
        shown = await it.shown(await only(it))
        assert (shown["reason"], shown["ticket"]) == ("Lost phone", "INC1")


async def test_json_is_the_only_output_on_stdout(tmp_path: Path) -> None:
    async with system(tmp_path) as it:
        waits = Waits(it, lambda: approve(it))
        asked = await command(waits, "request", *ADELE, "--wait", "--json")
        assert json.loads(asked.out)["status"] == "completed"
        request_id = json.loads(asked.out)["id"]
        listed = await command(waits, "targets", request_id, "--json")
        assert [target["outcome"] for target in json.loads(listed.out)] == ["reset"]
        none = await command(waits, "targets", request_id, "--json", "--outcome", "failed")
        assert json.loads(none.out) == []
        status = await command(waits, "status", request_id, "--json")
        assert json.loads(status.out) == json.loads(asked.out)
        conflict = await command(waits, "cancel", request_id, "--json")
        assert json.loads(conflict.out)["error"]["reason"] == "conflict"
        assert (json.loads(conflict.out)["exitCode"], conflict.code) == (12, 12)


async def test_every_option_reaches_the_service(tmp_path: Path) -> None:
    csv = tmp_path / "leavers.csv"
    csv.write_text("customer,user\ncontoso,adele@contoso.com\nfabrikam,alex@fabrikam.com\ncontoso,ADELE@contoso.com\n")
    async with system(tmp_path) as it:
        flags = ("--method", "phone", "--method", "softwareOath", "--no-revoke-sessions", "--dry-run")
        who = ("--requester", "tech@msp.example", "--idempotency-key", "run-1", "--file", str(csv))
        first = await command(Waits(it), "request", *who, *flags, "--json")
        assert "1 duplicate user" in first.err
        request = json.loads(first.out)
        assert request["methods"] == ["phone", "softwareOath"]
        assert (request["revokeSessions"], request["dryRun"]) == (False, True)
        assert request["requester"] == "tech@msp.example"
        assert request["totals"]["targets"] == 2
        again = await command(Waits(it), "request", *who, *flags, "--wait")
        assert request["id"] in again.err
        assert "nothing new was started" in again.err
        assert (again.code, "Dry run finished" in again.out) == (0, True)


async def test_a_repeated_pipeline_run_finds_its_request(tmp_path: Path) -> None:
    async with system(tmp_path) as it:
        run = {"GITHUB_RUN_ID": "7", "GITHUB_REPOSITORY": "msp/offboarding"}
        for attempt in ("1", "2"):
            ran = await command(Waits(it), "request", *ADELE, "--json", env=run | {"GITHUB_RUN_ATTEMPT": attempt})
            assert json.loads(ran.out)["id"] == await only(it)


async def decide(it: System, decision: str) -> None:
    for link in it.links(await only(it)).values():
        await it.decide(link, decision, comment="Not today")


async def cancel(it: System) -> None:
    await it.call("POST", f"/api/reset-requests/{await only(it)}/cancel", 202)


ENDS: dict[str, tuple[int, list[str], Callable[[System], Awaitable[object]]]] = {
    "partiallyCompleted": (3, ["adele@contoso.com", "nobody@contoso.com"], approve),
    "failed": (4, ["nobody@contoso.com"], approve),
    "denied": (5, ["adele@contoso.com"], lambda it: decide(it, "deny")),
    "expired": (6, ["adele@contoso.com"], lambda it: it.advance(hours=25)),
    "cancelled": (7, ["adele@contoso.com"], cancel),
}


@pytest.mark.parametrize("status", ENDS)
async def test_each_final_status_has_its_exit_code(tmp_path: Path, status: str) -> None:
    code, users, meanwhile = ENDS[status]
    async with system(tmp_path) as it:
        flags = [flag for user in users for flag in ("--user", user)]
        ran = await command(Waits(it, lambda: meanwhile(it)), "request", "--customer", "contoso", *flags, "--wait")
        assert ran.code == code, ran.err
        assert STATUS[status] in ran.out
        later = await command(Waits(it), "wait", await only(it), "--quiet")
        assert later.code == code
        assert later.err == ""


async def test_a_wait_times_out_and_can_be_resumed(tmp_path: Path) -> None:
    async with system(tmp_path) as it:
        ran = await command(Waits(it), "request", *ADELE, "--wait", "--timeout", "5m", "--json")
        assert ran.code == 8
        error = json.loads(ran.out)["error"]
        assert (error["reason"], error["request"]["status"]) == ("timeout", "awaitingApproval")
        await it.approve(error["request"]["id"])
        assert (await command(Waits(it), "wait", error["request"]["id"])).code == 0


async def test_a_bounced_approval_mail_is_shown(tmp_path: Path) -> None:
    async with system(tmp_path) as it:
        it.world.inbox.bouncing = {"owner@contoso.com": "5.1.10"}
        waits = Waits(it)
        request_id = json.loads((await command(waits, "request", *ADELE, "--json")).out)["id"]
        await it.advance(minutes=5)
        shown = await command(waits, "status", request_id)
        assert "owner@contoso.com (mail bounced: The address does not exist" in shown.out


async def test_cancel_and_retry(tmp_path: Path) -> None:
    async with system(tmp_path) as it:
        waits = Waits(it)
        request_id = json.loads((await command(waits, "request", *ADELE, "--json")).out)["id"]
        await it.host.idle()
        assert (await command(waits, "status", request_id)).code == 0
        assert (await command(waits, "cancel", request_id)).code == 0
        await it.host.idle()
        assert (await command(waits, "status", request_id)).code == 7
        again = await command(waits, "retry", request_id, "--json")
        assert again.code == 0
        assert json.loads(again.out)["retryOf"] == request_id


async def test_mistakes_are_reported_with_their_place(tmp_path: Path) -> None:
    async with system(tmp_path) as it:
        ran = await command(Waits(it), "request", "--customer", "nobody", "--user", "a@b.c")
        assert ran.code == 2
        assert "/targets/0/customer: no customer is known by 'nobody'" in ran.err
        as_json = await command(Waits(it), "request", *ADELE, "--method", "pigeon", "--json")
        (error,) = json.loads(as_json.out)["error"]["errors"]
        assert error["pointer"] == "/methods/0"
        assert (as_json.code, (await it.call("GET", "/api/reset-requests"))["value"]) == (2, [])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("request",), "use either"),
        (("request", "--customer", "contoso"), "--customer and --user together"),
        (("request", "--customer", "contoso", "--user", "a", "--file", "x.csv"), "use either"),
        (("request", "--file", "absent.csv"), "absent.csv cannot be read"),
        (("request", *ADELE, "--timeout", "soon"), "is not a duration"),
        (("targets", "1", "--outcome", "great"), "great"),
        (("nonsense",), "nonsense"),
        (("status", "1", "--url", ""), "MFA_RESET_URL"),
        (("status", "1", "--key", ""), "MFA_RESET_KEY"),
        (("status", "1", "--url", "http://host.example"), "unencrypted"),
    ],
)
async def test_invalid_options(tmp_path: Path, arguments: tuple[str, ...], message: str) -> None:
    async with system(tmp_path) as it:
        ran = await command(Waits(it), *arguments)
        assert (ran.code, ran.out) == (2, "")
        assert message in ran.err


async def test_a_wrong_key_and_an_unknown_request(tmp_path: Path) -> None:
    async with system(tmp_path) as it:
        stranger = await command(Waits(it), "status", "1", "--key", "a-strangers-key")
        assert (stranger.code, "a-strangers-key" in stranger.err + stranger.out) == (10, False)
        assert (await command(Waits(it), "status", "1")).code == 11


async def test_an_unreachable_service_is_retried_and_reported(tmp_path: Path) -> None:
    with socket.socket() as taken:  # bound, but never listening
        taken.bind(("127.0.0.1", 0))
        nowhere = f"http://127.0.0.1:{taken.getsockname()[1]}"
        async with system(tmp_path) as it:
            waits = Waits(it)
            ran = await command(waits, "status", "1", "--url", nowhere, "--json")
            assert (ran.code, json.loads(ran.out)["error"]["reason"]) == (9, "unreachable")
            assert waits.slept


async def test_control_characters_do_not_reach_the_terminal(tmp_path: Path) -> None:
    async with system(tmp_path) as it:
        user = it.world.user("11111111-1111-1111-1111-111111111111", "adele@contoso.com")
        for method in user.methods.values():
            if "displayName" in method.properties:
                method.properties["displayName"] = "[red]\x1b[2Jphone"
        ran = await command(Waits(it, lambda: approve(it)), "request", *ADELE, "--wait")
        assert "[red]�[2Jphone" in ran.out
        assert "\x1b" not in ran.out + ran.err


async def test_in_a_separate_process(tmp_path: Path) -> None:
    async with system(tmp_path) as it:
        request = await it.ask(contoso=["adele@contoso.com"])
        environ: dict[str, Any] = {name: value for name, value in os.environ.items() if name not in NO_PIPELINE}
        environ |= {"PYTHONPATH": str(ROOT / "client"), "MFA_RESET_URL": it.host.base_url, "MFA_RESET_KEY": it.host.key}
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "mfa_reset_client", "status", request["id"], "--json"),
            env=environ,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        out, err = await process.communicate()
        assert (process.returncode, err) == (0, b"")
        assert json.loads(out)["status"] == "awaitingApproval"


async def test_an_interrupted_wait_says_that_the_request_continues(tmp_path: Path) -> None:
    async with system(tmp_path) as it:
        request = await it.ask(contoso=["adele@contoso.com"])

        def sleep(_: float) -> None:
            raise KeyboardInterrupt

        env: dict[str, str | None] = NO_PIPELINE | {"MFA_RESET_URL": it.host.base_url, "MFA_RESET_KEY": it.host.key}
        clock = Clock(lambda: 0.0, sleep)
        result = await asyncio.to_thread(CliRunner(env=env).invoke, app, ["wait", request["id"]], obj=clock)
        assert result.exit_code == 130
        assert "continues" in result.stderr


def test_version() -> None:
    result = CliRunner().invoke(app, ["--version"])
    assert (result.exit_code, result.stdout) == (0, f"mfa-reset {__version__}\n")


GROUP = typer.main.get_command(app)
COMMANDS = sorted(GROUP.commands)  # type: ignore[attr-defined] # of a group


@pytest.mark.parametrize("command_name", COMMANDS)
def test_help_is_readable_at_80_columns_and_shows_no_python_types(command_name: str) -> None:
    text = CliRunner(env={"COLUMNS": "80"}).invoke(app, [command_name, "--help"]).stdout
    assert max(map(len, text.splitlines())) <= 80
    assert not re.search(r"<\w+|list\[|\bNone\b|range", text), text
    summary = CliRunner(env={"COLUMNS": "80"}).invoke(app, ["--help"]).stdout
    (line,) = (line for line in summary.splitlines() if line.startswith(f"  {command_name} "))
    assert not line.endswith("...")


async def test_what_is_retried_is_said_after_two_seconds(tmp_path: Path) -> None:
    with socket.socket() as taken:  # bound, but never listening
        taken.bind(("127.0.0.1", 0))
        nowhere = f"http://127.0.0.1:{taken.getsockname()[1]}"
        async with system(tmp_path) as it:
            ran = await command(Waits(it), "status", "1", "--url", nowhere)
            assert ran.code == 9
            assert ran.err.count("The service is unavailable") == 2  # while it is retried, and as the error
            assert "Retrying for up to" in ran.err


async def test_next_steps_are_for_people_only(tmp_path: Path) -> None:
    async with system(tmp_path) as it:
        shown = await command(Waits(it), "request", *ADELE)
        request_id = await only(it)
        assert f"mfa-reset wait {request_id}" in shown.err
        assert "Next:" not in (await command(Waits(it), "request", *ADELE, "--quiet")).err
        assert "Next:" not in (await command(Waits(it), "status", request_id, "--json")).err
