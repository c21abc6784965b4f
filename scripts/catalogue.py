"""Finds the texts that people read, and keeps the catalogues of languages/ in step with them (docs/languages.md)."""

import argparse
import ast
import re
import sys
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import NamedTuple

from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po, write_po
from jinja2.ext import babel_extract

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "languages"
PYTHON = ("web", "messaging", "triggers", "use_cases", "domain")
TEMPLATES = ("web/templates", "messaging/templates", "messaging/comments")
# How many of a function's arguments are texts, and whether the first is a context.
FUNCTIONS = {
    "gettext": (1, False),
    "ngettext": (2, False),
    "pgettext": (1, True),
    "npgettext": (2, True),
    "Message": (1, False),
}
# As web/templating.py reads them.
OPTIONS = {
    "trimmed": "true",
    "newstyle_gettext": "true",
    "trim_blocks": "true",
    "lstrip_blocks": "true",
    "silent": "false",
}
# What changes with every run and says nothing about the texts.
_CHANGING = re.compile(
    r'^"(?:POT-Creation-Date|PO-Revision-Date|Last-Translator|Language-Team|Report-Msgid-Bugs-To|Generated-By|Project-Id-Version):'
    r'.*\n(?:"(?![A-Z][A-Za-z-]+:).*\n)*',
    re.MULTILINE,
)
PLACEHOLDER = re.compile(r"%\((\w+)\)s|%%")
_TAG = re.compile(r"</?[a-z][^>]*>")


class Text(NamedTuple):
    """A text in the source: `id` is one string, or the singular and the plural."""

    place: str
    id: str | tuple[str, str]
    context: str | None


def found() -> Iterator[Text]:
    """Every marked text of modules and templates, file by file."""
    for folder in PYTHON:
        for path in sorted((ROOT / folder).rglob("*.py")):
            yield from in_module(path.relative_to(ROOT).as_posix(), path.read_text("utf-8"))
    for folder in TEMPLATES:
        for path in sorted((ROOT / folder).rglob("*.*")):
            yield from in_template(path.relative_to(ROOT).as_posix(), path.read_bytes())


def of_client() -> Iterator[Text]:
    """Every text of the client."""
    from scripts import client_catalogue  # noqa: PLC0415 - it finds texts with this module

    return client_catalogue.found()


def in_module(place: str, source: str) -> Iterator[Text]:
    """The texts in the calls of a module: the arguments of gettext and its like, and the values of `texts`."""
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call):
            continue
        name = ast.unparse(node.func).removeprefix("languages.")
        if name == "texts":
            yield from (Text(place, text, None) for argument in node.args for text in _values(argument))
        elif name in FUNCTIONS:
            number, has_context = FUNCTIONS[name]
            constants = [argument.value for argument in node.args if isinstance(argument, ast.Constant)]
            strings = [text for text in constants if isinstance(text, str)][: number + has_context]
            if len(strings) < number + has_context:
                raise SystemExit(f"{place}:{node.lineno}: {name} needs its texts as literals")
            context = strings.pop(0) if has_context else None
            yield Text(place, strings[0] if number == 1 else (strings[0], strings[1]), context)


def _values(argument: ast.expr) -> Iterator[str]:
    if not isinstance(argument, ast.Dict):
        return
    for value in argument.values:
        for part in value.elts if isinstance(value, ast.Tuple) else [value]:
            if isinstance(part, ast.Constant) and isinstance(part.value, str) and part.value:
                yield part.value


def in_template(place: str, source: bytes) -> Iterator[Text]:
    """The texts of `{% trans %}`, `_()` and the like in a template."""
    keywords = ["_", "gettext", "ngettext", "pgettext", "npgettext"]
    for _, name, message, _ in babel_extract(BytesIO(source), keywords, [], dict(OPTIONS)):
        parts = [message] if isinstance(message, str) else [part for part in message or () if isinstance(part, str)]
        context = parts.pop(0) if name in {"pgettext", "npgettext"} else None
        yield Text(place, parts[0] if len(parts) == 1 else (parts[0], parts[1]), context)


