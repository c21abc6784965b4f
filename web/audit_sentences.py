"""Audit events as sentences about people. The event itself is shown beside its sentence, unchanged."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

from markupsafe import Markup, escape

from domain.audit.chain import AuditEvent, is_unchanged
from domain.request.reset_request import ResetRequest
from domain.text import clean
from languages import gettext, ngettext, number, texts
from web import console_labels, containment_labels, labels
from web.name_elements import name_element, request_element
from web.times import time_element


class Names(NamedTuple):
    """Who and what an event speaks of: customers by key, users by their number and by object id, people by lower-case address.

    `reasons`: why users ended as they did, by number.
    """

    request: ResetRequest
    customers: Mapping[str, str]
    users: Mapping[int, str]
    ids: Mapping[str, str]
    people: Mapping[str, str]
    reasons: Mapping[int, str] = MappingProxyType({})

    def person(self, text: object) -> Markup:
        """Return a person by name, with the address as the title; an address that has no known name as it is."""
        shown = clean(str(text or ""))
        if shown == "service":
            return name_element(gettext("The service"))
        if shown.startswith("key:"):
            return name_element(gettext("API key %(name)s", name=shown.removeprefix("key:")))
        name = self.people.get(shown.casefold())
        if not shown:
            return name_element(gettext("Somebody"))
        return name_element(clean(name), shown) if name else name_element(shown)

    def everyone(self, texts: object) -> Markup:
        """Return several people."""
        found = [self.person(text) for text in texts] if isinstance(texts, list) else []
        return Markup(", ").join(found) if found else name_element(gettext("no one"))

    def user(self, number: object) -> Markup:
        """Return the user of a target's number."""
        name = self.users.get(number) if isinstance(number, int) else None
        return name_element(clean(name)) if name else name_element(gettext("user %(number)s", number=_ordinal(number)))

    def outcome(self, target: Mapping[str, Any]) -> str:
        """Return how a user of an event ended, in words."""
        reason = self.reasons.get(target.get("number", -1), "")
        return labels.target_outcome(str(target.get("outcome", "")), reason, undo=bool(self.request.undo_of))

    def customer(self, key: object) -> Markup:
        return name_element(self.customers.get(str(key), str(key)))

    def link(self, request_id: object, text: str = "") -> Markup:
        return request_element(str(request_id), clean(text) or str(request_id)[:8])

    @property
    def own(self) -> Markup:
        """The request, by its ticket."""
        return self.link(self.request.id, self.request.ticket)

    def where(self, keys: list[str] | None = None) -> Markup:
        """Return the customers of the request, or these of them."""
        named = self.request.customers if keys is None else keys
        return _list([self.customer(key) for key in named[:_NAMED]], len(named))


class Told(NamedTuple):
    """An event for a person: one sentence, and details as label and value."""

    sentence: Markup
    details: tuple[tuple[str, Markup | str], ...] = ()


# Customers named in a sentence.
_NAMED = 3


def tell(event: AuditEvent, names: Names) -> Told:
    """Return the event as a person reads it. A kind without a sentence is shown by its words: a page must not fail for one.

    What an event says that was changed since it was written, or cannot be read, is not taken for what happened.
    """
    if not is_unchanged(names.request.id, event):
        return Told(escape(gettext("The record of this event cannot be read, or was changed since it was written.")))
    if event.event in _WRITERS:
        sentence = _WRITERS[event.event](event, names)
    elif event.event in _PLAIN:
        plain = _PLAIN_UNDO if names.request.undo_of else _PLAIN
        sentence = _safe(plain[event.event] % _values(event, names))
    else:
        return Told(escape(labels.say(console_labels.EVENT, event.event)))
    return Told(sentence, tuple(_details(event, names)))


def _ordinal(number: object) -> int:
    return number + 1 if isinstance(number, int) else 0


def _safe(text: str) -> Markup:
    # The text is of a catalogue of ours, and its values are names that were escaped before.
    return Markup(text)  # noqa: S704


