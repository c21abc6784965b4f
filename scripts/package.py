"""Builds the deployment package. What belongs in it is in packaging/contents.py; what its dependencies do without is in TRIMMED."""

import argparse
import hashlib
import json
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

from domain.policy.files import FOLDER
from languages import languages
from scripts.packaging.contents import app_files
from scripts.packaging.host_json import host_json
from scripts.packaging.sbom import sbom

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
# responses cost 1.2 s of imports; what importing that adapter brings in is kept, and a test runs the app with no more.
GENERATED, KEPT = "msgraph/generated", {"__init__.py", "base_graph_service_client.py"}
# Babel brings the data of a thousand languages, 30 MB; those of languages that have a catalogue are kept.
LOCALES = "babel/locale-data"
# Every file gets this time, so that the same input makes the same bytes.
_TIME = (2020, 1, 1, 0, 0, 0)


def main(arguments: list[str]) -> int:
    """Build the package in build/package, and zipped where `--output` says."""
    parser = argparse.ArgumentParser(prog="scripts/package", description="Builds the deployment package.")
    parser.add_argument(
        "policy", nargs="?", type=Path, help="goes in as policy.toml, with the customers/*.toml beside it"
    )
    parser.add_argument("--output", type=Path, default=ROOT / "dist/mfa-reset.zip")
    parser.add_argument(
        "--durable-task-scheduler",
        action="store_true",
        help="for an app whose durable state lives in a Durable Task Scheduler instead of the storage account",
    )
    options = parser.parse_args(arguments)
    work = ROOT / "build/package"
    shutil.rmtree(work, ignore_errors=True)
    packages = work / SITE
    packages.mkdir(parents=True)
    install(packages)
    whole = size_of(packages)
    trim(packages)
    trimmed = size_of(packages)
    own = copy_app(ROOT, work, scheduler=options.durable_task_scheduler)
    if options.policy:
        copy_policy(options.policy, work)
    options.output.parent.mkdir(parents=True, exist_ok=True)
    bill = json.dumps(sbom(ROOT, packages), indent=2) + "\n"
    (work / "sbom.cdx.json").write_text(bill, "utf-8")
    options.output.with_name("sbom.cdx.json").write_text(bill, "utf-8")
    pack(work, options.output)
    print(f"{options.output}: {options.output.stat().st_size / 1e6:.1f} MB zipped")
    less = (whole - trimmed) / 1e6
    print(f"  dependencies {trimmed / 1e6:.1f} MB unpacked ({less:.1f} MB left out), the app {own / 1e6:.2f} MB")
    print(f"  SHA-256 {hashlib.sha256(options.output.read_bytes()).hexdigest()}")
    return 0


def install(into: Path) -> None:
    """Install the pinned packages as wheels for Azure, whatever machine this is."""
    uv = Path(sys.executable).with_name("uv")
    command = [str(uv), "pip", "install", "--quiet", "--no-deps", "--only-binary", ":all:", *TARGET]
    command += ["--target", str(into), "--no-compile", "--require-hashes", "--requirements", "requirements.txt"]
    subprocess.run(command, cwd=ROOT, check=True)


def trim(packages: Path) -> None:
    """Remove what a running app never imports."""
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
    spoken = {"root", *(code.partition("-")[0] for code in languages())}
    for path in (packages / LOCALES).glob("*.dat"):
        if path.stem.partition("_")[0] not in spoken:
            path.unlink()


def copy_app(root: Path, to: Path, *, scheduler: bool) -> int:
    """Copy what belongs in the package from the checkout `root` to the folder `to`; return its size in bytes."""
    files = app_files(root)
    for file in files:
        (to / file).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(root / file, to / file)
    (to / "host.json").write_text(host_json(root, scheduler=scheduler), "utf-8")
    return sum((to / file).stat().st_size for file in files)


def copy_policy(policy: Path, to: Path) -> None:
    """Copy a policy file to the folder `to` as policy.toml, and the customers' files beside it."""
    shutil.copyfile(policy, to / "policy.toml")
    for file in sorted((policy.parent / FOLDER).glob("*.toml")):
        (to / FOLDER).mkdir(exist_ok=True)
        shutil.copyfile(file, to / FOLDER / file.name)


def size_of(folder: Path) -> int:
    """Return the size of all files in a folder, in bytes."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def pack(folder: Path, into: Path) -> None:
    """Zip a folder; the same files make the same bytes."""
    with zipfile.ZipFile(into, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as packed:
        files = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if path.is_file()}
        for name, path in sorted(files.items()):
            entry = zipfile.ZipInfo(name, _TIME)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            packed.writestr(entry, path.read_bytes())


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
