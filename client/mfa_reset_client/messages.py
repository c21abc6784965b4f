"""Texts of errors: English for programs, in the user's language for people."""

import errno
from collections.abc import Mapping
from typing import Self

from mfa_reset_client.languages import look_up


class Message(str):
    """A text that is English as a string, so that JSON and logs are the same in every language.

    `text` is a literal, with %(name)s for each of `values`; scripts/catalogue finds it.
    """

    __slots__ = ("_text", "_values")
    _text: str
    _values: dict[str, object]

    def __new__(cls, text: str, /, **values: object) -> Self:
        """Return a message whose values may be messages themselves."""
        made = super().__new__(cls, text % values if values else text)
        made._text, made._values = text, values
        return made

    def filled(self, **values: str) -> str:
        """Return a message that was made without values, in the current language, with these."""
        return look_up(self._text) % values if values else look_up(self._text)

    def translated(self) -> str:
        """Return the text in the current language."""
        if not self._values:
            return look_up(self._text)
        return look_up(self._text) % {name: in_words(value) for name, value in self._values.items()}


def in_words(value: object) -> str:
    """Return a message, or that of an error, in the current language; any other text as it is."""
    if isinstance(value, Exception) and len(value.args) == 1:
        value = value.args[0]
    return value.translated() if isinstance(value, Message) else str(value)


# What the system says of files, which Python has in English whatever the locale.
_OF_FILES: Mapping[int, Message] = {
    errno.ENOENT: Message("No such file or directory"),
    errno.EACCES: Message("Permission denied"),
    errno.EPERM: Message("Operation not permitted"),
    errno.EISDIR: Message("Is a directory"),
    errno.ENOTDIR: Message("Not a directory"),
    errno.EEXIST: Message("File exists"),
    errno.ENOSPC: Message("No space left on device"),
    errno.EROFS: Message("Read-only file system"),
}


def file_error(error: OSError) -> str:
    """Return why a file could not be read or written."""
    return _OF_FILES.get(error.errno or 0) or error.strerror or str(error)
