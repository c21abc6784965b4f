"""The examples of docs/pipelines.md do what the page says, against the whole service."""

import asyncio
import json
import os
import re
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from domain.outcomes import RequestStatus
from mfa_reset_client.exit_codes import MEANINGS
from tests.client.app_service import PIPELINE_APP, SETTINGS, SIGN_IN_APP, TENANT, Platform, app_service
from tests.client.harness import NO_PIPELINE, Waits
from tests.client.test_authentication import Credential
from tests.docs.logic_app import LogicApp, TerminatedError
from tests.system import ROOT, System, system

PAGE = (ROOT / "docs/pipelines.md").read_text()
CONTOSO = "11111111-1111-1111-1111-111111111111"
# The command as it is installed, except that it does not sleep (the test is over when the work is), and that Entra is the
# platform of the test: azure-identity talks to nothing but https.
COMMAND = """#!{python}
import os, time
from azure.core.pipeline.transport import RequestsTransport
from mfa_reset_client.cli import app
from mfa_reset_client.clock import Clock
send = RequestsTransport.send
def send_to_the_test(self, request, **options):
    request.url = request.url.replace("https://login.microsoftonline.com", os.environ.get("ENTRA_OF_THE_TEST", ""))
    return send(self, request, **options)
RequestsTransport.send = send_to_the_test
app(prog_name="mfa-reset", obj=Clock(time.monotonic, lambda _: None))
"""


def section(title: str) -> str:
    _, found, rest = PAGE.partition(f"\n## {title}\n")
    assert found, title
    return rest.partition("\n## ")[0]


