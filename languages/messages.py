"""Texts of errors: English where they are raised, logged and stored, in the reader's language where they are shown."""

from typing import Self

from languages.catalogue import active
from languages.selection import ENGLISH, current
from languages.texts import shown


class Message(str):
    """A text that is English as a string. `text` is a literal, with %(name)s for each of `values`; scripts/catalogue finds it."""

    __slots__ = ("_text", "_values")
    _text: str
    _values: dict[str, object]

    def __new__(cls, text: str, /, **values: object) -> Self:
        """Return a message whose values may be messages themselves."""
        made = super().__new__(cls, text % values if values else text)
        made._text, made._values = text, values
        return made

    @classmethod
    def saying(cls, english: str, template: "Message", **values: object) -> Self:
        """Return a message whose English words are others' own, and whose translation is that of a template with these values."""
        made = super().__new__(cls, english)
        made._text, made._values = str(template), values
        return made

    def translated(self) -> str:
        """Return the text in the current language."""
        if current() == ENGLISH:  # numbers too stay as they are
            return str(self)
        text = active().gettext(self._text)
        return text % {name: shown(in_words(value)) for name, value in self._values.items()} if self._values else text


def in_words(value: object) -> object:
    """Return a message in the current language, and anything else as it is."""
    return value.translated() if isinstance(value, Message) else value
