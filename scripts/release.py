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
    try:
        if not options.build_only:
            prepare(ROOT, version)
        build(ROOT, version)
        if not options.build_only:
            _git(ROOT, "tag", "--annotate", f"v{version}", "--message", f"Version {version}")
            print(f"release: v{version} is tagged here; git push --follow-tags starts the workflow that publishes it")
    except ReleaseError as error:
        print(f"release: {error}", file=sys.stderr)
        return 1
    return 0


class ReleaseError(Exception):
    """The version cannot be released; the text says why, in one line."""


def prepare(root: Path, version: str) -> None:
    """Commit both changelogs with the version's section; a run that ended between commit and tag is taken up again.

    Raises: ReleaseError, with nothing changed.
    """
    if _git(root, "tag", "--list", f"v{version}"):
        raise ReleaseError(f"v{version} is tagged already; docs/release.md says where the next version's number goes")
    if _git(root, "status", "--porcelain"):
        raise ReleaseError("the working tree has changes that are not committed")
    subject = f"Release {version}"
    if _git(root, "log", "--max-count=1", "--format=%s").strip() == subject:
        return
    cut_changelogs(root, version, datetime.now(UTC).date().isoformat())
    _git(root, "commit", "--all", "--message", f"{subject}\n\nThe changelogs have its section; the tag follows.")


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
    """Write the version's section into both changelogs, or into none. Raises: ReleaseError."""
    texts = {}
    for name in CHANGELOGS:
        try:
            texts[name] = changelog.cut((root / name).read_text("utf-8"), version, date)
        except ValueError as error:
            raise ReleaseError(f"{name}: {error}") from None
    for name, text in texts.items():
        (root / name).write_text(text, "utf-8")


def build(root: Path, version: str) -> None:
    """Build everything that is published into dist/, with the notes of the version and the hashes of all files.

    Raises: ReleaseError.
    """
    dist = root / "dist"
    shutil.rmtree(dist, ignore_errors=True)
    dist.mkdir()
    _run(root, "scripts.package")
    (dist / "mfa-reset.zip").rename(dist / f"mfa-reset-{version}.zip")
    _run(root, "build", "--no-isolation", "--outdir", str(dist), "client")
    shutil.make_archive(str(dist / f"MfaReset-powershell-{version}"), "zip", root / "powershell", "MfaReset")
    api_descriptions.write(dist)
    try:
        notes = changelog.notes((root / CHANGELOGS[0]).read_text("utf-8"), version)
    except ValueError as error:
        raise ReleaseError(f"{CHANGELOGS[0]}: {error}") from None
    (dist / "notes.md").write_text(notes, "utf-8")
    files = sorted(path for path in dist.iterdir() if path.name != "SHA256SUMS")
    sums = [f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}\n" for path in files]
    (dist / "SHA256SUMS").write_text("".join(sums), "utf-8")
    print("".join(f"  dist/{path.name}\n" for path in files), end="")


def _run(root: Path, module: str, *arguments: str) -> None:
    if subprocess.run([sys.executable, "-m", module, *arguments], cwd=root, check=False).returncode:
        raise ReleaseError(f"{module} failed, see above; once that is mended, run this again")


def _git(root: Path, *arguments: str) -> str:
    done = subprocess.run(["git", *arguments], cwd=root, check=False, capture_output=True, text=True)
    if done.returncode:
        raise ReleaseError(f"git {arguments[0]} failed: {' '.join(done.stderr.split())}")
    return done.stdout


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
