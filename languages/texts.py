"""Texts in the current language. Placeholders are `%(name)s`, and a percent sign of a text that has any is `%%`.

scripts/catalogue finds what is written here as a literal: the arguments of these functions, and the values in `texts`.
"""

from collections.abc import Iterator, Mapping
from itertools import chain

from languages.catalogue import active
from languages.formats import number


def gettext(text: str, **values: object) -> str:
    """Return the text in the current language, with the values in place of its placeholders."""
    return filled(active().gettext(text), values)


def ngettext(one: str, many: str, num: int, **values: object) -> str:
    """Return the text for so many: `%(num)s` stands for the number."""
    return filled(active().ngettext(one, many, num), {"num": num} | values)


def pgettext(context: str, text: str, **values: object) -> str:
    """Return a text whose words mean different things in different places; `context` says which one, to translators."""
    return filled(active().pgettext(context, text), values)


def npgettext(context: str, one: str, many: str, num: int, **values: object) -> str:
    """Return the text for so many, in a context."""
    return filled(active().npgettext(context, one, many, num), {"num": num} | values)


def filled(text: str, values: Mapping[str, object]) -> str:
    """Return the text with the values in place of its placeholders, numbers as the language writes them."""
    return text % {name: shown(value) for name, value in values.items()} if values else text


def shown(value: object) -> object:
    """Return a value as a text shows it: a whole number with its thousands marked."""
    return number(value) if isinstance(value, int) and not isinstance(value, bool) else value


class _Texts[Value: (str, tuple[str, str])](Mapping[str, Value]):
    """Texts by code. They are translated when they are read, so a module can hold them."""

    def __init__(self, *parts: Mapping[str, Value]) -> None:
        # What another of these holds is English, whichever language this module is imported under.
        self.english: dict[str, Value] = dict(
            chain.from_iterable((part.english if isinstance(part, _Texts) else part).items() for part in parts)
        )

    def __getitem__(self, code: str) -> Value:
        english = self.english[code]
        if isinstance(english, str):
            return gettext(english)
        first, second = english
        return gettext(first), gettext(second)

    def __iter__(self) -> Iterator[str]:
        return iter(self.english)

    def __len__(self) -> int:
        return len(self.english)


def texts[Value: (str, tuple[str, str])](*parts: Mapping[str, Value]) -> Mapping[str, Value]:
    """Return texts by code, each in the current language whenever it is read; a later part replaces codes of an earlier one."""
    return _Texts(*parts)