def _accepted(event: AuditEvent, names: Names) -> Markup:
    request, who, at = names.request, names.person(event.actor), names.where()
    if request.requester and request.requester.casefold() not in {
        event.actor.casefold(),
        request.requested_by.casefold(),
    }:
        who = _safe(gettext("%(who)s, on behalf of %(requester)s,", who=who, requester=names.person(request.requester)))
    number = names.request.target_count
    given: dict[str, object] = {"who": who, "request": names.own, "customers": at}
    if request.undo_of:
        return _safe(
            ngettext(
                "%(who)s requested to activate the hardware tokens of %(num)s user at %(customers)s again (request %(request)s).",
                "%(who)s requested to activate the hardware tokens of %(num)s users at %(customers)s again (request %(request)s).",
                number,
                **given,
            )
        )
    if request.dry_run:
        return _safe(
            ngettext(
                "%(who)s asked what a reset of %(num)s user at %(customers)s would do (dry run %(request)s).",
                "%(who)s asked what a reset of %(num)s users at %(customers)s would do (dry run %(request)s).",
                number,
                **given,
            )
        )
    if request.containment:
        return _safe(
            ngettext(
                "%(who)s requested the containment of %(num)s user at %(customers)s (request %(request)s).",
                "%(who)s requested the containment of %(num)s users at %(customers)s (request %(request)s).",
                number,
                **given,
            )
        )
    return _safe(
        ngettext(
            "%(who)s requested a reset of %(num)s user at %(customers)s (request %(request)s).",
            "%(who)s requested a reset of %(num)s users at %(customers)s (request %(request)s).",
            number,
            **given,
        )
    )


def _decided(event: AuditEvent, names: Names) -> Markup:
    actor = event.actor.casefold()
    entry = next((each for each in names.request.approval.approvers if each.approver.casefold() == actor), None)
    keys = list(entry.customers) if entry and entry.customers else None
    without = event.data.get("without") or []
    given: dict[str, object] = {
        "who": names.person(event.actor),
        "request": names.own,
        "customers": names.where(keys),
    }
    # How many users that left is not in the event: the plan may refuse some of them.
    if event.data.get("decision") != "approve":
        return _safe(gettext("%(who)s denied request %(request)s at %(customers)s.", **given))
    if not without:
        return _safe(gettext("%(who)s approved request %(request)s at %(customers)s.", **given))
    return _safe(
        ngettext(
            "%(who)s approved request %(request)s at %(customers)s and excluded %(num)s user.",
            "%(who)s approved request %(request)s at %(customers)s and excluded %(num)s users.",
            len(without),
            **given,
        )
    )


def _planned(event: AuditEvent, names: Names) -> Markup:
    quorum, approvers = event.data.get("quorum") or 0, event.data.get("approvers") or []
    given: dict[str, object] = {"request": names.own, "approvers": names.everyone(approvers)}
    if not quorum or not approvers:
        return _safe(gettext("The plan of request %(request)s was made. It needs no approval.", **given))
    return _safe(
        ngettext(
            "The plan of request %(request)s was made. It needs %(num)s approval, and %(approvers)s may decide.",
            "The plan of request %(request)s was made. It needs %(num)s approvals, and %(approvers)s may decide.",
            quorum,
            **given,
        )
    )


def _manager_asked(event: AuditEvent, names: Names) -> Markup:
    given = {"manager": names.person(event.data.get("manager")), "user": names.user(event.data.get("target"))}
    if event.data.get("mail") == "sent":
        return _safe(
            gettext("%(manager)s was asked by mail whether %(user)s asked for this, as their manager.", **given)
        )
    return _safe(gettext("The manager of %(user)s could not be asked whether the user asked for this.", **given))


