"""Texts for people in the reader's language. English is the source; every other language is one file here (docs/languages.md)."""

from languages.formats import number, when
from languages.messages import Message, in_words
from languages.selection import ENGLISH, accepted, current, in_language, known, languages, tags
from languages.texts import gettext, ngettext, npgettext, pgettext, texts

__all__ = [
    "ENGLISH",
    "Message",
    "accepted",
    "current",
    "gettext",
    "in_language",
    "in_words",
    "known",
    "languages",
    "ngettext",
    "npgettext",
    "number",
    "pgettext",
    "tags",
    "texts",
    "when",
]
