"""Walks the steps of azd with this project's hooks, on a copy of it, with stand-ins for `az`, `azd` and `make` on PATH.

What azd does of itself (packaging, provisioning, deploying, `down`) is played as far as the hooks can tell. Source: azd's own,
version 1.31: cmd/up.go (a `workflows.up` runs its commands one after the other, each with its hooks), pkg/ext/hooks_runner.go (the
environment is read again after each hook), pkg/ext/hooks_manager.go (`posix` and `windows` replace a hook as a whole),
pkg/infra/provisioning/bicep/bicep_provider.go (`down` removes what was an output).
"""

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import yaml

from tests.infra.bicep import ROOT
from tests.infra.parameters import SUBSCRIPTION, parameter_values

_STAND_IN = Path(__file__).parent / "stand_in.py"
_OUTPUTS = ("AZURE_FUNCTION_NAME", "AZURE_RESOURCE_GROUP", "AZURE_KEY_VAULT_NAME")
# Stands for scripts/package: it takes half a minute and a registry.
_PACKAGE = '#!/bin/sh\nmkdir -p build/package\necho "$@" > build/package/function_app.py\n'
_PACKAGE_MODULE = """import pathlib, sys
pathlib.Path("build/package").mkdir(parents=True, exist_ok=True)
pathlib.Path("build/package/function_app.py").write_text(" ".join(sys.argv[1:]))
"""
_SETUP = 'if (-not (Test-Path .venv)) { throw "not in the root of the checkout" }\n'


class HookFailedError(Exception):
    """azd stops here; the text is what the hook wrote."""


