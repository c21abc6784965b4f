"""Reads the Bicep files as syntax trees: enough to compare them with the code and with each other."""

import re
from dataclasses import dataclass
from pathlib import Path

import tree_sitter_bicep
from tree_sitter import Language, Node, Parser

ROOT = Path(__file__).resolve().parents[2]
INFRA = ROOT / "infra"
FILES = sorted(INFRA.rglob("*.bicep"))

_PARSER = Parser(Language(tree_sitter_bicep.language()))
# Newer than the grammar; the one file that has it has it on a line of its own.
_EXTENSION = re.compile(rb"^extension \w+$", re.MULTILINE)


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


def tree(text: bytes) -> Node:
    return _PARSER.parse(_EXTENSION.sub(b"", text)).root_node


def broken(node: Node) -> list[str]:
    """Where the tree has errors: line and text."""
    if node.type == "ERROR" or node.is_missing:
        return [f"line {node.start_point[0] + 1}: {(node.text or b'').decode()[:80]!r}"]
    return [place for child in node.children for place in broken(child)] if node.has_error else []


def resources() -> list[Resource]:
    found: list[Resource] = []
    for file in FILES:
        text = file.read_text("utf-8")
        starts = list(re.finditer(r"^resource (\w+) '([\w./]+)@[\w-]+'", text, re.MULTILINE))
        for start, following in zip(starts, [*starts[1:], None], strict=False):
            end = following.start() if following else len(text)
            found.append(Resource(file.name, start[1], start[2], text[start.start() : end]))
    return found


def keys_of(file: str, variable: str) -> dict[str, str]:
    """The properties of the object that `var variable = {...}` holds, with their values as written."""
    text = (INFRA / file).read_text("utf-8")
    start = re.search(rf"^var {variable} = \{{$", text, re.MULTILINE)
    assert start, f"{file} has no object {variable}"
    body = text[start.end() : text.index("\n}", start.end())]
    return dict(re.findall(r"^  (\w+): (.+)$", body, re.MULTILINE))


def list_of(file: str, variable: str) -> list[str]:
    """The plain texts of the list that `var variable = [...]` holds."""
    text = (INFRA / file).read_text("utf-8")
    start = re.search(rf"^var {variable} = \[", text, re.MULTILINE)
    assert start, f"{file} has no list {variable}"
    return re.findall(r"'([^']*)'", text[start.end() : text.index("]", start.end())])
