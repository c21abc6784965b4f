"""Name the repository that this copy is published from, in every file that has to say it.

`scripts/set-repository acme/mfa-reset` writes the new name over the old one; with `--reviewers @acme/mfa` it also makes
.github/CODEOWNERS. `--check acme/mfa-reset` only says whether the name is that one, as the release's workflow does before it publishes.
"""

import argparse
import re
import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
# What needs a review by somebody who knows what it guards, where others than the reviewers are named for it.
GUARDED = (
    "/domain/access/",
    "/domain/ingress/",
    "/infra/",
    "/.github/",
    "/requirements*",
    "/pyproject.toml",
    "/uv.lock",
)
_NAME = re.compile(r"[A-Za-z0-9-]+/[A-Za-z0-9._-]+")


def current(root: Path) -> str:
    """Return the owner and name that the client's metadata have."""
    urls = tomllib.loads((root / "client/pyproject.toml").read_text("utf-8"))["project"]["urls"]
    return str(urls["Source"]).removeprefix("https://github.com/").partition("/tree/")[0]


def renamed(text: str, old: str, new: str) -> str:
    """Return the text with the repository and its site under the new name."""
    (old_owner, old_name), (owner, name) = old.split("/"), new.split("/")
    site = f"{old_owner}.github.io/{old_name}"
    return text.replace(old, new).replace(site, f"{owner}.github.io/{name}")


def code_owners(reviewers: str, guards: str) -> str:
    rows = [("*", reviewers), *((path, guards) for path in GUARDED)]
    return "".join(f"{path:<22} {who}\n" for path, who in rows)


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="scripts/set-repository", description="Names the repository of this copy.")
    parser.add_argument("repository", metavar="OWNER/NAME")
    parser.add_argument("--check", action="store_true", help="change nothing; fail where the files name another one")
    parser.add_argument("--reviewers", metavar="@OWNER/TEAM", help="make .github/CODEOWNERS: who reviews every change")
    parser.add_argument(
        "--guards", metavar="@OWNER/TEAM", help="who reviews what guards access (default: the reviewers)"
    )
    options = parser.parse_args(arguments)
    new, old = options.repository, current(ROOT)
    if not _NAME.fullmatch(new):
        parser.error("the repository is OWNER/NAME")
    if options.check:
        if old != new:
            print(f"set-repository: the files name {old}, not {new}; run scripts/set-repository {new}", file=sys.stderr)
        return int(old != new)
    for path in _files(ROOT):
        text = path.read_text("utf-8")
        if (changed := renamed(text, old, new)) != text:
            path.write_text(changed, "utf-8")
            print(f"  {path.relative_to(ROOT)}")
    if options.reviewers:
        owners = code_owners(options.reviewers, options.guards or options.reviewers)
        (ROOT / ".github/CODEOWNERS").write_text(owners, "utf-8")
        print("  .github/CODEOWNERS")
    return 0


def _files(root: Path) -> list[Path]:
    listed = subprocess.run(["git", "ls-files"], cwd=root, check=True, capture_output=True, text=True).stdout
    kinds = {".md", ".toml", ".yml", ".py", ".psd1"}
    return [root / name for name in listed.splitlines() if Path(name).suffix in kinds and (root / name).is_file()]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
