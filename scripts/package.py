"""Builds the deployment package. What it leaves out, and why, stands in TRIMMED and in .funcignore."""

import argparse
import fnmatch
import hashlib
import importlib.metadata
import json
import shutil
import subprocess
import sys
import tomllib
import uuid
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
SITE = ".python_packages/lib/site-packages"  # where the Functions worker looks first
TARGET = ["--python-platform", "x86_64-manylinux_2_28", "--python-version", "3.13"]

# Left out of the dependencies: never imported by a running app.
TRIMMED = [
    "**/__pycache__",
    "**/tests",
    "**/test",
    "**/*.pyi",
    "**/*.c",
    "**/*.h",
    "**/*.pxd",
    "**/*.pyx",
    "bin",
    "msgraph_sdk-*.dist-info/RECORD",  # 2.5 MB of names of files that are left out
]
# The typed half of the Graph SDK is 130 MB. graph/client.py reads bytes through the SDK's request adapter alone, because typed
# answers cost 1.2 s of imports; what importing that adapter brings in is kept, and a test runs the app with no more.
GENERATED, KEPT = "msgraph/generated", {"__init__.py", "base_graph_service_client.py"}
# Every file gets this time, so that the same input makes the same bytes.
_TIME = (2020, 1, 1, 0, 0, 0)


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="scripts/package", description="Builds the deployment package.")
    parser.add_argument("policy", nargs="?", type=Path, help="goes in as policy.toml")
    parser.add_argument("--output", type=Path, default=ROOT / "dist/mfa-reset.zip")
    options = parser.parse_args(arguments)
    work = ROOT / "build/package"
    shutil.rmtree(work, ignore_errors=True)
    packages = work / SITE
    packages.mkdir(parents=True)
    install(packages)
    whole = size_of(packages)
    trim(packages)
    trimmed = size_of(packages)
    for file in app_files():
        (work / file).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / file, work / file)
    if options.policy:
        shutil.copyfile(options.policy, work / "policy.toml")
    options.output.parent.mkdir(parents=True, exist_ok=True)
    bill = json.dumps(sbom(packages), indent=2) + "\n"
    (work / "sbom.cdx.json").write_text(bill, "utf-8")
    options.output.with_name("sbom.cdx.json").write_text(bill, "utf-8")
    pack(work, options.output)
    own = sum((work / file).stat().st_size for file in app_files())
    print(f"{options.output}: {options.output.stat().st_size / 1e6:.1f} MB zipped")
    less = (whole - trimmed) / 1e6
    print(f"  dependencies {trimmed / 1e6:.1f} MB unpacked ({less:.1f} MB left out), the app {own / 1e6:.2f} MB")
    print(f"  SHA-256 {hashlib.sha256(options.output.read_bytes()).hexdigest()}")
    return 0


def install(into: Path) -> None:
    """The pinned packages as wheels for Azure, whatever machine this is."""
    uv = Path(sys.executable).with_name("uv")
    command = [str(uv), "pip", "install", "--quiet", "--no-deps", "--only-binary", ":all:", *TARGET]
    command += ["--target", str(into), "--no-compile", "--requirements", "requirements.txt"]
    subprocess.run(command, cwd=ROOT, check=True)


def trim(packages: Path) -> None:
    for pattern in TRIMMED:
        for path in list(packages.glob(pattern)):
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink()
    for path in (packages / GENERATED).iterdir():
        if path.is_dir():
            shutil.rmtree(path)
        elif path.name not in KEPT:
            path.unlink()


def app_files() -> Iterator[Path]:
    """What git knows and .funcignore does not name, relative to the checkout."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True, text=True).stdout
    ignored = [line for line in (ROOT / ".funcignore").read_text("utf-8").splitlines() if line and line[0] != "#"]
    for name in sorted(filter(None, listed.split("\0"))):
        path = Path(name)
        if not any(fnmatch.fnmatch(part, pattern) for part in path.parts for pattern in ignored):
            yield path


def size_of(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def pack(folder: Path, into: Path) -> None:
    with zipfile.ZipFile(into, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as packed:
        for path in sorted(path for path in folder.rglob("*") if path.is_file()):
            entry = zipfile.ZipInfo(path.relative_to(folder).as_posix(), _TIME)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            packed.writestr(entry, path.read_bytes())


def sbom(packages: Path) -> dict[str, Any]:
    """CycloneDX 1.6 of what is in the package, out of the packages' own metadata."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
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


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