class Azd:
    """A project, its azd environment and the Azure behind it; `log` has what happened, in order.

    With `pwsh` (the command's path) the hooks are those for Windows, in that shell.
    """

    def __init__(self, folder: Path, policy: Path, *, pwsh: str = "", **environment: str) -> None:
        self._pwsh = pwsh
        self.project = folder / "project"
        self.log: list[str] = []
        self.written = ""
        self._state = folder / "state.json"
        self._bin = folder / "bin"
        self._copy(policy)
        self._save(
            {
                "signed_in": True,
                "subscription": SUBSCRIPTION,
                "vaults": {},
                "deleted": {},
                "site": None,
                "environment": self._new_environment() | environment,
                "providers": [],
                "deployments": [],
                "calls": [],
                "failures": {},
                "unresolved": 0,
            }
        )

    def _copy(self, policy: Path) -> None:
        self.project.mkdir(parents=True)
        for path in ROOT.iterdir():
            if path.name not in {".git", "build", "dist", "scripts", "policy.toml"}:
                (self.project / path.name).symlink_to(path)
        shutil.copytree(ROOT / "scripts", self.project / "scripts", ignore=shutil.ignore_patterns("__pycache__"))
        (self.project / "scripts/package").write_text(_PACKAGE, "utf-8")
        (self.project / "scripts/package.py").write_text(_PACKAGE_MODULE, "utf-8")
        (self.project / "scripts/setup.ps1").write_text(_SETUP, "utf-8")
        shutil.copyfile(policy, self.project / "policy.toml")
        self._bin.mkdir()
        for name in ("az", "azd", "make"):
            command = self._bin / name
            command.write_text(f'#!/bin/sh\nexec {sys.executable} -S {self._bin}/{name}.d/{name} "$@"\n', "utf-8")
            command.chmod(0o755)
            (self._bin / f"{name}.d").mkdir()
            shutil.copyfile(_STAND_IN, self._bin / f"{name}.d" / name)

    @staticmethod
    def _new_environment() -> dict[str, str]:
        return {
            "AZURE_ENV_NAME": "prod",
            "AZURE_LOCATION": "westeurope",
            "AZURE_SUBSCRIPTION_ID": SUBSCRIPTION,
            "MAIL_FROM": "mfa-reset@msp.example",
        }

    @property
    def state(self) -> dict[str, Any]:
        """What there is in Azure, and in the environment of azd."""
        found: dict[str, Any] = json.loads(self._state.read_text("utf-8"))
        return found

    def _save(self, state: dict[str, Any]) -> None:
        self._state.write_text(json.dumps(state), "utf-8")

    @contextmanager
    def changed(self) -> Iterator[dict[str, Any]]:
        """Change what there is."""
        state = self.state
        try:
            yield state
        finally:
            self._save(state)

    def forget_environment(self) -> None:
        """The values of the environment are lost: another machine, or `azd env new` with the same name."""
        with self.changed() as state:
            state["environment"] = self._new_environment()

    def up(self, **shell: str) -> None:
        """Run `azd up`; `shell`: variables that the person has set. Raises: HookFailedError."""
        for step in self._yaml["workflows"]["up"]["steps"]:
            self.command(step["azd"].split()[0], **shell)

    @property
    def _yaml(self) -> dict[str, Any]:
        found: dict[str, Any] = yaml.safe_load((self.project / "azure.yaml").read_text("utf-8"))
        return found

    def command(self, name: str, **shell: str) -> None:
        """Run one command of azd with its hooks. Raises: HookFailedError."""
        self._hook(f"pre{name}", shell)
        {"package": self._package, "provision": self._provision, "deploy": self._deploy}[name]()
        self._hook(f"post{name}", shell)

    def _hook(self, event: str, shell: dict[str, str]) -> None:
        hook = self._yaml["hooks"].get(event)
        if hook:
            self.log.append(event)
            self.run(hook["windows" if self._pwsh else "posix"]["run"], **(self.state["environment"] | shell))

    @property
    def shell(self) -> dict[str, str]:
        """The variables with which the stand-ins are found, and their state."""
        return {"PATH": f"{self._bin}:/usr/bin:/bin", "STAND_IN_STATE": str(self._state)}

    def run(self, *command: str, given: str = "", **environment: str) -> str:
        """Run a command of the project, `given` on its input. Raises: HookFailedError."""
        shell = [self._pwsh] if self._pwsh else []
        done = subprocess.run(
            [*shell, str(self.project / command[0]), *command[1:]],
            cwd=self.project,
            env=self.shell | environment,
            input=given,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        self.written += done.stdout + done.stderr
        if done.returncode:
            raise HookFailedError(done.stderr)
        return done.stdout

    def _package(self) -> None:
        service = self._yaml["services"]["app"]
        assert any((self.project / service["project"]).iterdir()), "package source is empty or does not exist"
        self.log.append("package")

    def _provision(self) -> None:
        with self.changed() as state:
            values = parameter_values(
                state["environment"] | {"AZURE_PRINCIPAL_ID": "x"}, self.project / "infra/main.parameters.json"
            )
            if state["failures"].pop("provision", 0):
                raise HookFailedError("the deployment failed")
            secrets = {"APPROVAL_KEYS": "approval-keys"} | ({"API_KEYS": "api-keys"} if values["allowApiKeys"] else {})
            secrets |= {name: name.replace("_", "-") for name in values.get("policySecretNames", "").split(",") if name}
            vault = values["vaultName"]
            assert vault in state["vaults"], "the site comes before its vault"
            missing = secrets.values() - state["vaults"][vault]["secrets"].keys()
            assert not missing, f"the site comes before its secrets {missing}"
            group = f"rg-{values['environmentName']}"
            site = state["site"] or {"name": "func-mfareset-x", "group": group, "refreshes": 0, "restarts": 0}
            site["references"] = [{"setting": key, "secret": name, "vault": vault} for key, name in secrets.items()]
            state["site"] = site
            state["environment"] |= dict(zip(_OUTPUTS, (site["name"], group, vault), strict=True))
        self.log.append("provision")

    def _deploy(self) -> None:
        service = self._yaml["services"]["app"]
        assert service["remoteBuild"] is False
        self.log.append("deploy " + (self.project / service["project"] / "function_app.py").read_text("utf-8").strip())

    def down(self) -> None:
        """Run `azd down`: the resource group goes, and the vault is kept deleted for 90 days."""
        with self.changed() as state:
            state["deleted"] |= state["vaults"]
            state["vaults"] = {}
            state["site"] = None
            for name in _OUTPUTS:
                state["environment"].pop(name, None)
