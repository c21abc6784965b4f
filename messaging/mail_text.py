"""The mails the service writes. Who sends them, and when, is decided elsewhere."""

from collections.abc import Mapping, Sequence
from copy import replace
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from domain.reconciliation.alerts import RemovalAlert
from domain.request.mail_references import in_brackets
from domain.text import clean
from web import labels
from web.attestation import AttestationView
from web.templating import environment
from web.views import ApprovalView, CustomerView, FollowUpView, NoticeView, OutcomeView, UserView

# A mail is for deciding whether to look; the page has every user. Outlook cuts long mails, and 20 fit on two screens.
APPROVAL_USERS = 20
# The requester has no page yet for what happened: more of it, those with trouble first.
OUTCOME_USERS = 100
# What phones and Outlook show of a subject; long before any server's limit of 998 (RFC 5322, 2.1.1).
SUBJECT = 110

TROUBLE_FIRST = ("failed", "partiallyReset", "cancelled", "refused", "pending", "reset", "alreadyClear")
_MAILS = environment(Path(__file__).parent / "templates")


class Mail(NamedTuple):
    """One mail to one address. `text` says the same as `html`; Graph's sendMail takes one of the two."""

    to: str
    subject: str
    html: str
    text: str


def approval_mail(view: ApprovalView, *, to: str, link: str, reference: str) -> Mail:
    """Ask one approver to look and decide. `link` is that approver's own, `reference` this mail's."""
    return _asking(view, to, link, reference, f"Approve {_asked(view)} of", "")


class Question(NamedTuple):
    """One of several requests in a mail, with the approver's own link."""

    view: ApprovalView
    link: str
    reminder: bool


def approvals_mail(questions: Sequence[Question], *, to: str, reference: str) -> Mail:
    """Ask one approver to look at several requests, each with its link; their users are on the pages."""
    reminders = all(question.reminder for question in questions)
    return _mail(
        to,
        f"{'Reminder: ' if reminders else ''}{len(questions)} MFA requests wait for your decision",
        "approvals",
        ending=f" {in_brackets(reference)}",
        questions=questions,
        reminder=reminders,
        reference=in_brackets(reference),
        now=questions[0].view.now,
    )


def reminder_mail(view: ApprovalView, *, to: str, link: str, reference: str) -> Mail:
    """Ask again an approver who has not decided."""
    return _asking(view, to, link, reference, f"Reminder: approve {_asked(view)} of", "reminder")


def outcome_mail(view: OutcomeView, *, to: str) -> Mail:
    """Inform the requester of the outcome of every user and method, failures first."""
    status = labels.say(labels.STATUS, view.status).lower()
    shown = _first(view.customers, OUTCOME_USERS, trouble_first=True)
    return _mail(
        to,
        f"{'Undo of MFA reset' if view.undo else 'Retry of MFA reset' if view.retry_of else 'MFA reset'} "
        f"{status}{_ticket(view.ticket)}",
        "outcome",
        view=view,
        customers=shown,
        more=view.targets - _users(shown),
    )


def user_notice_mail(view: NoticeView, *, to: str) -> Mail:
    """Inform a user of what was removed and what comes next. Without any link: that is what phishing looks like."""
    return _mail(to, "Your multi-factor authentication was reset", "user_notice", view=view)


def manager_notice_mail(view: NoticeView, *, to: str) -> Mail:
    """Inform the manager of a user who was reset. An attacker in the user's mailbox does not see it."""
    return _mail(
        to, f"Multi-factor authentication of {clean(view.user.name, 50)} was reset", "manager_notice", view=view
    )


def attestation_mail(view: AttestationView, *, to: str, link: str) -> Mail:
    """Ask a manager whether a user asked for a reset. `link` is the manager's own."""
    return _mail(
        to,
        f"Did {clean(view.user, 50)} ask for an MFA reset?{_ticket(view.ticket)}",
        "attestation",
        view=view,
        link=link,
    )


def follow_up_mail(view: FollowUpView, *, to: str) -> Mail:
    """Inform the requester which users need attention after the reset."""
    return _mail(
        to,
        f"MFA reset: who has registered again{_ticket(view.ticket)}",
        "follow_up",
        view=view,
        users=view.users[:OUTCOME_USERS],
        more=view.attention - OUTCOME_USERS,
    )


def removal_alerts_mail(alerts: Sequence[RemovalAlert], names: Mapping[str, str], now: datetime, *, to: str) -> Mail:
    """Inform an operator about removals that customers' audit logs and our records disagree about. `names` are the customers'."""
    shown: dict[str, list[RemovalAlert]] = {}
    for alert in alerts[:OUTCOME_USERS]:
        shown.setdefault(names.get(alert.customer, alert.customer), []).append(alert)
    return _mail(
        to,
        f"{labels.count(len(alerts), 'removal')} {'needs' if len(alerts) == 1 else 'need'} a look",
        "removal_alerts",
        customers=list(shown.items()),
        more=len(alerts) - OUTCOME_USERS,
        now=now,
    )


def _asked(view: ApprovalView) -> str:
    if view.undo:
        return "activating hardware tokens"
    return "retry of MFA reset" if view.retry_of else "MFA reset"


def _asking(view: ApprovalView, to: str, link: str, reference: str, what: str, kind: str) -> Mail:
    accepted = tuple(replace(customer, users=customer.accepted) for customer in view.customers)
    shown = _first(accepted, APPROVAL_USERS)
    whom = view.only_user.name if view.only_user else f"{view.totals.users:,} users"
    return _mail(
        to,
        # The name is cut, so that the ticket is still seen behind it.
        f"{what} {clean(whom, 50)}{_ticket(view.ticket)}",
        "approval",
        ending=f" {in_brackets(reference)}",
        view=view,
        link=link,
        reference=in_brackets(reference),
        reminder=kind == "reminder",
        customers=shown,
        more=view.totals.users - _users(shown),
    )


def _mail(to: str, subject: str, template: str, *, ending: str = "", **values: object) -> Mail:
    """`ending` stands at the end of the subject, however long the rest is."""
    subject = clean(subject, SUBJECT - len(ending)) + ending
    values["subject"] = subject
    return Mail(
        to=to,
        subject=subject,
        html=_MAILS.get_template(f"{template}.html").render(values),
        text=_MAILS.get_template(f"{template}.txt").render(values).strip() + "\n",
    )


def _ticket(ticket: str) -> str:
    return f" ({clean(ticket, 30)})" if ticket else ""


def _users(customers: Sequence[CustomerView]) -> int:
    return sum(len(customer.users) for customer in customers)


def _first(customers: Sequence[CustomerView], limit: int, *, trouble_first: bool = False) -> tuple[CustomerView, ...]:
    """Return the same customers with at most `limit` users between them; those left without one are not listed."""
    listed = [(place, user) for place, customer in enumerate(customers) for user in customer.users]
    if trouble_first:
        listed.sort(key=lambda entry: _trouble(entry[1]))
    chosen = listed[:limit]
    return tuple(
        replace(customer, users=users)
        for place, customer in enumerate(customers)
        if (users := tuple(user for where, user in chosen if where == place))
    )


def first_users(customers: Sequence[CustomerView], limit: int) -> tuple[CustomerView, ...]:
    """At most `limit` users between the customers, those with trouble first."""
    return _first(customers, limit, trouble_first=True)


def _trouble(user: UserView) -> int:
    return TROUBLE_FIRST.index(user.outcome) if user.outcome in TROUBLE_FIRST else 0
