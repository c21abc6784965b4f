"""Release a version: cut the changelogs, build package, client, module, descriptions and SBOM into dist/, and tag."""

import argparse
import hashlib
import re
import shutil
import subprocess
import sys
import tomllib
from datetime import UTC, datetime
from pathlib import Path

from scripts import api_descriptions, changelog

ROOT = Path(__file__).resolve().parent.parent
CHANGELOGS = ("CHANGELOG.md", "client/CHANGELOG.md")


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="scripts/release", description="Releases a version.")
    parser.add_argument("version")
    parser.add_argument(
        "--build-only", action="store_true", help="only build a tagged version into dist/, as the workflow does"
    )
    options = parser.parse_args(arguments)
    version: str = options.version
    if wrong := [place for place, found in versions(ROOT).items() if found != version]:
        print(f"release: not {version} in {', '.join(wrong)}", file=sys.stderr)
        return 1
    if not options.build_only:
        if _git("status", "--porcelain"):
            print("release: the working tree has changes that are not committed", file=sys.stderr)
            return 1
        cut_changelogs(ROOT, version, datetime.now(UTC).date().isoformat())
        _git("commit", "--all", "--message", f"Release {version}\n\nThe changelogs have its section; the tag follows.")
    build(ROOT, version)
    if not options.build_only:
        _git("tag", "--annotate", f"v{version}", "--message", f"Version {version}")
        print(f"release: v{version} is tagged here; git push --follow-tags starts the workflow that publishes it")
    return 0


def versions(root: Path) -> dict[str, str]:
    """Return the version that each file with one has."""
    client = re.search(r'__version__ = "(.+)"', (root / "client/mfa_reset_client/version.py").read_text("utf-8"))
    module = re.search(r"ModuleVersion\s*= '(.+)'", (root / "powershell/MfaReset/MfaReset.psd1").read_text("utf-8"))
    return {
        "pyproject.toml": str(tomllib.loads((root / "pyproject.toml").read_text("utf-8"))["project"]["version"]),
        "client/mfa_reset_client/version.py": client[1] if client else "",
        "powershell/MfaReset/MfaReset.psd1": module[1] if module else "",
    }


def cut_changelogs(root: Path, version: str, date: str) -> None:
    """Write the version's section into both changelogs."""
    for name in CHANGELOGS:
        text = (root / name).read_text("utf-8")
        (root / name).write_text(changelog.cut(text, version, date), "utf-8")


def build(root: Path, version: str) -> None:
    """Build everything that is published into dist/, with the notes of the version and the hashes of all files."""
    dist = root / "dist"
    shutil.rmtree(dist, ignore_errors=True)
    dist.mkdir()
    subprocess.run([sys.executable, "-m", "scripts.package"], cwd=root, check=True)
    (dist / "mfa-reset.zip").rename(dist / f"mfa-reset-{version}.zip")
    subprocess.run([sys.executable, "-m", "build", "--no-isolation", "--outdir", dist, "client"], cwd=root, check=True)
    shutil.make_archive(str(dist / f"MfaReset-powershell-{version}"), "zip", root / "powershell", "MfaReset")
    api_descriptions.write(dist)
    (dist / "notes.md").write_text(changelog.notes((root / CHANGELOGS[0]).read_text("utf-8"), version), "utf-8")
    files = sorted(path for path in dist.iterdir() if path.name != "SHA256SUMS")
    sums = [f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}\n" for path in files]
    (dist / "SHA256SUMS").write_text("".join(sums), "utf-8")
    print("".join(f"  dist/{path.name}\n" for path in files), end="")


def _git(*arguments: str) -> str:
    return subprocess.run(["git", *arguments], cwd=ROOT, check=True, capture_output=True, text=True).stdout


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