def _evidence(event: AuditEvent, names: Names) -> Markup:
    kind = labels.say(labels.EVIDENCE_KIND, str(event.data.get("kind", "")))
    given = {"who": names.person(event.actor), "user": names.user(event.data.get("target")), "kind": escape(kind)}
    if event.event == "evidenceRecorded":
        return _safe(gettext("%(who)s confirmed that it is %(user)s who asks: %(kind)s.", **given))
    return _safe(gettext("A proof by %(who)s about %(user)s did not count: %(kind)s.", **given))


def _targets_ended(event: AuditEvent, names: Names) -> Markup:
    targets = _targets(event)
    outcomes: dict[str, int] = {}
    for target in targets:
        text = names.outcome(target)
        outcomes[text] = outcomes.get(text, 0) + 1
    customer = names.customer(event.data.get("customer"))
    if len(targets) == 1:
        user = names.user(targets[0].get("number"))
        outcome = escape(next(iter(outcomes)))
        return _safe(gettext("%(user)s at %(customer)s: %(outcome)s.", user=user, customer=customer, outcome=outcome))
    counts = escape(", ".join(f"{text} {number}" for text, number in outcomes.items()))
    return _safe(
        ngettext(
            "%(num)s user at %(customer)s finished: %(counts)s.",
            "%(num)s users at %(customer)s finished: %(counts)s.",
            len(targets),
            customer=customer,
            counts=counts,
        )
    )


def _contained(event: AuditEvent, names: Names) -> Markup:
    number, customer = len(_targets(event)), names.customer(event.data.get("customer"))
    if event.event == "contained":
        return _safe(
            ngettext(
                "Sign-in of %(num)s user at %(customer)s was blocked and sessions were ended, as far as that was possible.",
                "Sign-in of %(num)s users at %(customer)s was blocked and sessions were ended, as far as that was possible.",
                number,
                customer=customer,
            )
        )
    return _safe(
        ngettext(
            "The containment of %(num)s user at %(customer)s was undone, as far as that was possible.",
            "The containment of %(num)s users at %(customer)s was undone, as far as that was possible.",
            number,
            customer=customer,
        )
    )


def _release_asked(event: AuditEvent, names: Names) -> Markup:
    given, number = {"who": names.person(event.actor)}, int(event.data.get("users") or 0)
    if event.data.get("action") == "dismissRisk":
        return _safe(
            ngettext(
                "%(who)s asked to dismiss the risk of %(num)s user.",
                "%(who)s asked to dismiss the risk of %(num)s users.",
                number,
                **given,
            )
        )
    return _safe(
        ngettext("%(who)s asked to unblock %(num)s user.", "%(who)s asked to unblock %(num)s users.", number, **given)
    )


def _ended(event: AuditEvent, names: Names) -> Markup:
    words = labels.UNDO_STATUS if names.request.undo_of else labels.STATUS
    status = escape(labels.say(words, str(event.data.get("status", ""))))
    return _safe(gettext("Request %(request)s ended: %(status)s.", request=names.own, status=status))


def _taken_over(event: AuditEvent, names: Names) -> Markup:
    given = {
        "who": names.person(event.actor),
        "user": names.user(event.data.get("target")),
        "other": names.link(event.data.get("takenOverFor")),
    }
    if event.actor == "service":
        return _safe(
            gettext(
                "%(user)s was taken over for request %(other)s, because this request was not decided for long.", **given
            )
        )
    return _safe(gettext("%(who)s took %(user)s over for request %(other)s.", **given))


type Writer = Callable[[AuditEvent, Names], Markup]

