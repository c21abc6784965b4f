"""What people read of one thing, as a heading and indented lines that wrap: nothing is cut at 80 columns."""

import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.text import Text

from mfa_reset_client import labels
from mfa_reset_client.formatting import RESET, UNDO, Words, coloured, count_of, moment, printable, words_of
from mfa_reset_client.languages import gettext, ngettext, number, texts
from mfa_reset_client.models import (
    Action,
    Approver,
    AuditEvent,
    AuditLogState,
    Customer,
    Decision,
    FollowUpFinding,
    LookupRow,
    Method,
    PartnerCustomer,
    PartnerRelationship,
    PartnerWarning,
    ProposedFile,
    RemovalAlert,
    ResetRequest,
    Schedule,
    Status,
    Target,
    User,
)


def request_card(request: ResetRequest) -> RenderableType:
    """Show a request: status and id, what it is about, counts, and why it is as it is."""
    words = words_for(request)
    heading = coloured(words.status, request.status).append(f"  {printable(request.id)}", "default")
    who = request.asked_by or request.requester  # older services say only for whom
    about = [request.ticket, request.reason, gettext("requested by %(who)s", who=who) if who else ""]
    about += [moment(request.created_at)]
    about += [gettext("retry of %(id)s", id=request.retry_of)] if request.retry_of else []
    about += [gettext("takeover of %(id)s", id=request.takeover_of)] if request.takeover_of else []
    return _card(heading, [_joined(about), counts(request), *explanations(request)])


def request_line(request: ResetRequest) -> Text:
    """Show a request's progress in one line, for logs."""
    heading = coloured(words_for(request).status, request.status)
    return heading.append(f"  {printable(request.id)}  {counts(request)}", "default")


def counts(request: ResetRequest) -> str:
    """Return how many users the request has, and how many with each outcome."""
    totals = request.totals.model_dump(by_alias=True, exclude={"targets"})
    words = words_for(request).target
    parts = [
        f"{words_of(words, name)} {number(value)}" for name, value in totals.items() if isinstance(value, int) and value
    ]
    return f"{count_of(request.totals.targets, 'user')}" + (f": {' · '.join(parts)}" if parts else "")


def explanations(request: ResetRequest) -> list[str]:
    """Return sentences that explain the request's status."""
    lines = []
    if request.status == Status.AWAITING_APPROVAL:
        people = ", ".join(_approver(entry) for entry in request.approval.approvers)
        lines.append(_waiting(people or gettext("its approvers"), request.approval.expires_at))
    lines += _schedule(request.schedule, waits=request.status == Status.RESETTING)
    for decision in request.approval.decisions:
        comment = f": {printable(decision.comment)}" if decision.comment else ""
        lines.append(f"{_decided(decision)}{comment}")
    if request.failure and request.failure != request.status:
        lines.append(words_of({**labels.REASON, **labels.FAILURE}, request.failure))
    if request.detail:
        lines.append(printable(request.detail))
    return lines


def _waiting(people: str, until: datetime | None) -> str:
    if until is None:
        return gettext("Waiting for approval by %(people)s", people=people)
    return gettext("Waiting for approval by %(people)s until %(when)s", people=people, when=moment(until))


def _decided(decision: Decision) -> str:
    name = printable(decision.approver)
    if decision.decision == "approve":
        return gettext("Approved by %(name)s", name=name)
    if decision.decision == "deny":
        return gettext("Denied by %(name)s", name=name)
    return f"{printable(decision.decision)}: {name}"


def _schedule(schedule: Schedule | None, *, waits: bool) -> list[str]:
    if schedule is None:
        return []
    parts = [gettext("not before %(when)s", when=moment(schedule.not_before))] if schedule.not_before else []
    if schedule.waves:
        sizes = gettext(", then ").join([*map(number, schedule.waves), gettext("the rest")])
        parts.append(gettext("waves of %(sizes)s", sizes=sizes))
    if schedule.stop_above is not None:
        parts.append(gettext("stops if more than %(percent)s %% of a wave fail", percent=schedule.stop_above))
    when = "; ".join(parts) or gettext("in the maintenance windows of its customers")
    lines = [gettext("Scheduled: %(when)s", when=when)]
    lines += [
        gettext(
            "Wave %(number)s: %(users)s, begun %(when)s",
            number=place,
            users=count_of(wave.count, "user"),
            when=moment(wave.at),
        )
        for place, wave in enumerate(schedule.begun, start=1)
    ]
    if schedule.upcoming and waits:
        place, users = schedule.upcoming.number + 1, count_of(schedule.upcoming.count, "user")
        lines.append(gettext("Wave %(number)s: %(users)s, not begun", number=place, users=users))
    return [*lines, *([gettext("Stopped: too many users of the wave failed")] if schedule.stopped_at else [])]