def template() -> Catalog:
    """Return all texts, those of the client too, without translations."""
    catalogue = Catalog(charset="utf-8", fuzzy=False)
    for text in found():
        catalogue.add(text.id, locations=[(text.place, 0)], context=text.context)
    for text in list(of_client()):
        known = catalogue.get(text.id, text.context)
        # What both say is listed where the service does, so that a text of the client moves nothing.
        if known is None or all(place.startswith("client/") for place, _ in known.locations):
            catalogue.add(text.id, locations=[(text.place, 0)], context=text.context)
    return catalogue


def paths() -> list[Path]:
    """Return the catalogue of every language."""
    return sorted(FOLDER.glob("*.po"))


def read(path: Path) -> Catalog:
    """Return a language's catalogue."""
    with path.open("rb") as file:
        return read_po(file, locale=path.stem.replace("-", "_"))


def update(path: Path) -> None:
    """Add the texts that a catalogue lacks, and remove those that are gone."""
    catalogue = read(path)
    catalogue.update(template(), no_fuzzy_matching=True, update_header_comment=False)
    catalogue.obsolete.clear()
    path.write_text(written(catalogue), "utf-8")


def written(catalogue: Catalog) -> str:
    """Return the text of a catalogue's file. Places are without lines, so that it changes with the texts alone."""
    output = BytesIO()
    write_po(output, catalogue, width=120, include_lineno=False, sort_by_file=True)
    return _CHANGING.sub("", output.getvalue().decode())


def mistakes(path: Path) -> Iterator[str]:
    """Everything that keeps a catalogue from being complete and right, a line each."""
    catalogue, wanted = read(path), template()
    for message in wanted:
        if not message.id:
            continue
        name = message.id if isinstance(message.id, str) else message.id[0]
        translated = catalogue.get(message.id, message.context)
        if translated is None:
            yield f"not in it: {name}"
        else:
            yield from (f"{mistake}: {name}" for mistake in _mistakes_of(translated, catalogue.num_plurals))
    for message in catalogue:
        if message.id and wanted.get(message.id, message.context) is None:
            yield f"not a text any more: {message.id if isinstance(message.id, str) else message.id[0]}"


def _mistakes_of(message: Message, plurals: int) -> Iterator[str]:
    source = [message.id] if isinstance(message.id, str) else list(message.id)
    given = [message.string] if isinstance(message.string, str) else list(message.string or ())
    if message.fuzzy:
        yield "fuzzy"
    if not all(given) or (len(source) > 1 and len(given) != plurals):
        yield "not translated"
        return
    # A singular may say "one" instead of the number.
    names, least = _parts(PLACEHOLDER, source[-1]), _parts(PLACEHOLDER, source[0])
    for text in given:
        if not least - {"%(num)s"} <= _parts(PLACEHOLDER, text) <= names | least:
            yield "other placeholders"
        if _parts(_TAG, text) != _parts(_TAG, source[-1]):
            yield "other tags"
        if PLACEHOLDER.sub("", text).count("%") and PLACEHOLDER.search(source[-1]):
            yield "a single percent sign"
        if text[:1].isspace() != source[0][:1].isspace() or text[-1:].isspace() != source[0][-1:].isspace():
            yield "other spaces around it"


def _parts(pattern: re.Pattern[str], text: str) -> set[str]:
    return {match.group() for match in pattern.finditer(text)}


def main(arguments: list[str]) -> int:
    """Run the command. 0: done, and for `check` every catalogue is complete; 1: something is missing, all of it printed."""
    from scripts import client_catalogue  # noqa: PLC0415 - it finds texts with this module

    parser = argparse.ArgumentParser(prog="scripts/catalogue", description="Keeps the catalogues of texts.")
    parser.add_argument("command", choices=["extract", "update", "check"])
    command = parser.parse_args(arguments).command
    if command == "extract":
        print(written(template()), end="")
        return 0
    if command == "update":
        for path in paths():
            update(path)
        client_catalogue.update()
        return 0
    wrong = [f"{path.relative_to(ROOT)}: {line}" for path in paths() for line in mistakes(path)]
    wrong += client_catalogue.mistakes()
    print("\n".join(wrong) or "every catalogue is complete")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
