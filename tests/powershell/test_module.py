"""The PowerShell module, driven by Pester against the served app."""

import asyncio
import os
from datetime import timedelta
from pathlib import Path

from tests.client.app_service import SETTINGS, app_service
from tests.receiver import policy_with
from tests.system import ROOT, System, system
from tests.tools import require_tool
from tests.triggers.principals import principal

_RUN = """
$ErrorActionPreference = 'Stop'
Test-ModuleManifest ./MfaReset/MfaReset.psd1 | Out-Null
Import-Module ./MfaReset/MfaReset.psd1
$settings = New-PesterConfiguration
$settings.Run.Path = $env:MFA_RESET_TESTS
$settings.Run.Exit = $true
$settings.Output.Verbosity = 'Detailed'
$settings.Output.RenderMode = 'Plaintext'
Invoke-Pester -Configuration $settings
"""


POLICY = """
[profiles.compromised]
containFirst = true
[bootstrap]
accessPass = "offer"
[verification]
required = "privileged"
accept = ["callback"]
[partner]
tenantId = "99999999-9999-9999-9999-999999999999"
"""


async def test_the_module_does_what_pester_says(tmp_path: Path) -> None:
    async with system(tmp_path, policy=policy_with(tmp_path, POLICY)) as it:
        it.world.relate("home", name="Northwind Traders", domain="northwind.example")
        await _run(it, "MfaReset.Tests.ps1", {"MFA_RESET_URL": it.host.base_url, "MFA_RESET_KEY": it.host.key})
        await it.host.idle()


async def test_an_approver_who_is_signed_in_sets_and_ends_a_delegation(tmp_path: Path) -> None:
    async with system(tmp_path, settings=SETTINGS) as it, app_service(it) as platform:
        platform.signed_in = principal("lead@msp.example", "Approver")
        until = (it.services.now() + timedelta(days=3)).isoformat(timespec="seconds")
        token = {"MFA_RESET_TOKEN": platform.issue_token(), "MFA_RESET_UNTIL": until}
        await _run(it, "Delegation.Tests.ps1", {"MFA_RESET_URL": platform.url, **token})


async def _run(it: System, tests: str, variables: dict[str, str]) -> None:
    pwsh = require_tool("pwsh", "The PowerShell module")
    process = await asyncio.create_subprocess_exec(
        pwsh,
        *("-NoProfile", "-NonInteractive", "-Command", _RUN),
        cwd=ROOT / "powershell",
        env=os.environ | variables | {"MFA_RESET_TESTS": f"./tests/{tests}"},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    assert process.stdout is not None
    said = ""
    async for line in process.stdout:
        said += line.decode("utf-8", "replace")
        word, _, request_id = line.decode("utf-8", "replace").strip().partition(" ")
        if word == "approve":
            await it.host.idle()
            await it.approve(request_id)
    assert await process.wait() == 0, said
    assert "Tests Passed: " in said