# Kinds whose sentence is always the same but for names; see `_values`.
_PLAIN: Mapping[str, str] = texts(
    {
        "delegateAsked": "%(delegate)s is asked in place of %(approver)s, who is away.",
        "verificationAsked": "Request %(request)s waits for proof that its users ask for this themselves.",
        "presentationRequested": "%(who)s showed %(user)s the code for a Verified ID.",
        "verificationDenied": "%(who)s said that %(user)s did not ask for this.",
        "verificationEnded": "Request %(request)s waits for no more proof.",
        "accessPassShown": "%(who)s was shown a Temporary Access Pass for %(user)s.",
        "accessPassFailed": "%(who)s asked for a Temporary Access Pass for %(user)s, and none could be made.",
        "approvalMailSent": "%(approver)s was asked by mail to decide.",
        "reminderSent": "%(approver)s was reminded by mail to decide.",
        "mailBounced": "The mail to %(approver)s came back: it could not be delivered.",
        "mailFailed": "A mail to %(to)s could not be sent.",
        "outcomeMailSent": "The outcome was mailed to %(to)s.",
        "followUpMailSent": "Who has registered again was mailed to %(to)s.",
        "escalated": "Approvals were missing, so these were asked, too: %(approvers)s.",
        "denied": "Request %(request)s was denied, and nothing was removed.",
        "expired": "Request %(request)s expired without enough approvals, and nothing was removed.",
        "cancelled": "Request %(request)s was cancelled before a decision.",
        "planChanged": "The recorded plan of request %(request)s is not the approved one, so nothing was removed.",
        "cancelAccepted": "%(who)s cancelled request %(request)s.",
        "resetting": "Request %(request)s was fully approved, and the reset began.",
        "waveBegun": "Wave %(wave)s of request %(request)s began.",
        "wavesStopped": "The reset stopped after wave %(wave)s: too many of its users failed.",
        "undoAsked": "%(who)s requested to undo request %(request)s: %(other)s.",
        "tokenActivated": "%(who)s activated a hardware token of %(user)s again.",
        "tokenCodeRefused": "%(who)s sent a wrong code for a hardware token of %(user)s.",
        "restarted": "Request %(request)s was started again after a fault of the service.",
        "followedUp": "The service looked again at who has registered.",
        "userNoticesSent": "The users were notified by mail.",
        "removalAlert": "The audit log of %(customer)s disagrees with the records about %(user)s.",
        "approvalMailsAskedAgain": "%(who)s had the approval mails to %(approvers)s sent again.",
        "mailsAskedAgain": "%(who)s had the failed mails sent again.",
        "personDeleted": "%(who)s deleted the personal data of a user at %(customer)s.",
        "callbackDelivered": "The ticket system was notified: %(what)s.",
        "callbackFailed": "The ticket system could not be notified: %(what)s.",
        "teamsMessageAccepted": "A message to the approvers' Teams channel was accepted for delivery.",
        "teamsMessageFailed": "A message to the approvers' Teams channel could not be delivered.",
        "eventLost": "The Service Bus did not take an event: %(what)s.",
    }
)
# The same for an undo, which resets nothing.
_PLAIN_UNDO: Mapping[str, str] = texts(
    _PLAIN, {"resetting": "Request %(request)s was fully approved, and codes of its tokens count now."}
)
_WRITERS: Mapping[str, Writer] = {
    "accepted": _accepted,
    "managerAsked": _manager_asked,
    "evidenceRecorded": _evidence,
    "evidenceRefused": _evidence,
    "planned": _planned,
    "decided": _decided,
    "contained": _contained,
    "released": _contained,
    "releaseAsked": _release_asked,
    "targetsEnded": _targets_ended,
    "takenOver": _taken_over,
    "ended": _ended,
}
# All kinds that have a sentence. A test over the code's events keeps it complete.
KINDS = (*_WRITERS, *_PLAIN)


def _values(event: AuditEvent, names: Names) -> dict[str, Markup | int]:
    """Return everything that a plain sentence may name."""
    data = event.data
    user = names.user(data.get("target", data.get("number")))
    if "userId" in data:
        user = name_element(names.ids.get(str(data["userId"]), str(data["userId"])))
    return {
        "who": names.person(event.actor),
        "request": names.own,
        "user": user,
        "approver": names.person(data.get("approver")),
        "approvers": names.everyone(data.get("approvers")),
        "delegate": names.person(data.get("delegate")),
        "to": names.person(data.get("to") or data.get("approver")),
        "customer": names.customer(data.get("customer")),
        "other": names.link(data.get("undoneBy")),
        "wave": int(data.get("wave") or 0),
        "what": escape(labels.say(console_labels.CALLBACK, str(data.get("kind", "")))),
    }


