"""Posts to a channel of Microsoft Teams, through a workflow, that a request waits for approval.

The trigger "When a Teams webhook request is received" takes a message with one Adaptive Card:
https://learn.microsoft.com/microsoftteams/platform/webhooks-and-connectors/how-to/connectors-using
No one can decide in the channel: the card has a link, which leads approvers to their own page once they are signed in.
"""

import json
from datetime import datetime
from typing import Any, NamedTuple

import languages
from domain.text import clean
from languages import gettext, number, when
from messaging.addresses import Resolve, look_up
from messaging.callback import Answer, post

# The lowest that has all elements below (RichTextBlock is the newest), and that of the example on the page above.
_VERSION = "1.2"
_CARD = "application/vnd.microsoft.card.adaptive"
# Longer tickets are cut: a message may have 28 KB, as the page above says.
_TICKET = 100


class ChannelView(NamedTuple):
    """What the card says of a request. All members of the channel see it, so it names no person, customer or reason."""

    request_id: str
    link: str  # without any token
    users: int
    customers: int
    quorum: int
    expires_at: datetime
    ticket: str = ""
    step_up: bool = False
    undo: bool = False
    retry: bool = False
    takeover: bool = False


async def post_approval_message(url: str, view: ChannelView, *, resolve: Resolve = look_up) -> Answer:
    """Post the card to the workflow's address and return its answer.

    There is no key for repeats: a post that got no answer may have been taken, so another one may show a second card.
    Raises: NoAnswerError or AddressNotAllowedError where there is no answer.
    """
    body = json.dumps(approval_message(view), ensure_ascii=False, separators=(",", ":")).encode()
    return await post(url, body, {"Content-Type": "application/json"}, resolve=resolve)


def approval_message(view: ChannelView) -> dict[str, Any]:
    """Return the message that the trigger of the workflow takes."""
    return {"type": "message", "attachments": [{"contentType": _CARD, "contentUrl": None, "content": _card(view)}]}


def _card(view: ChannelView) -> dict[str, Any]:
    title = _title(view)
    rows = [
        (gettext("Users"), number(view.users)),
        (gettext("Customers"), number(view.customers)),
        *([(gettext("Ticket"), clean(view.ticket, _TICKET))] if view.ticket else []),
        (gettext("Decide by"), when(view.expires_at)),
        (gettext("Approvals needed"), number(view.quorum)),
        (gettext("Request"), view.request_id),
    ]
    body: list[dict[str, Any]] = [
        {"type": "TextBlock", "text": title, "weight": "Bolder", "size": "Medium", "wrap": True}
    ]
    if view.step_up:
        closer = gettext("Take a closer look. This request needs more approvals than usual.")
        body.append(_line(closer, color="Warning"))
    body += [_row(name, value) for name, value in rows]
    body.append(
        _line(
            gettext("Approvers decide on the page, after they sign in. Nothing changes before enough of them approve.")
        )
    )
    return {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": _VERSION,
        "lang": languages.current()[:2],
        "fallbackText": title,
        "body": body,
        # The only action: it opens a page. What submits or executes would let a member of the channel decide.
        "actions": [{"type": "Action.OpenUrl", "title": gettext("Review request"), "url": view.link}],
    }


def _title(view: ChannelView) -> str:
    if view.undo:
        return gettext("Approval needed: activating hardware tokens again")
    if view.retry:
        return gettext("Approval needed: retry of MFA reset")
    return gettext("Approval needed: takeover of MFA reset") if view.takeover else gettext("Approval needed: MFA reset")


def _row(name: str, value: str) -> dict[str, Any]:
    # Texts from elsewhere are text runs, in which Markdown has no meaning: a ticket cannot bring a link of its own.
    return _rich({"type": "TextRun", "text": f"{name}: ", "weight": "Bolder"}, {"type": "TextRun", "text": value})


def _line(text: str, **looks: str) -> dict[str, Any]:
    return _rich({"type": "TextRun", "text": text, **looks})


def _rich(*runs: dict[str, Any]) -> dict[str, Any]:
    return {"type": "RichTextBlock", "inlines": list(runs)}
