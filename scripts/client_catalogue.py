"""Keeps the catalogues of the client in step with its texts; what the service says, too, is taken from the service's catalogues."""

import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from typer.main import get_command

from scripts import catalogue

ROOT = catalogue.ROOT
sys.path.append(str(ROOT / "client"))

from mfa_reset_client.cli import app  # noqa: E402 - the client is a package of its own
from mfa_reset_client.exit_codes import MEANINGS  # noqa: E402
from mfa_reset_client.translated_help import everything, help_texts  # noqa: E402

PACKAGE = ROOT / "client/mfa_reset_client"
# What Typer says itself of every command.
_HELP_OPTION = "Show this message and exit."
# The head of a compiled catalogue has dates; it is to change with the texts alone.
_ANY_DAY = datetime(2000, 1, 1, tzinfo=UTC)


def found() -> Iterator[catalogue.Text]:
    """Every text of the client: those of its modules, and those of its help."""
    for path in sorted(PACKAGE.rglob("*.py")):
        if path.name != "languages.py":  # it defines the functions that mark a text
            yield from catalogue.in_module(path.relative_to(ROOT).as_posix(), path.read_text("utf-8"))
    place = "client/mfa_reset_client/commands"
    for command in everything(get_command(app)):  # type: ignore[arg-type] # a group, as there are commands
        yield from (catalogue.Text(place, text, None) for text in help_texts(command))
    yield catalogue.Text(place, _HELP_OPTION, None)
    yield from (catalogue.Text("client/mfa_reset_client/exit_codes.py", text, None) for text in MEANINGS.values())


def template() -> Catalog:
    """Return all texts, without translations."""
    catalog = Catalog(charset="utf-8", fuzzy=False)
    for text in found():
        catalog.add(text.id, locations=[(text.place, 0)], context=text.context)
    return catalog


def paths() -> list[Path]:
    """Return the catalogue of every language."""
    return sorted((PACKAGE / "locale").glob("*.po"))


def compiled(path: Path) -> bytes:
    """Return a catalogue as gettext reads it."""
    content, found = BytesIO(), catalogue.read(path)
    found.creation_date = found.revision_date = _ANY_DAY
    write_mo(content, found)
    return content.getvalue()


def update() -> None:
    """Bring every catalogue and its compiled form up to date."""
    wanted = template()
    for path in paths():
        catalogue.update(path, wanted)
        ours = catalogue.read(path)
        of_service = catalogue.read(catalogue.FOLDER / path.name)
        for message in ours:
            known = of_service.get(message.id, message.context) if message.id else None
            if known is not None and known.string and not _is_translated(message.string):
                message.string = known.string
        path.write_text(catalogue.written(ours), "utf-8")
        path.with_suffix(".mo").write_bytes(compiled(path))


def _is_translated(string: str | list[str] | tuple[str, ...] | None) -> bool:
    return bool(string) and (isinstance(string, str) or all(string or ()))


def mistakes() -> list[str]:
    """Return what keeps a catalogue of the client from being complete and right, a line each."""
    wanted = template()
    wrong: list[str] = []
    for path in paths():
        name = path.relative_to(ROOT)
        wrong += [f"{name}: {line}" for line in catalogue.mistakes(path, wanted)]
        if not path.with_suffix(".mo").exists() or path.with_suffix(".mo").read_bytes() != compiled(path):
            wrong.append(f"{name}: not compiled; run scripts/catalogue update")
    return wrong