def target_card(target: Target, words: Words = RESET) -> RenderableType:
    """Show a user of a request: the outcome, the reason, every method with its outcome, the sessions."""
    heading = coloured({**words.target, "cancelled": _untouched(target, words)}, target.outcome)
    heading.append(f"  {printable(target.user_principal_name)}", "bold")
    heading.append(f"  {_joined([target.display_name, target.customer], ', ')}", "default")
    lines: list[str | Text] = []
    if target.reason:
        lines.append(words_of(labels.REASON, _reason(target)))
    if target.detail and target.reason not in _SAID:
        lines.append(printable(target.detail))
    lines += [_action(name, action) for name, action in _actions(target)]
    lines += [_method(method, words) for method in target.methods]
    if target.forecast and target.outcome in {"pending", "reset", "alreadyClear"}:
        lines.append(words_of(labels.FORECAST, target.forecast))
    if target.follow_up:
        lines += _follow_up(target.follow_up)
    if target.access_pass is not None:
        shown = target.access_pass.state == "shown"
        seen = " " + gettext("to %(name)s", name=printable(target.access_pass.by)) if shown else ""
        why = words_of(labels.ACCESS_PASS_REASON, target.access_pass.reason) if target.access_pass.reason else ""
        lines.append(_joined([f"{words_of(labels.ACCESS_PASS, target.access_pass.state)}{seen}", why], ". "))
    if target.sessions_revoked is not None:
        ended = gettext("ended") if target.sessions_revoked else gettext("not ended")
        sessions = Text(gettext("Sign-in sessions:") + " ")
        lines.append(sessions.append(ended, "green" if target.sessions_revoked else "red"))
    return _card(heading, lines)


def alert_card(alert: RemovalAlert) -> RenderableType:
    """Show a disagreement: what, where, when, and the request it is near to."""
    heading = Text(words_of(labels.REMOVAL_ALERT, alert.kind), "red")
    heading.append(f"  {printable(alert.customer)}", "bold")
    lines = [
        _joined(
            [moment(alert.at), gettext("user %(id)s", id=alert.user_id) if alert.user_id else gettext("no user named")]
        )
    ]
    lines += [_joined([alert.activity, alert.entry_id])] if alert.entry_id else []
    if alert.request_id:
        removed = count_of(alert.removed, "method")
        lines.append(
            gettext(
                "Request %(id)s: %(methods)s removed, %(num)s in the log",
                id=printable(alert.request_id),
                methods=removed,
                num=alert.recorded,
            )
        )
    return _card(heading, lines)


def audit_log_line(state: AuditLogState) -> str:
    """Say in one line how far a customer's audit log was read."""
    words = words_of(labels.READ_STATE, state.state)
    return _joined(
        [f"{printable(state.customer)}: {words}", moment(state.read_until) if state.read_until else "", state.detail]
    )


def _actions(target: Target) -> list[tuple[str, Action]]:
    found = target.containment
    if found is None:
        return []
    named = {
        "blocked": found.blocked,
        "sessionsRevoked": found.sessions_revoked,
        "riskConfirmed": found.risk_confirmed,
        "unblocked": found.unblocked,
        "riskDismissed": found.risk_dismissed,
    }
    return [(name, action) for name, action in named.items() if action is not None]


def _action(name: str, action: Action) -> str:
    said = f"{words_of(labels.CONTAINMENT, name)}: {words_of(labels.ACTION_OUTCOME, action.outcome)}"
    why = words_of(labels.CONTAINMENT_REASON, action.reason) if action.reason else ""
    return f"{said} ({why})" if why else said


def user_card(user: User) -> RenderableType:
    """Show a user of a customer's directory."""
    facts = [user.customer, "" if user.enabled else gettext("disabled"), gettext("guest") if user.guest else ""]
    facts.append(gettext("administrator") if user.privileged else "")
    if user.registered is not None:
        facts.append(gettext("registered for MFA") if user.registered else gettext("not registered for MFA"))
    heading = Text(printable(user.user_principal_name), "bold").append(f"  {printable(user.display_name)}", "not bold")
    return _card(heading, [_joined(facts), gettext("Object id %(id)s", id=user.id)])