def fenced(title: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", section(title), re.DOTALL | re.MULTILINE)


def step(steps: list[dict[str, Any]], word: str) -> dict[str, Any]:
    (found,) = (one for one in steps if word in str(one.get("name", one.get("displayName", ""))))
    return found


@dataclass
class Ran:
    code: int
    out: str


@dataclass
class Runner:
    """An agent of a pipeline: runs a step's shell with its variables, and decides about the requests meanwhile."""

    it: System
    folder: Path
    platform: Platform | None = None

    def __post_init__(self) -> None:
        tools = self.folder / "tools"
        tools.mkdir()
        scripts = {"mfa-reset": COMMAND.format(python=sys.executable), "sleep": "#!/bin/sh\n"}
        if self.platform:
            scripts["az"] = f'#!/bin/sh\n[ "$4" = {SIGN_IN_APP}/.default ] && echo {self.platform.issue_token()}\n'
        for name, text in scripts.items():
            (tools / name).write_text(text)
            (tools / name).chmod(0o755)
        self.base = {name: value for name, value in os.environ.items() if name not in NO_PIPELINE}
        self.base |= {"PATH": f"{tools}:{os.environ['PATH']}", "PYTHONPATH": str(ROOT / "client")}
        if self.platform:
            self.base["ENTRA_OF_THE_TEST"] = self.platform.url

    async def run(self, shell: str, env: dict[str, str], decision: str = "approve") -> Ran:
        process = await asyncio.create_subprocess_exec(
            *("bash", "-e", "-c", shell),
            cwd=self.folder,
            env=self.base | env,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        deciding, ending = asyncio.create_task(self._decide(decision)), asyncio.create_task(process.communicate())
        try:
            # Where a decision fails, the command would wait for it for hours.
            await asyncio.wait([deciding, ending], return_when=asyncio.FIRST_COMPLETED)
            if deciding.done():
                await deciding
            out, _ = await ending
        finally:
            deciding.cancel()
            if process.returncode is None:
                process.kill()
            await asyncio.gather(deciding, ending, return_exceptions=True)
        assert self.it.host.key not in out.decode()
        return Ran(process.returncode or 0, out.decode())

    async def _decide(self, decision: str) -> None:
        while True:
            for request in (await self.it.call("GET", "/api/reset-requests?status=awaitingApproval"))["value"]:
                if self.platform:
                    await self.platform.decide(request["id"], decision)
                else:
                    await self.it.approve(request["id"])

    def outcome(self) -> dict[str, Any]:
        value: dict[str, Any] = json.loads((self.folder / "outcome.json").read_text())
        return value


def resolved(env: dict[str, str], values: dict[str, str], pattern: str) -> dict[str, str]:
    """A step's variables with the expressions in them filled in, each of which must be known."""
    return {name: re.sub(pattern, lambda found: values[found[1]], text) for name, text in env.items()}


async def test_github_actions(tmp_path: Path) -> None:
    (text,) = fenced("GitHub Actions", "yaml")
    workflow = yaml.safe_load(text)
    job = workflow["jobs"]["reset-mfa"]
    reset = step(job["steps"], "Reset")
    assert all("${{" not in one.get("run", "") for one in job["steps"])
    assert step(job["steps"], "Install")["run"].endswith('/client[entra]"')
    assert workflow["permissions"]["id-token"] == "write"
    async with system(tmp_path, settings=SETTINGS) as it, app_service(it) as platform:
        runner = Runner(it, tmp_path, platform)
        values = {
            "vars.MFA_RESET_URL": platform.url,
            "vars.MFA_RESET_AUDIENCE": SIGN_IN_APP,
            "vars.AZURE_TENANT_ID": TENANT,
            "vars.AZURE_CLIENT_ID": PIPELINE_APP,
        }
        typed = {"customer": "contoso", "user": "adele@contoso.com", "ticket": "INC1", "requester": "tech@msp.example"}
        assert workflow[True]["workflow_dispatch"]["inputs"].keys() == typed.keys()  # YAML 1.1 reads `on` as true
        values |= {f"inputs.{name}": value for name, value in typed.items()}
        env = resolved(reset["env"], values, r"\$\{\{ (\S+) \}\}")
        env |= platform.github() | {"GITHUB_RUN_ID": "7", "GITHUB_STEP_SUMMARY": str(tmp_path / "summary")}

        ran = await runner.run(reset["run"], env)
        assert ran.code == 0, ran.out
        first = runner.outcome()
        assert (first["status"], first["ticket"], first["requester"]) == ("completed", "INC1", "tech@msp.example")
        assert (tmp_path / "summary").read_text() == "Reset: adele@contoso.com\n"

        again = await runner.run(reset["run"], env)
        assert (again.code, runner.outcome()["id"]) == (0, first["id"])

        denied = await runner.run(reset["run"], env | {"GITHUB_RUN_ID": "8"}, "deny")
        assert (denied.code, runner.outcome()["status"]) == (5, "denied")
        assert "Not reset (exit code 5)" in (tmp_path / "summary").read_text()

        hostile = await runner.run(reset["run"], env | {"GITHUB_RUN_ID": "9", "LEAVER": '"; touch pwned; "'})
        assert hostile.code == 2, hostile.out
        assert "is not a user name" in hostile.out
        assert not (tmp_path / "pwned").exists()


async def test_azure_devops(tmp_path: Path) -> None:
    (text,) = fenced("Azure DevOps", "yaml")
    steps = yaml.safe_load(text)["jobs"][0]["steps"]
    reset = step(steps, "Reset")
    script = reset["inputs"]["inlineScript"]
    assert "$(" not in script
    assert step(steps, "Install")["bash"].endswith('/client[entra]"')
    (tmp_path / "leavers.csv").write_text("customer,user\ncontoso,adele@contoso.com\nfabrikam,nobody@fabrikam.com\n")
    async with system(tmp_path, settings=SETTINGS) as it, app_service(it) as platform:
        runner = Runner(it, tmp_path, platform)
        values = {
            "MFA_RESET_URL": platform.url,
            "MFA_RESET_AUDIENCE": SIGN_IN_APP,
            "System.AccessToken": "job-token",
            "LEAVERS_FILE": "leavers.csv",
            "Build.RequestedForEmail": "tech@msp.example",
        }
        env = resolved(reset["env"], values, r"\$\(([\w.]+)\)") | platform.azure_devops() | {"BUILD_BUILDID": "7"}
        ran = await runner.run(script, env)
        assert ran.code == 3, ran.out
        assert "##vso[task.logissue type=warning]" in ran.out
        assert runner.outcome()["status"] == "partiallyCompleted"


async def test_curl(tmp_path: Path) -> None:
    if missing := [name for name in ("curl", "jq") if shutil.which(name) is None]:
        pytest.skip(f"the curl example is left out: {', '.join(missing)} not installed")
    (shell,) = fenced("curl", "bash")
    async with system(tmp_path, settings=SETTINGS) as it, app_service(it) as platform:
        runner = Runner(it, tmp_path, platform)
        env = {"MFA_RESET_URL": platform.url, "MFA_RESET_AUDIENCE": SIGN_IN_APP, "REQUESTER": "tech@msp.example"}
        env |= {"CUSTOMER": "contoso", "LEAVER": "adele@contoso.com", "TICKET": "INC1"}
        ran = await runner.run(shell, env | {"IDEMPOTENCY_KEY": "run-7"})
        assert (ran.code, ran.out) == (0, "contoso\tadele@contoso.com\treset\t\n")
        again = await runner.run(shell, env | {"IDEMPOTENCY_KEY": "run-7"})
        assert (again.code, again.out) == (0, ran.out)
        assert len((await it.call("GET", "/api/reset-requests"))["value"]) == 1
        denied = await runner.run(shell, env | {"IDEMPOTENCY_KEY": "run-8"}, "deny")
        assert denied.code == 1
        mistaken = await runner.run(shell, env | {"IDEMPOTENCY_KEY": "run-9", "CUSTOMER": "nobody"})
        assert mistaken.code != 0
        assert "/targets/0/customer" in mistaken.out


async def test_the_commands_of_the_page(tmp_path: Path) -> None:
    install, dry_run, file = fenced("The command", "bash")
    (folder,) = re.findall(r'pip install "(\S+)\[entra\]"', install)
    (with_key,) = fenced("With a key", "bash")
    assert (ROOT / folder / "pyproject.toml").is_file()
    async with system(tmp_path) as it:
        runner = Runner(it, tmp_path)
        key = {"MFA_RESET_URL": it.host.base_url, "MFA_RESET_KEY": it.host.key}
        for shell in (dry_run, with_key.replace("MFA_RESET_KEY=...", "MFA_RESET_KEY=$MFA_RESET_KEY")):
            ran = await runner.run(shell, key)
            assert ran.code == 0, ran.out
            assert "Dry run finished" in ran.out
        addresses, request = re.findall(
            r"^```bash\n((?:export|mfa-reset).*?)^```",
            (ROOT / "client/README.md").read_text("utf-8"),
            re.DOTALL | re.MULTILINE,
        )
        assert {line.split("=")[0] for line in addresses.splitlines()} <= {
            "export MFA_RESET_URL",
            "export MFA_RESET_AUDIENCE",
        }
        ran = await runner.run(request, key)
        assert ran.code == 0, ran.out
        ran = await runner.run(file, key)
        assert ran.code == 0, ran.out
        assert json.loads((tmp_path / "request.json").read_text())["totals"]["targets"] == 2


async def test_logic_app(tmp_path: Path) -> None:
    (text,) = fenced("Logic App", "json")
    definition = json.loads(text)["definition"]
    until = definition["actions"]["Until_ended"]["expression"]
    going_on = {status.value for status in RequestStatus if not status.ended}
    assert set(re.findall(r"'([^']*)'", until)) == going_on | {"Get_request", "status"}
    async with system(tmp_path, settings=SETTINGS) as it, app_service(it) as platform, httpx.AsyncClient() as http:
        waits = Waits(it)

        async def run(name: str, decision: str) -> LogicApp:
            async def wait(seconds: float) -> None:
                await waits.pass_(seconds)
                await platform.decide(app.bodies["Request_reset"]["id"], decision)

            def token(audience: str) -> str:
                assert audience == SIGN_IN_APP
                return platform.issue_token()

            parameters = {"serviceUrl": platform.url, "audience": SIGN_IN_APP}
            assert definition["parameters"].keys() == parameters.keys()
            trigger: dict[str, Any] = {"customer": "contoso", "users": ["adele@contoso.com"], "ticket": "INC1"}
            trigger |= {"requester": "tech@msp.example"}
            app = LogicApp(definition, parameters, trigger, name, http, wait, token)
            await app.run()
            return app

        app = await run("08585287554177334956853859655CU00", "approve")
        assert app.bodies["Get_request"]["status"] == "completed"
        again = await run("08585287554177334956853859655CU00", "approve")
        assert again.bodies["Request_reset"]["id"] == app.bodies["Request_reset"]["id"]
        with pytest.raises(TerminatedError, match="0 of 1 were reset") as ended:
            await run("another", "deny")
        assert ended.value.code == "denied"


async def test_python(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    (code,) = fenced("Python", "python")
    async with system(tmp_path, settings=SETTINGS) as it, app_service(it) as platform:

        async def approve() -> None:
            for request in (await it.call("GET", "/api/reset-requests"))["value"]:
                await platform.decide(request["id"], "approve")

        waits = Waits(it, approve)
        monkeypatch.setattr("mfa_reset_client.client.Clock", lambda: waits.clock)
        monkeypatch.setattr("azure.identity.DefaultAzureCredential", lambda: Credential(platform))
        monkeypatch.setenv("MFA_RESET_URL", platform.url)
        monkeypatch.setenv("MFA_RESET_AUDIENCE", SIGN_IN_APP)
        monkeypatch.setenv("IDEMPOTENCY_KEY", "run-7")
        with pytest.raises(SystemExit) as ended:
            await asyncio.to_thread(exec, compile(code, "pipelines.md", "exec"), {})
        assert ended.value.code == 0
        assert capsys.readouterr().out == "contoso adele@contoso.com reset\n"


def test_every_exit_code_is_on_the_page() -> None:
    rows = re.findall(r"^\| (\d+) \| (.*) \|$", PAGE, re.MULTILINE)
    assert {int(code): meaning for code, meaning in rows} == {int(code): text for code, text in MEANINGS.items()}


def test_every_example_names_a_person_as_requester() -> None:
    fences = re.findall(r"^```\w+\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)
    requests = [text for text in fences if re.search(r"mfa-reset request|\"?targets\"?: \[|client\.create", text)]
    assert len(requests) == 8
    for text in requests:
        assert re.search(r"requester.{0,40}(@msp\.example|REQUESTER|\$requester|\?\['requester'\])", text), text
