"""Instants on pages, as `<time>` elements: in UTC and named so, until a script of the console shows the reader's own time.

Pages of approvers and managers have no script for times, and a mail has none at all: there the words stay as they are here.
"""

import re
from datetime import UTC, datetime
from typing import Literal

from markupsafe import Markup, escape

import languages
from domain.text import clean

# "ago" is how long ago it was, for lists; "" the date and the time of day as well.
type Style = Literal["", "ago"]

_ELEMENT = Markup('<time{} datetime="{}" title="{}" data-time="{}">{}</time>')
_DAY = re.compile(r"\b\d{4}-\d{2}-\d{2}\b", re.ASCII)
_CLASS = Markup(' class="{}"')


def time_element(at: datetime, style: Style = "", classes: str = "") -> Markup:
    """Return the element for an instant; its title has the second, in UTC, for all readers."""
    utc = at.astimezone(UTC)
    named = _CLASS.format(classes) if classes else ""
    return _ELEMENT.format(
        named, utc.isoformat(timespec="seconds"), f"{utc:%Y-%m-%d %H:%M:%S} UTC", style, languages.when(utc)
    )


def timed(text: str, *instants: datetime | None) -> Markup:
    """Return a text for people with the words of these instants as elements."""
    marked = escape(text)
    for at in instants:
        if at is not None:
            marked = marked.replace(escape(languages.when(at)), time_element(at))
    return marked


def days(text: str) -> Markup:
    """Return a text with its calendar days, such as 2026-11-24, as elements; they are the same in every time zone."""
    return Markup(_DAY.sub(r'<time datetime="\g<0>">\g<0></time>', escape(clean(text))))  # noqa: S704 - escaped before