def lookup_card(row: LookupRow) -> RenderableType:
    """Show a line of a list that is not one user, and why."""
    heading = Text(gettext("Line %(line)s: %(state)s", line=row.line, state=words_of(labels.LOOKUP, row.state)), "bold")
    why = words_of({**labels.UNREACHABLE, **labels.LOOKUP_REASON}, row.reason) if row.reason else ""
    people = [f"{user.customer}: {user.user_principal_name}  {user.id}" for user in row.candidates]
    return _card(heading, [row.text, why, *people])


def customer_card(customer: Customer) -> RenderableType:
    """Show a customer and the methods that may be reset there."""
    heading = Text(printable(customer.customer), "bold").append(f"  {printable(customer.name)}", "not bold")
    methods = ", ".join(words_of(labels.METHOD_TYPE, method) for method in customer.methods)
    return _card(
        heading,
        [
            _joined(customer.domains),
            gettext("Tenant %(id)s", id=customer.tenant_id),
            gettext("May be reset: %(methods)s", methods=methods or gettext("none")),
        ],
    )


def partner_customer_card(customer: PartnerCustomer) -> RenderableType:
    """Show a customer of the partner relationships: how it stands in the policy, what is wrong, and its proposed file."""
    heading = Text(words_of(labels.PARTNER_STATE, customer.state), "bold" if customer.state == "new" else "default")
    heading.append(f"  {printable(customer.name or customer.tenant_id)}", "bold")
    lines: list[str | Text] = [_joined([customer.customer, gettext("Tenant %(id)s", id=customer.tenant_id)])]
    if customer.policy_name:
        lines.append(gettext("Called %(name)s in the policy", name=printable(customer.policy_name)))
    lines += [Text(_partner_warning(warning), "yellow") for warning in customer.warnings]
    for one in customer.relationships:
        said = [one.name, words_of(labels.RELATIONSHIP_STATUS, one.status), _end(one)]
        said.append(_roles(count_of(len(one.roles), "role"), one.role_names))
        lines.append(gettext("Relationship: %(facts)s", facts=_joined(said)))
    if not customer.has_access:
        why = words_of(labels.UNREACHABLE, customer.reason) if customer.reason else ", ".join(customer.missing)
        lines.append(gettext("No access: %(reason)s", reason=printable(why)))
        lines.append(gettext("Consent link: %(url)s", url=printable(customer.consent_url)))
    if customer.proposal:
        lines.append(gettext("Proposed: %(file)s", file=printable(customer.proposal.file)))
        lines += _todo(customer.proposal)
    return _card(heading, lines)


def _roles(count: str, names: list[str]) -> str:
    return ": ".join(filter(None, [count, ", ".join(names)]))


def _end(one: PartnerRelationship) -> str:
    if one.auto_extends:
        return gettext("extends itself")
    if one.ends_at is None:
        return ""
    if one.status in {"terminated", "expired"}:
        return gettext("ended %(at)s", at=moment(one.ends_at))
    return gettext("until %(at)s", at=moment(one.ends_at))


def _todo(proposal: ProposedFile) -> list[str]:
    lines = []
    if not proposal.domains_read:
        lines.append(gettext("Its domains could not be read. Add them in the file."))
    if proposal.taken:
        names = printable(", ".join(proposal.taken))
        lines.append(gettext("Another customer of the policy has %(names)s.", names=names))
    if proposal.needs_approvers:
        lines.append(gettext("It must name approvers, because the policy names none for all customers."))
    return lines


def _partner_warning(warning: PartnerWarning) -> str:
    when = moment(warning.at) if warning.at else ""
    if when and warning.kind == "consentLost":
        when = gettext("last seen %(at)s", at=when)
    roles = ""
    if warning.kind == "relationshipEnding" and not warning.is_last:
        roles = ngettext(
            "%(num)s role that no other relationship has",
            "%(num)s roles that no other relationship has",
            warning.roles,
        )
        roles = _roles(roles, warning.role_names)
    return _joined([words_of(labels.PARTNER_WARNING, warning.kind), warning.relationship, when, roles])


def event_card(event: AuditEvent, words: Words = RESET) -> RenderableType:
    """Show an audit event: when, what and who, and its data."""
    heading = Text(f"{event.number}  {moment(event.at)}  ").append(words_of(words.event, event.event), "bold")
    heading.append(f"  {printable(event.actor)}", "not bold")
    return _card(heading, list(_facts(event.data)))


