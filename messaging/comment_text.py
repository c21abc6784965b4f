"""Comments for tickets: what happened, in the markup of the system that shows them.

The reason is the requester's text, and names come from directories: each format escapes what its system would take for
markup.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from jinja2 import Environment
from markupsafe import Markup

from domain.policy.load import Template
from domain.request.schedule import Schedule
from domain.text import clean
from languages.catalogue import active
from languages.texts import shown
from messaging.events import EventKind
from messaging.mail_text import first_users
from web.templating import PRINTED, environment
from web.views import CustomerView, DecisionView

# A ticket is read, not searched: those with trouble first, and how many more there are.
COMMENT_USERS = 50
COMMENT_APPROVERS = 10

# What the systems take in the field that a comment goes to: docs/sources has the field of each.
FORMATS: dict[Template, str] = {
    "servicenow": "txt",
    "jira": "wiki",
    "zendesk": "html",
    "halopsa": "html",
    "connectwise": "txt",
    "freshservice": "html",
}

# What a backslash takes the meaning from: ESCAPABLE_WIKI_CHARS in BackslashEscapeRendererComponent of Atlassian's renderer.
_WIKI = re.compile(r"([][!^~+?%{}()*_|@-])")
# Two backslashes are a line break there, so that one in a name would take the meaning from our own: its full-width form has none.
_BACKSLASH = "\uff3c"


class CommentView(NamedTuple):
    """`waiting_for` are approvers who were asked and have not decided.

    `proofs` are the kinds of evidence that count for any of the users, until `proof_until`.
    `outcomes` and `follow_up` have at least the first users that a comment names; `users` and `followed` count all of them.
    """

    request_id: str
    status: str
    users: int
    dry_run: bool
    undo: bool
    asked_by: str
    reason: str
    customers: tuple[str, ...]
    waiting_for: tuple[str, ...] = ()
    quorum: int = 0
    expires_at: datetime | None = None
    schedule: Schedule | None = None  # when it resets once it is approved; None: at once
    proof_until: datetime | None = None
    proofs: tuple[str, ...] = ()
    decisions: tuple[DecisionView, ...] = ()
    outcomes: tuple[CustomerView, ...] = ()
    retry_of: str = ""
    takeover_of: str = ""
    follow_up: tuple[tuple[str, str], ...] = ()  # a user's name and a code of labels.FOLLOW_UP
    followed: int = 0


def comment(template: Template, kind: EventKind, view: CommentView) -> str:
    """Return the comment for an event of `kind`, in the markup of `template`'s system."""
    form = FORMATS[template]
    shown = first_users(view.outcomes, COMMENT_USERS)
    text = (
        _FORMS[form]
        .get_template(f"comment.{form}")
        .render(
            kind=kind,
            view=view,
            customers=shown,
            more=view.users - sum(len(c.users) for c in shown),
            waiting_for=view.waiting_for[:COMMENT_APPROVERS],
            others_waiting=len(view.waiting_for) - COMMENT_APPROVERS,
            follow_up=view.follow_up[:COMMENT_USERS],
            more_followed=view.followed - COMMENT_USERS,
        )
    )
    return text.strip()


def wiki_text(text: str) -> str:
    """`text` as Jira's wiki renderer shows it letter by letter."""
    return _WIKI.sub(r"\\\1", text.replace("\\", _BACKSLASH))


def plain_text(text: str) -> str:
    """ServiceNow runs HTML between [code] and [/code]; ConnectWise makes links of [text](address)."""
    return re.sub(r"\[(?=/?code\])", "[ ", text, flags=re.IGNORECASE).replace("](", "] (")


def _form(escape: Callable[[str], str] | None) -> Environment:
    form = environment(Path(__file__).parent / "comments")
    if escape is not None:
        # Every printed value passes here, so that no template can forget it.
        form.finalize = lambda value: _escaped(value, escape)
        _translate(form, escape)
    return form


def _escaped(value: object, escape: Callable[[str], str]) -> object:
    if not isinstance(value, str) or isinstance(value, Markup):
        return value
    return Markup(escape(clean(value, PRINTED)))  # noqa: S704 - text formats, escaped for their system


def _translate(form: Environment, escape: Callable[[str], str]) -> None:
    """Have the texts of a format translated: what is put into them is escaped, and they are not."""

    def filled(text: str, values: dict[str, object]) -> Markup:
        return Markup(text) % {  # noqa: S704 - a catalogue is a file of ours
            name: _escaped(shown(value), escape) for name, value in values.items()
        }

    def gettext(text: str, /, **values: object) -> Markup:
        return filled(active().gettext(text), values)

    def ngettext(one: str, many: str, num: int, /, **values: object) -> Markup:
        return filled(active().ngettext(one, many, num), {"num": num} | values)

    form.globals.update({"_": gettext, "gettext": gettext, "ngettext": ngettext})


_FORMS = {"html": _form(None), "wiki": _form(wiki_text), "txt": _form(plain_text)}


def waiting(approvers: Iterable[str], decided: Sequence[DecisionView]) -> tuple[str, ...]:
    """Return those approvers who have not decided."""
    done = {decision.approver for decision in decided}
    return tuple(approver for approver in approvers if approver not in done)