def _targets(event: AuditEvent) -> list[dict[str, Any]]:
    found = event.data.get("targets")
    return [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []


def _details(event: AuditEvent, names: Names) -> list[tuple[str, Markup | str]]:
    """Return what a person may want to know besides the sentence."""
    data = event.data
    found: list[tuple[str, Markup | str]] = []
    if event.event == "accepted":
        request = names.request
        found.append((gettext("Requested by"), request.asked_by or gettext("not named")))
        found.append((gettext("Requested"), labels.source_words(request.source)))
        found.append((gettext("Reason"), request.reason or gettext("no reason given")))
        found += [(gettext("Retry of"), names.link(data["retryOf"]))] if data.get("retryOf") else []
        found += [(gettext("Takeover of"), names.link(data["takeoverOf"]))] if data.get("takeoverOf") else []
        found += [(gettext("Undo of"), names.link(data["undoOf"]))] if data.get("undoOf") else []
        kinds = [labels.say(labels.METHOD_TYPE, str(kind)) for kind in data.get("methods") or []]
        found += [(gettext("Methods to reset"), ", ".join(kinds))] if kinds else []
    if event.event == "waveBegun":
        found.append((gettext("Users"), number(int(data.get("targets") or 0))))
    if data.get("comment"):
        found.append((gettext("Comment"), str(data["comment"])))
    if data.get("without"):
        excluded = [names.user(number) for number in data["without"][:_LISTED]]
        found.append((gettext("Excluded"), _list(excluded, len(data["without"]))))
    for target in _targets(event)[:_LISTED]:
        found.append((_plain(names.user(target.get("number"))), _target_text(event, target, names)))
    if len(_targets(event)) > _LISTED:
        found.append((gettext("More users"), gettext("In the raw event")))
    if isinstance(data.get("expiresAt"), str) and names.request.approval.expires_at:
        found.append((gettext("Decide by"), time_element(names.request.approval.expires_at)))
    if isinstance(data.get("reason"), str) and data["reason"]:
        found.append((gettext("Cause"), _cause(event.event, data["reason"])))
    if isinstance(data.get("detail"), str) and data["detail"]:
        found.append((gettext("Detail"), data["detail"]))
    return found


# Users named below a sentence.
_LISTED = 100


def _list(names: list[Markup], number: int) -> Markup:
    shown = Markup(", ").join(names)
    rest = number - len(names)
    return shown if rest <= 0 else shown + " " + gettext("and %(num)s more", num=rest)


def _plain(name: Markup) -> str:
    return name.striptags()


def _cause(kind: str, code: str) -> str:
    if kind == "removalAlert":
        return labels.say(labels.REMOVAL_ALERT, code)
    words = labels.ACCESS_PASS_REASON if kind == "accessPassFailed" else labels.REASON
    return labels.say(words, code)


def _target_text(event: AuditEvent, target: Mapping[str, Any], names: Names) -> str:
    """Return what the event says of one user."""
    if event.event == "targetsEnded":
        undo = bool(names.request.undo_of)
        words = labels.method_outcomes(ended=True, undo=undo)
        parts = [
            f"{labels.say(labels.METHOD_TYPE, str(method[0]))}: {labels.say(words, str(method[2]))}"
            for method in target.get("methods") or []
        ]
        return "; ".join([names.outcome(target), *parts])
    return "; ".join(
        f"{labels.say(containment_labels.CONTAINMENT, name)}: "
        f"{labels.say(containment_labels.ACTION_OUTCOME, str(value[0]))}"
        for name, value in target.items()
        if isinstance(value, list) and value
    )
