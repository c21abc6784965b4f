"""Text for people: consoles, safe text, words, times and counts."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import NamedTuple

from rich.console import Console
from rich.text import Text

from mfa_reset_client import labels
from mfa_reset_client.languages import ngettext

# Where no terminal gives its width (pipelines): lines of this length stay whole in every log viewer.
LOG_WIDTH = 160
_GOOD = {"reset", "alreadyClear", "deleted", "deactivated", "alreadyGone", "completed", "planned"}
_OPEN = {"pending", "planning", "awaitingApproval", "resetting"}


class Words(NamedTuple):
    """The words for the codes of one kind of request."""

    status: Mapping[str, str]
    target: Mapping[str, str]
    method: Mapping[str, str]
    event: Mapping[str, str]


RESET = Words(labels.STATUS, labels.TARGET_OUTCOME, labels.METHOD_OUTCOME, labels.EVENT)
UNDO = Words(labels.UNDO_STATUS, labels.UNDO_TARGET_OUTCOME, labels.UNDO_METHOD_OUTCOME, labels.UNDO_EVENT)


def make_console(*, stderr: bool = False) -> Console:
    """Return a console as wide as the terminal, or LOG_WIDTH columns wide without one."""
    console = Console(stderr=stderr, highlight=False, soft_wrap=False)
    if console.is_terminal:
        return console
    return Console(stderr=stderr, highlight=False, width=LOG_WIDTH)


def printable(text: object) -> str:
    """Replace control characters, with which text from elsewhere could move the cursor or recolour the output.

    The lines of a text, such as an approver's comment, become one.
    """
    line = re.sub(r"\s*[\n\t]\s*", " ", str(text))
    return "".join(c if c.isprintable() else "�" for c in line)


def words_of(table: Mapping[str, str], code: str) -> str:
    """Return the words for a code, or the code itself if a newer service uses one that has none here."""
    return table.get(code) or printable(code)


def coloured(table: Mapping[str, str], code: str) -> Text:
    """Return the words for a status or an outcome in its colour."""
    style = "green" if code in _GOOD else "yellow" if code in _OPEN else "red"
    return Text(words_of(table, code), style)


def count_of(num: int, noun: str) -> str:
    """Return `1 user` or `10,000 users`; `noun` is one of those below."""
    match noun:
        case "user":
            return ngettext("%(num)s user", "%(num)s users", num)
        case "role":
            return ngettext("%(num)s role", "%(num)s roles", num)
        case "method":
            return ngettext("%(num)s method", "%(num)s methods", num)
        case "event":
            return ngettext("%(num)s event", "%(num)s events", num)
    raise LookupError(noun)


def moment(at: datetime) -> str:
    """Return a time in UTC, as logs and tickets need it."""
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
