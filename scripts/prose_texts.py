"""Writes what people read in pages, mails and the command line as text files, for the prose linter (scripts/lint-prose).

    python -m scripts.prose_texts FOLDER

One file for each template and each module with texts; a paragraph for each text, so that a sentence stays a sentence.
"""

import ast
import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

from jinja2 import Environment, nodes

ROOT = Path(__file__).resolve().parent.parent
TEMPLATES = ("web/templates", "messaging/templates")
MODULES = ("web", "messaging", "client/mfa_reset_client", "client/mfa_reset_client/commands")


class _Text(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def main(folder: Path) -> None:
    """Write all texts below `folder`."""
    for path, texts in sorted(every_text()):
        target = folder / f"{path}.md"
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text("".join(f"{text}\n\n" for text in texts), encoding="utf-8")


def every_text() -> Iterator[tuple[str, list[str]]]:
    """Return path and texts of every template and module that has any."""
    for place in TEMPLATES:
        for path in (ROOT / place).rglob("*.*"):
            if texts := _of_template(path.read_text(encoding="utf-8")):
                yield str(path.relative_to(ROOT)), texts
    for place in MODULES:
        for path in (ROOT / place).glob("*.py"):
            if texts := _of_module(path.read_text(encoding="utf-8")):
                yield str(path.relative_to(ROOT)), texts


def _of_template(source: str) -> list[str]:
    tree = Environment(autoescape=True, extensions=["jinja2.ext.i18n"]).parse(source)
    parser = _Text()
    for data in tree.find_all(nodes.TemplateData):
        parser.feed(data.data)
    parser.close()
    constants = (node.value for node in tree.find_all(nodes.Const) if isinstance(node.value, str))
    return _sentences([*parser.texts, *constants])


def _of_module(source: str) -> list[str]:
    tree = ast.parse(source)
    documentation = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    return _sentences(
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in documentation
    )


def _sentences(texts: Iterator[str] | list[str]) -> list[str]:
    """Return what has more than one word, with its space collapsed."""
    return [text for each in texts if " " in (text := " ".join(each.split())) and any(c.isalpha() for c in text)]


if __name__ == "__main__":
    main(Path(sys.argv[1]))
