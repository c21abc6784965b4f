"""Finds the texts of the client, and compiles what it needs of each language, because its package is installed without the service."""

import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

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


def paths() -> list[Path]:
    """Return where the client reads every language."""
    return [PACKAGE / "locale" / f"{path.stem}.mo" for path in catalogue.paths()]


def compiled(path: Path, texts: list[catalogue.Text] | None = None) -> bytes:
    """Return what the client needs of a language's catalogue, as gettext reads it."""
    language, ours = catalogue.read(path), {(text.id, text.context) for text in (found() if texts is None else texts)}
    for message in list(language):
        name = message.id if isinstance(message.id, str) else (message.id[0], message.id[1])
        if name and (name, message.context) not in ours:
            language.delete(message.id, message.context)
    language.creation_date = language.revision_date = _ANY_DAY
    content = BytesIO()
    write_mo(content, language)
    return content.getvalue()


def update() -> None:
    """Write every language's file of the client, and remove those of languages that are gone."""
    texts = list(found())
    for stale in set((PACKAGE / "locale").glob("*.mo")) - set(paths()):
        stale.unlink()
    for path, source in zip(paths(), catalogue.paths(), strict=True):
        path.write_bytes(compiled(source, texts))


def mistakes() -> list[str]:
    """Return which of the client's files are not what the catalogues say, a line each."""
    texts = list(found())
    return [
        f"{path.name}: not what languages/{source.name} says; run scripts/catalogue update"
        for path, source in zip(paths(), catalogue.paths(), strict=True)
        if not path.exists() or path.read_bytes() != compiled(source, texts)
    ]
