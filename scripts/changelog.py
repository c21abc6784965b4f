"""Cut a version out of what is unreleased in a changelog of the form of Keep a Changelog."""

import re

_UNRELEASED = "## [Unreleased]\n"


def cut(text: str, version: str, date: str) -> str:
    """Return the changelog with the unreleased section as that of `version`, and an empty one before it.

    Raises: ValueError where nothing is unreleased, or the version is there already.
    """
    if f"## [{version}]" in text:
        raise ValueError(f"{version} is in the changelog already")
    before, found, after = text.partition(_UNRELEASED)
    if not found or not _section(after).strip():
        raise ValueError("nothing is unreleased")
    return f"{before}{_UNRELEASED}\n## [{version}] - {date}\n{after}"


def notes(text: str, version: str) -> str:
    """Return the section of a version. Raises: ValueError where there is none."""
    _, found, after = text.partition(f"## [{version}] - ")
    if not found:
        raise ValueError(f"{version} is not in the changelog")
    return _section(after.partition("\n")[2]).strip() + "\n"


def _section(text: str) -> str:
    return re.split(r"^## \[", text, maxsplit=1, flags=re.MULTILINE)[0]
