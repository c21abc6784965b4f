"""Reads the Bicep files as text: enough to compare them with the code and with each other where there is no compiler."""

import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
INFRA = ROOT / "infra"
FILES = sorted(INFRA.rglob("*.bicep"))


@dataclass(frozen=True)
class Resource:
    file: str
    symbol: str
    type: str  # without the version
    text: str

    @property
    def name(self) -> str:
        """Its `name:` when that is plain text, else an empty string."""
        found = re.search(r"^  name: '([^'$]*)'", self.text, re.MULTILINE)
        return found[1] if found else ""


def resources() -> list[Resource]:
    found: list[Resource] = []
    for file in FILES:
        text = file.read_text("utf-8")
        starts = list(re.finditer(r"^resource (\w+) '([\w./]+)@[\w-]+'", text, re.MULTILINE))
        for start, following in zip(starts, [*starts[1:], None], strict=False):
            end = following.start() if following else len(text)
            found.append(Resource(file.name, start[1], start[2], text[start.start() : end]))
    return found


def settings_of(variable: str) -> dict[str, str]:
    """The settings in the list that `var variable = [...]` of function.bicep holds, with their values as written."""
    text = (INFRA / "app/function.bicep").read_text("utf-8")
    start = re.search(rf"^var {variable} = \[$", text, re.MULTILINE)
    assert start, f"function.bicep has no list {variable}"
    body = text[start.end() : text.index("\n]", start.end())]
    return dict(re.findall(r"\{\s*name: '(\w+)'\s*,?\s*value: (.+?)\s*\}$", body, re.MULTILINE))


def list_of(file: str, variable: str) -> list[str]:
    """The plain texts of the list that `var variable = [...]` holds."""
    text = (INFRA / file).read_text("utf-8")
    start = re.search(rf"^var {variable} = \[", text, re.MULTILINE)
    assert start, f"{file} has no list {variable}"
    return re.findall(r"'([^']*)'", text[start.end() : text.index("]", start.end())])
