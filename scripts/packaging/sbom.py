"""The bill of materials of a package: CycloneDX 1.6, out of the packages' own metadata."""

import importlib.metadata
import json
import tomllib
import uuid
from pathlib import Path
from typing import Any


def sbom(root: Path, packages: Path) -> dict[str, Any]:
    """Return the bill of materials of the project in `root` with the dependencies that are installed in `packages`."""
    project = tomllib.loads((root / "pyproject.toml").read_text("utf-8"))["project"]
    found = sorted(
        importlib.metadata.distributions(path=[str(packages)]), key=lambda one: str(one.metadata["Name"]).lower()
    )
    components = [_component(one) for one in found]
    content = json.dumps(components, sort_keys=True)
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, content)}",
        "version": 1,
        "metadata": {
            "component": {
                "type": "application",
                "bom-ref": "mfa-reset",
                "name": project["name"],
                "version": project["version"],
                "licenses": [{"license": {"id": "MIT"}}],
            }
        },
        "components": components,
        "dependencies": [{"ref": "mfa-reset", "dependsOn": [one["bom-ref"] for one in components]}],
    }


def _component(one: importlib.metadata.Distribution) -> dict[str, Any]:
    name = str(one.metadata["Name"])
    purl = f"pkg:pypi/{name.lower().replace('_', '-')}@{one.version}"
    made: dict[str, Any] = {"type": "library", "bom-ref": purl, "name": name, "version": one.version, "purl": purl}
    expression = one.metadata.get("License-Expression")
    named = one.metadata.get("License")
    if expression:
        made["licenses"] = [{"expression": expression}]
    elif named and len(named) < 100:
        made["licenses"] = [{"license": {"name": named}}]
    return made
