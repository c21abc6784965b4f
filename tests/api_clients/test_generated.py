"""Clients that others' generators write from the description, as docs/api.md says, do a whole request against the served app."""

import json
import os
import sys
from pathlib import Path

from tests.api_clients.conftest import PROGRAMS, describe, generate, reset_adele
from tests.system import system
from tests.tools import require_tool


async def test_openapi_python_client(tmp_path: Path, api_tools: Path) -> None:
    config = tmp_path / "config.yaml"
    # It knows files only as application/octet-stream.
    config.write_text("content_type_overrides:\n  application/zip: application/octet-stream\npost_hooks: []\n")
    tool = api_tools / "python/bin/openapi-python-client"
    async with system(tmp_path) as it:
        file = await describe(it, tmp_path)
        # Warnings fail: each is an operation that is left out.
        options = ["--output-path", "client", "--config", str(config), "--fail-on-warning"]
        generate([str(tool), "generate", "--path", str(file), *options], tmp_path)
        environment = os.environ | {"PYTHONPATH": str(tmp_path / "client")}
        await reset_adele(
            it, [str(api_tools / "python/bin/python"), str(PROGRAMS / "openapi_python_client.py")], environment
        )


async def test_openapi_typescript(tmp_path: Path, api_tools: Path) -> None:
    require_tool("node", "The generated TypeScript client")
    (tmp_path / "node_modules").symlink_to(api_tools / "node_modules")
    (tmp_path / "package.json").write_text('{"type": "module"}')
    options = {"strict": True, "module": "nodenext", "target": "es2022", "lib": ["es2022", "dom"], "types": []}
    (tmp_path / "tsconfig.json").write_text(json.dumps({"compilerOptions": options, "files": ["program.ts"]}))
    (tmp_path / "program.ts").write_text((PROGRAMS / "typescript.ts").read_text())
    commands = api_tools / "node_modules/.bin"
    async with system(tmp_path) as it:
        file = await describe(it, tmp_path)
        generate(
            [str(commands / "openapi-typescript"), str(file), "-o", "api.d.ts", "--default-non-nullable", "false"],
            tmp_path,
        )
        generate([str(commands / "tsc"), "--project", "."], tmp_path)
        await reset_adele(it, ["node", str(tmp_path / "program.js")])


async def test_nswag(tmp_path: Path) -> None:
    nswag, pwsh = (require_tool(command, "The C# client that NSwag generates") for command in ("nswag", "pwsh"))
    async with system(tmp_path) as it:
        file = await describe(it, tmp_path)
        names = ["/namespace:MfaReset", "/classname:MfaResetClient"]
        generate([nswag, "openapi2csclient", f"/input:{file}", "/output:client.cs", *names], tmp_path)
        program = [
            pwsh,
            "-NoProfile",
            "-NonInteractive",
            "-File",
            str(PROGRAMS / "nswag.ps1"),
            str(tmp_path / "client.cs"),
        ]
        await reset_adele(it, program, os.environ | {"POWERSHELL_TELEMETRY_OPTOUT": "1"})


async def test_kiota(tmp_path: Path) -> None:
    kiota = require_tool("kiota", "The client that Kiota generates")
    async with system(tmp_path) as it:
        file = await describe(it, tmp_path)
        options = [
            "-l",
            "Python",
            "-c",
            "MfaResetKiota",
            "-n",
            "mfa_reset_kiota",
            "-o",
            str(tmp_path / "mfa_reset_kiota"),
        ]
        generate([kiota, "generate", "-d", str(file), *options], tmp_path)
        modules = list((tmp_path / "mfa_reset_kiota").rglob("*.py"))
        # Kiota 1.38 writes one class more for each value that it takes for one of several types.
        assert [path.name for path in modules if "ComposedTypeWrapper" in path.read_text("utf-8")] == []
        for path in modules:
            _put_future_first(path)
        await reset_adele(it, [sys.executable, str(PROGRAMS / "kiota.py")], os.environ | {"PYTHONPATH": str(tmp_path)})


def _put_future_first(path: Path) -> None:
    """Mend what Kiota writes where .NET has no culture data: `import datetime` before the future (microsoft/kiota#4600)."""
    future, text = "from __future__ import annotations\n", path.read_text("utf-8")
    if future in text:
        path.write_text(future + text.replace(future, ""), "utf-8")
