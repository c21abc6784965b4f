"""Which languages there are, and which one is being written."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from pathlib import Path
from types import MappingProxyType

# The language of the source texts, and of whatever a catalogue lacks.
ENGLISH = "en"
FOLDER = Path(__file__).parent

_current: ContextVar[str] = ContextVar("language", default=ENGLISH)


@cache
def tags() -> tuple[str, ...]:
    """Return the BCP 47 tag of every language: English, and whatever has a catalogue."""
    return tuple(sorted({ENGLISH, *(path.stem for path in FOLDER.glob("*.po"))}))


@cache
def languages() -> Mapping[str, str]:
    """Return every language by its tag, with the name that it has in itself: `{"de": "Deutsch", "en": "English"}`."""
    from babel.core import Locale

    return MappingProxyType({tag: Locale.parse(tag, sep="-").get_display_name() or tag for tag in tags()})


def current() -> str:
    """Return the tag of the language that texts are written in now."""
    return _current.get()


@contextmanager
def in_language(code: str) -> Iterator[None]:
    """Write texts in this language meanwhile; in English, where there is no such language."""
    token = _current.set(known(code) or ENGLISH)
    try:
        yield
    finally:
        _current.reset(token)


def known(code: str) -> str:
    """Return the tag of the language that `code` means: itself, or its language without a region. "" where there is none."""
    names = {tag.lower(): tag for tag in tags()}
    wanted = code.strip().lower().replace("_", "-")
    return names.get(wanted) or names.get(wanted.partition("-")[0]) or ""


def accepted(header: str) -> str:
    """Return the language that fits an Accept-Language header best (RFC 9110, 12.5.4); English where none does."""
    ranked: list[tuple[float, int, str]] = []
    for place, part in enumerate(header.split(",")[:50]):
        code, _, parameter = part.partition(";")
        quality = _quality(parameter)
        if quality > 0 and (found := known(code)):
            ranked.append((-quality, place, found))
    return min(ranked)[2] if ranked else ENGLISH


def _quality(parameter: str) -> float:
    name, _, value = parameter.strip().partition("=")
    try:
        return float(value) if name.strip().lower() == "q" else 1.0
    except ValueError:
        return 0.0
