"""The PowerShell module, driven by Pester against the served app."""

import asyncio
import os
from pathlib import Path

from tests.system import ROOT, system
from tests.tools import require_tool

_RUN = """
$ErrorActionPreference = 'Stop'
Test-ModuleManifest ./MfaReset/MfaReset.psd1 | Out-Null
Import-Module ./MfaReset/MfaReset.psd1
$settings = New-PesterConfiguration
$settings.Run.Path = './tests'
$settings.Run.Exit = $true
$settings.Output.Verbosity = 'Detailed'
$settings.Output.RenderMode = 'Plaintext'
Invoke-Pester -Configuration $settings
"""


async def test_the_module_does_what_pester_says(tmp_path: Path) -> None:
    pwsh = require_tool("pwsh", "The PowerShell module")
    async with system(tmp_path) as it:
        environment = os.environ | {"MFA_RESET_URL": it.host.base_url, "MFA_RESET_KEY": it.host.key}
        process = await asyncio.create_subprocess_exec(
            pwsh,
            *("-NoProfile", "-NonInteractive", "-Command", _RUN),
            cwd=ROOT / "powershell",
            env=environment,
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
        await it.host.idle()