_WOULD = texts(
    {
        "target": "Would be reset",
        "method": "would be removed",
        "undoTarget": "Would be active again",
        "undoMethod": "would be activated",
    }
)


def words_for(request: ResetRequest) -> Words:
    """Return the words for a reset or an undo.

    What has not been started by the end of a request will not be: the words then say what a dry run would do, or that nothing
    was done.
    """
    words = UNDO if request.undo_of else RESET
    if request.status == Status.PLANNED:
        target, method = ("undoTarget", "undoMethod") if request.undo_of else ("target", "method")
        return words._replace(
            target={**words.target, "pending": _WOULD[target]}, method={**words.method, "pending": _WOULD[method]}
        )
    if request.ended:
        otherwise = words.target["cancelled"] if request.status == Status.CANCELLED else gettext("Not touched")
        untouched = labels.UNTOUCHED.get(request.status, otherwise)
        users = {**words.target, "pending": untouched, "cancelled": untouched}
        return words._replace(target=users, method={**words.method, "pending": gettext("not touched")})
    return words


def _untouched(target: Target, words: Words) -> str:
    """Return why nothing of this user was changed, as far as the reason says so."""
    return labels.UNTOUCHED.get(target.reason, words.target["cancelled"])


# Reasons of a request's end, where it came while the user was being reset.
_MIDWAY = {"cancelled": "cancelledMidway", "requestFailed": "failedMidway"}


# Reasons of a request's end to which the service adds only the same in other words.
_SAID = frozenset({"denied", "excludedByApprover", "expired", "requestFailed", "wavesStopped"})


def _reason(target: Target) -> str:
    return _MIDWAY.get(target.reason, target.reason) if target.outcome == "partiallyReset" else target.reason


def _card(heading: Text, lines: Iterable[str | Text]) -> RenderableType:
    texts = (line if isinstance(line, Text) else Text(printable(line)) for line in lines if line)
    indented = (Padding(text, (0, 0, 0, 2), expand=False) for text in texts)
    return Group(heading, *indented)


def _joined(parts: Iterable[str], separator: str = " · ") -> str:
    return separator.join(printable(part) for part in parts if part)


def _follow_up(found: FollowUpFinding) -> list[str]:
    what = [words_of(labels.FOLLOW_UP, found.state), *(words_of(labels.SUSPICION, word) for word in found.suspicions)]
    lines = [gettext("Since then: %(what)s", what=_joined(what, ", "))]
    for one in found.registrations:
        place = f"{one.address} {one.country}".strip()
        lines.append(gettext("Registered %(facts)s", facts=_joined([moment(one.at), place, one.by_name])))
    return lines + ([printable(found.detail)] if found.detail else [])


def _method(method: Method, words: Words) -> Text:
    name = words_of(labels.METHOD_TYPE, method.type)
    label = f" {printable(method.label)}" if method.label and method.label != method.type else ""
    detail = f" ({printable(method.detail)})" if method.detail else ""
    if method.type == "fido2":
        since = gettext("registered %(day)s", day=f"{method.created_at:%Y-%m-%d}") if method.created_at else ""
        model = printable(method.model) if method.model not in method.label else ""
        label += "".join(f", {part}" for part in (model, since) if part)
    return Text(f"{name}{label}: ").append(coloured(words.method, method.outcome)).append(detail)


def _approver(entry: Approver) -> str:
    problem = {"failed": gettext("mail not sent"), "bounced": gettext("mail bounced")}.get(entry.mail)
    through = f" ({', '.join(map(printable, entry.through))})" if entry.through else ""
    return printable(entry.approver) + through + (f" ({problem}: {printable(entry.detail)})" if problem else "")


def _facts(data: Mapping[str, Any]) -> Iterable[str]:
    """Yield the simple values of an event's data; nested ones are for --json."""
    for name, value in data.items():
        text = ""
        if isinstance(value, bool):
            text = gettext("yes") if value else gettext("no")
        elif isinstance(value, str | int | float):
            text = printable(value)
        elif isinstance(value, list) and all(isinstance(entry, str) for entry in value):
            text = ", ".join(map(printable, value))
        if text:
            yield f"{_spaced(printable(name))}: {text}"


def _spaced(name: str) -> str:
    """Return `plan digest` for `planDigest`."""
    return re.sub(r"(?<=[a-z])([A-Z])", lambda found: f" {found[1].lower()}", name)
