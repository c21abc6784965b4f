"""The mails the service writes. Who sends them, and when, is decided elsewhere."""

from collections.abc import Mapping, Sequence
from copy import replace
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

import languages
from domain.partner.warnings import KeptWarning
from domain.reconciliation.alerts import RemovalAlert
from domain.request.mail_references import in_brackets
from domain.text import clean
from languages import gettext, ngettext
from web import labels
from web.attestation import AttestationView
from web.templating import environment
from web.views import ApprovalView, CustomerView, FollowUpView, NoticeView, OutcomeView, UserView

# A mail is for deciding whether to look; the page has every user. Outlook cuts long mails, and 20 fit on two screens.
APPROVAL_USERS = 20
# Of those who are not touched, by name; the page has all.
APPROVAL_REFUSED = 10
# The requester may not have access to the request's page: more of it, those with trouble first.
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
    return _asking(view, to, link, reference, reminder=False)


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
        _questions_subject(len(questions), reminders=reminders),
        "approvals",
        ending=f" {in_brackets(reference)}",
        questions=questions,
        reminder=reminders,
        reference=in_brackets(reference),
        now=questions[0].view.now,
    )


def reminder_mail(view: ApprovalView, *, to: str, link: str, reference: str) -> Mail:
    """Ask again an approver who has not decided."""
    return _asking(view, to, link, reference, reminder=True)


def outcome_mail(view: OutcomeView, *, to: str) -> Mail:
    """Inform the requester of the outcome of every user and method, failures first."""
    shown = _first(view.customers, OUTCOME_USERS, trouble_first=True)
    return _mail(
        to,
        _outcome_subject(view) + _ticket(view.ticket),
        "outcome",
        view=view,
        customers=shown,
        more=view.targets - _users(shown),
    )


def user_notice_mail(view: NoticeView, *, to: str) -> Mail:
    """Inform a user of what was removed and what comes next. Without any link: that is what phishing looks like."""
    return _mail(to, gettext("Your multi-factor authentication was reset"), "user_notice", view=view)


def manager_notice_mail(view: NoticeView, *, to: str) -> Mail:
    """Inform the manager of a user who was reset. An attacker in the user's mailbox does not see it."""
    subject = gettext("Multi-factor authentication of %(name)s was reset", name=clean(view.user.name, 50))
    return _mail(to, subject, "manager_notice", view=view)


def attestation_mail(view: AttestationView, *, to: str, link: str) -> Mail:
    """Ask a manager whether a user asked for a reset. `link` is the manager's own."""
    return _mail(
        to,
        gettext("Did %(name)s ask for an MFA reset?", name=clean(view.user, 50)) + _ticket(view.ticket),
        "attestation",
        view=view,
        link=link,
    )


def follow_up_mail(view: FollowUpView, *, to: str) -> Mail:
    """Inform the requester which users need attention after the reset."""
    return _mail(
        to,
        gettext("MFA reset: who has registered again") + _ticket(view.ticket),
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
        ngettext("%(num)s removal needs a look", "%(num)s removals need a look", len(alerts)),
        "removal_alerts",
        customers=list(shown.items()),
        more=len(alerts) - OUTCOME_USERS,
        now=now,
    )


def partner_warnings_mail(warnings: Sequence[KeptWarning], names: Mapping[str, str], now: datetime, *, to: str) -> Mail:
    """Inform the provider about partner relationships that end and consent that was lost. `names` are the customers'."""
    shown: dict[str, list[KeptWarning]] = {}
    for warning in warnings[:OUTCOME_USERS]:
        shown.setdefault(names.get(warning.customer, warning.customer), []).append(warning)
    many = len({warning.customer for warning in warnings})
    subject = ngettext(
        "The relationships with %(num)s customer need a look",
        "The relationships with %(num)s customers need a look",
        many,
    )
    return _mail(
        to,
        subject,
        "partner_warnings",
        customers=list(shown.items()),
        more=len(warnings) - OUTCOME_USERS,
        now=now,
    )


def _asking(view: ApprovalView, to: str, link: str, reference: str, *, reminder: bool) -> Mail:
    accepted = tuple(replace(customer, users=customer.accepted) for customer in view.customers)
    shown = _first(accepted, APPROVAL_USERS)
    refused = [user for customer in view.customers for user in customer.refused][:APPROVAL_REFUSED]
    return _mail(
        to,
        _approval_subject(view, reminder=reminder) + _ticket(view.ticket),
        "approval",
        ending=f" {in_brackets(reference)}",
        view=view,
        link=link,
        reference=in_brackets(reference),
        reminder=reminder,
        customers=shown,
        more=view.totals.users - _users(shown),
        refused=refused,
        refused_more=view.totals.refused - len(refused),
    )


def _approval_subject(view: ApprovalView, *, reminder: bool) -> str:
    if view.only_user is None:
        return _subject_of_many(view, view.totals.users, reminder=reminder)
    # The name is cut, so that the ticket is still seen behind it.
    name = clean(view.only_user.name, 50)
    if view.undo:
        if reminder:
            return gettext("Reminder: approve activating hardware tokens of %(name)s", name=name)
        return gettext("Approve activating hardware tokens of %(name)s", name=name)
    if view.retry_of:
        if reminder:
            return gettext("Reminder: approve retry of MFA reset of %(name)s", name=name)
        return gettext("Approve retry of MFA reset of %(name)s", name=name)
    if reminder:
        return gettext("Reminder: approve MFA reset of %(name)s", name=name)
    return gettext("Approve MFA reset of %(name)s", name=name)


def _subject_of_many(view: ApprovalView, users: int, *, reminder: bool) -> str:
    if view.undo:
        if reminder:
            return ngettext(
                "Reminder: approve activating hardware tokens of %(num)s user",
                "Reminder: approve activating hardware tokens of %(num)s users",
                users,
            )
        return ngettext(
            "Approve activating hardware tokens of %(num)s user",
            "Approve activating hardware tokens of %(num)s users",
            users,
        )
    if view.retry_of:
        if reminder:
            return ngettext(
                "Reminder: approve retry of MFA reset of %(num)s user",
                "Reminder: approve retry of MFA reset of %(num)s users",
                users,
            )
        return ngettext(
            "Approve retry of MFA reset of %(num)s user", "Approve retry of MFA reset of %(num)s users", users
        )
    if reminder:
        return ngettext(
            "Reminder: approve MFA reset of %(num)s user", "Reminder: approve MFA reset of %(num)s users", users
        )
    return ngettext("Approve MFA reset of %(num)s user", "Approve MFA reset of %(num)s users", users)


def _questions_subject(requests: int, *, reminders: bool) -> str:
    if reminders:
        return ngettext(
            "Reminder: %(num)s MFA request waits for your decision",
            "Reminder: %(num)s MFA requests wait for your decision",
            requests,
        )
    return ngettext(
        "%(num)s MFA request waits for your decision", "%(num)s MFA requests wait for your decision", requests
    )


def _outcome_subject(view: OutcomeView) -> str:
    status = labels.say(labels.STATUS, view.status)
    if languages.current() == languages.ENGLISH:  # within a sentence; other languages begin it with what was done
        status = status.lower()
    if view.undo:
        return gettext("Undo of MFA reset %(status)s", status=status)
    if view.retry_of:
        return gettext("Retry of MFA reset %(status)s", status=status)
    return gettext("MFA reset %(status)s", status=status)


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
