"""Texts for people in their language. Options, codes and JSON are the same in every language.

English is the language of the source. Every other language is a file of the service's repository, `languages/TAG.po`, from which
scripts/catalogue makes `locale/TAG.mo`, which gettext reads.
"""

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from gettext import GNUTranslations, NullTranslations
from importlib.resources import files

ENGLISH = "en"
VARIABLE = "MFA_RESET_LANGUAGE"
OPTION = "--language"
# In the order in which POSIX lets them decide (XBD, 8.2).
_LOCALE = ("LC_ALL", "LC_MESSAGES", "LANG")
_THOUSANDS = {"de": "."}


class _Current:
    """The language of this process."""

    code = ENGLISH


@cache
def languages() -> tuple[str, ...]:
    """Return the tags of all languages."""
    found = [path.name.removesuffix(".mo") for path in files(__package__).joinpath("locale").iterdir()]
    return (ENGLISH, *sorted(name for name in found if "." not in name))


@cache
def translations(code: str) -> NullTranslations:
    """Return the translations into a language of `languages()`."""
    if code == ENGLISH:
        return NullTranslations()
    with files(__package__).joinpath("locale", f"{code}.mo").open("rb") as file:
        return GNUTranslations(file)


def current() -> str:
    """Return the tag of the language that texts are written in."""
    return _Current.code


def use(code: str) -> None:
    """Write texts in this language from now on; in English where there is no such language."""
    _Current.code = known(code) or ENGLISH


def known(code: str) -> str:
    """Return the tag of the language that `code` means, such as de for de_DE.UTF-8; "" where there is none."""
    tag = code.strip().lower().partition(".")[0].partition("@")[0].replace("_", "-")
    return next((name for name in (tag, tag.partition("-")[0]) if name in languages()), "")


def chosen(arguments: Sequence[str], environ: Mapping[str, str]) -> str:
    """Return the language that a command line or an environment asks for.

    A language that there is not, as C and POSIX, is English: it was asked for, so what is asked less loudly does not count.
    """
    for place, argument in enumerate(arguments):
        if argument == OPTION:
            return "".join(arguments[place + 1 : place + 2])
        if argument.startswith(f"{OPTION}="):
            return argument.partition("=")[2]
    return next((environ[name] for name in (VARIABLE, *_LOCALE) if environ.get(name)), ENGLISH)


def gettext(text: str, /, **values: object) -> str:
    """Return the text in the current language, with the values in place of its %(name)s."""
    return _filled(translations(current()).gettext(text), values)


def look_up(text: str) -> str:
    """Return a text that scripts/catalogue finds by itself, such as that of an option, in the current language."""
    return translations(current()).gettext(text)


def ngettext(one: str, many: str, num: int, /, **values: object) -> str:
    """Return the text for so many: %(num)s stands for the number."""
    return _filled(translations(current()).ngettext(one, many, num), {"num": num, **values})


def number(value: int) -> str:
    """Return a whole number with its thousands marked."""
    return f"{value:,}".replace(",", _THOUSANDS.get(current(), ","))


def _filled(text: str, values: Mapping[str, object]) -> str:
    shown = {name: number(value) if isinstance(value, int) else value for name, value in values.items()}
    return text % shown if values else text


class _Texts(Mapping[str, str]):
    """Texts by code, translated when they are read: a module can hold them."""

    def __init__(self, english: Mapping[str, str]) -> None:
        self._english = english

    def __getitem__(self, code: str) -> str:
        return look_up(self._english[code])

    def __iter__(self) -> Iterator[str]:
        return iter(self._english)

    def __len__(self) -> int:
        return len(self._english)


def texts(english: Mapping[str, str]) -> Mapping[str, str]:
    """Return texts by code, each in the current language whenever it is read."""
    return _Texts(english)
