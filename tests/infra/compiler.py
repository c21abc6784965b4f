"""infra/ through Microsoft's Bicep compiler: what it says of the files, and the resources that a deployment would make.

The registry is not asked: tests/infra/msgraph-v1.0-1.0.0.tgz is the Microsoft Graph extension that bicepconfig.json names
(resource types from Microsoft's published description; https://github.com/microsoftgraph/msgraph-bicep-types, MIT).
"""

import hashlib
import json
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.infra.arm import resolve
from tests.infra.bicep import INFRA, ROOT
from tests.infra.parameters import SUBSCRIPTION, TENANT, bicepparam
from tests.tools import require_tool

_EXTENSION = Path(__file__).parent / "msgraph-v1.0-1.0.0.tgz"
_REGISTRY = "br:mcr.microsoft.com/bicep/extensions/microsoftgraph/v1.0:1.0.0"
_CACHE = ROOT / "build/snapshots"


@dataclass(frozen=True)
class Snapshot:
    """What one deployment would make. A value that only Azure knows is `Unknown`, or in braces within a text."""

    resources: list[dict[str, Any]]
    outputs: dict[str, Any]
    diagnostics: list[Any]

    def of(self, kind: str) -> list[dict[str, Any]]:
        """Return the resources of a type, `Microsoft.Web/sites` or `Microsoft.Graph/applications`."""
        return [one for one in self.resources if one["type"].partition("@")[0] == kind]

    def one(self, kind: str) -> dict[str, Any]:
        """Return the only resource of a type."""
        (found,) = self.of(kind)
        return found

    @property
    def app_settings(self) -> dict[str, str]:
        """The settings of the function app, by name."""
        settings = self.one("Microsoft.Web/sites")["properties"]["siteConfig"]["appSettings"]
        return {setting["name"]: str(setting["value"]) for setting in settings}


def copy_of_infra(to: Path) -> Path:
    """Copy infra/ to the folder `to`, with the extension from a file instead of the registry."""
    shutil.copytree(INFRA, to)
    shutil.copy(_EXTENSION, to)
    config = to / "bicepconfig.json"
    text = config.read_text("utf-8")
    assert _REGISTRY in text, "bicepconfig.json names another version of the extension than the one that is here"
    config.write_text(text.replace(_REGISTRY, f"./{_EXTENSION.name}"), "utf-8")
    return to


def run_bicep(*arguments: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run the compiler in `folder`. Skips the test where there is none."""
    command = [require_tool("bicep", "What infra/ deploys"), *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=120)


def snapshot(template: str, values: Mapping[str, Any]) -> Snapshot:
    """Return what deploying `template`, a file of infra/, with these parameters would make.

    Each is evaluated once and kept in build/, named by all it depends on: it takes seconds.
    """
    version = run_bicep("--version", folder=ROOT).stdout
    text = bicepparam(template, values)
    kept = _CACHE / f"{_digest(version, text)}.json"
    if not kept.exists():
        _evaluate(text, kept)
    made = json.loads(kept.read_text("utf-8"))
    return Snapshot(resolve(made["predictedResources"]), resolve(made["outputs"]), made["diagnostics"])


def _evaluate(text: str, to: Path) -> None:
    with tempfile.TemporaryDirectory() as scratch:
        folder = copy_of_infra(Path(scratch) / "infra")
        (folder / "tried.bicepparam").write_text(text, "utf-8")
        where = ["--subscription-id", SUBSCRIPTION, "--tenant-id", TENANT, "--location", "westeurope"]
        done = run_bicep("snapshot", "tried.bicepparam", *where, folder=folder)
        assert done.returncode == 0, done.stderr
        to.parent.mkdir(parents=True, exist_ok=True)
        # Other processes of the same test run may be at it: each writes its own file, the last one stays.
        with tempfile.NamedTemporaryFile("w", dir=to.parent, delete=False, encoding="utf-8") as file:
            file.write((folder / "tried.snapshot.json").read_text("utf-8"))
        Path(file.name).rename(to)


def _digest(*texts: str) -> str:
    digest = hashlib.sha256()
    for path in sorted(path for path in INFRA.rglob("*") if path.is_file()):
        digest.update(path.relative_to(INFRA).as_posix().encode() + path.read_bytes())
    for text in texts:
        digest.update(text.encode())
    return digest.hexdigest()[:24]
