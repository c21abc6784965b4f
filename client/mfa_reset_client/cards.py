"""What people read of one thing, as a heading and indented lines that wrap: nothing is cut at 80 columns."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.text import Text

from mfa_reset_client import labels
from mfa_reset_client.formatting import RESET, UNDO, Words, coloured, count_of, moment, printable, words_of
from mfa_reset_client.models import (
    Action,
    Approver,
    AuditEvent,
    AuditLogState,
    Customer,
    FollowUpFinding,
    LookupRow,
    Method,
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
    about = [request.ticket, request.reason, f"requested by {who}" if who else ""]
    about += [moment(request.created_at)]
    about += [f"retry of {request.retry_of}"] if request.retry_of else []
    about += [f"takeover of {request.takeover_of}"] if request.takeover_of else []
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
        f"{words_of(words, name)} {number:,}" for name, number in totals.items() if isinstance(number, int) and number
    ]
    return f"{count_of(request.totals.targets, 'user')}" + (f": {' · '.join(parts)}" if parts else "")


def explanations(request: ResetRequest) -> list[str]:
    """Return sentences that explain the request's status."""
    lines = []
    if request.status == Status.AWAITING_APPROVAL:
        people = ", ".join(_approver(entry) for entry in request.approval.approvers)
        until = f" until {moment(request.approval.expires_at)}" if request.approval.expires_at else ""
        lines.append(f"Waiting for approval by {people or 'its approvers'}{until}")
    lines += _schedule(request.schedule)
    for decision in request.approval.decisions:
        verb = {"approve": "Approved", "deny": "Denied"}.get(decision.decision, printable(decision.decision))
        comment = f": {printable(decision.comment)}" if decision.comment else ""
        lines.append(f"{verb} by {printable(decision.approver)}{comment}")
    if request.failure and request.failure != request.status:
        lines.append(words_of({**labels.REASON, **labels.FAILURE}, request.failure))
    if request.detail:
        lines.append(printable(request.detail))
    return lines


def _schedule(schedule: Schedule | None) -> list[str]:
    if schedule is None:
        return []
    parts = [f"not before {moment(schedule.not_before)}"] if schedule.not_before else []
    if schedule.waves:
        parts.append("waves of " + ", then ".join([*(f"{size:,}" for size in schedule.waves), "the rest"]))
    if schedule.stop_above is not None:
        parts.append(f"stops if more than {schedule.stop_above} % of a wave fail")
    lines = [f"Scheduled: {'; '.join(parts) or 'in the maintenance windows of its customers'}"]
    lines += [
        f"Wave {number}: {count_of(wave.count, 'user')}, begun {moment(wave.at)}"
        for number, wave in enumerate(schedule.begun, start=1)
    ]
    return [*lines, *(["Stopped: too many users of the wave failed"] if schedule.stopped_at else [])]


def target_card(target: Target, words: Words = RESET) -> RenderableType:
    """Show a user of a request: the outcome, the reason, every method with its outcome, the sessions."""
    heading = coloured({**words.target, "cancelled": _untouched(target, words)}, target.outcome)
    heading.append(f"  {printable(target.user_principal_name)}", "bold")
    heading.append(f"  {_joined([target.display_name, target.customer], ', ')}", "default")
    lines: list[str | Text] = []
    if target.reason:
        lines.append(words_of(labels.REASON, _reason(target)))
    if target.detail:
        lines.append(printable(target.detail))
    lines += [_action(name, action) for name, action in _actions(target)]
    lines += [_method(method, words) for method in target.methods]
    if target.forecast and target.outcome in {"pending", "reset", "alreadyClear"}:
        lines.append(words_of(labels.FORECAST, target.forecast))
    if target.follow_up:
        lines += _follow_up(target.follow_up)
    if target.access_pass is not None:
        seen = f" to {printable(target.access_pass.by)}" if target.access_pass.state == "shown" else ""
        why = words_of(labels.ACCESS_PASS_REASON, target.access_pass.reason) if target.access_pass.reason else ""
        lines.append(_joined([f"{words_of(labels.ACCESS_PASS, target.access_pass.state)}{seen}", why], ". "))
    if target.sessions_revoked is not None:
        ended = "ended" if target.sessions_revoked else "not ended"
        lines.append(Text("Sign-in sessions: ").append(ended, "green" if target.sessions_revoked else "red"))
    return _card(heading, lines)


def alert_card(alert: RemovalAlert) -> RenderableType:
    """Show a disagreement: what, where, when, and the request it is near to."""
    heading = Text(words_of(labels.REMOVAL_ALERT, alert.kind), "red")
    heading.append(f"  {printable(alert.customer)}", "bold")
    lines = [_joined([moment(alert.at), f"user {alert.user_id}" if alert.user_id else "no user named"])]
    lines += [_joined([alert.activity, alert.entry_id])] if alert.entry_id else []
    if alert.request_id:
        removed = count_of(alert.removed, "method")
        lines.append(f"Request {printable(alert.request_id)}: {removed} removed, {alert.recorded} in the log")
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
    facts = [user.customer, "" if user.enabled else "disabled", "guest" if user.guest else ""]
    facts.append("administrator" if user.privileged else "")
    if user.registered is not None:
        facts.append("registered for MFA" if user.registered else "not registered for MFA")
    heading = Text(printable(user.user_principal_name), "bold").append(f"  {printable(user.display_name)}", "not bold")
    return _card(heading, [_joined(facts), f"Object id {user.id}"])


def lookup_card(row: LookupRow) -> RenderableType:
    """Show a line of a list that is not one user, and why."""
    heading = Text(f"Line {row.line}: {words_of(labels.LOOKUP, row.state)}", "bold")
    why = words_of({**labels.UNREACHABLE, **labels.LOOKUP_REASON}, row.reason) if row.reason else ""
    people = [f"{user.customer}: {user.user_principal_name}  {user.id}" for user in row.candidates]
    return _card(heading, [row.text, why, *people])


def customer_card(customer: Customer) -> RenderableType:
    """Show a customer and the methods that may be reset there."""
    heading = Text(printable(customer.customer), "bold").append(f"  {printable(customer.name)}", "not bold")
    methods = ", ".join(words_of(labels.METHOD_TYPE, method) for method in customer.methods)
    return _card(
        heading, [_joined(customer.domains), f"Tenant {customer.tenant_id}", f"May be reset: {methods or 'none'}"]
    )


def event_card(event: AuditEvent, words: Words = RESET) -> RenderableType:
    """Show an audit event: when, what and who, and its data."""
    heading = Text(f"{event.number}  {moment(event.at)}  ").append(words_of(words.event, event.event), "bold")
    heading.append(f"  {printable(event.actor)}", "not bold")
    return _card(heading, list(_facts(event.data)))


_WOULD = ("Would be reset", "would be removed")


def words_for(request: ResetRequest) -> Words:
    """Return the words for a reset or an undo.

    What has not been started by the end of a request will not be: the words then say what a dry run would do, or that nothing
    was done.
    """
    words = UNDO if request.undo_of else RESET
    if request.status == Status.PLANNED:
        target, method = ("Would be active again", "would be activated") if request.undo_of else _WOULD
        return words._replace(target={**words.target, "pending": target}, method={**words.method, "pending": method})
    if request.ended:
        otherwise = words.target["cancelled"] if request.status == Status.CANCELLED else "Not touched"
        untouched = labels.UNTOUCHED.get(request.status, otherwise)
        users = {**words.target, "pending": untouched, "cancelled": untouched}
        return words._replace(target=users, method={**words.method, "pending": "not touched"})
    return words


def _untouched(target: Target, words: Words) -> str:
    """Return why nothing of this user was changed, as far as the reason says so."""
    return labels.UNTOUCHED.get(target.reason, words.target["cancelled"])


# Reasons of a request's end, where it came while the user was being reset.
_MIDWAY = {"cancelled": "cancelledMidway", "requestFailed": "failedMidway"}


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
    lines = [f"Since then: {_joined(what, ', ')}"]
    for one in found.registrations:
        place = f"{one.address} {one.country}".strip()
        lines.append(f"Registered {_joined([moment(one.at), place, one.by_name])}")
    return lines + ([printable(found.detail)] if found.detail else [])


def _method(method: Method, words: Words) -> Text:
    name = words_of(labels.METHOD_TYPE, method.type)
    label = f" {printable(method.label)}" if method.label and method.label != method.type else ""
    detail = f" ({printable(method.detail)})" if method.detail else ""
    if method.type == "fido2":
        since = f"registered {method.created_at:%Y-%m-%d}" if method.created_at else ""
        model = printable(method.model) if method.model not in method.label else ""
        label += "".join(f", {part}" for part in (model, since) if part)
    return Text(f"{name}{label}: ").append(coloured(words.method, method.outcome)).append(detail)


def _approver(entry: Approver) -> str:
    problem = {"failed": "mail not sent", "bounced": "mail bounced"}.get(entry.mail)
    through = f" ({', '.join(map(printable, entry.through))})" if entry.through else ""
    return printable(entry.approver) + through + (f" ({problem}: {printable(entry.detail)})" if problem else "")


def _facts(data: Mapping[str, Any]) -> Iterable[str]:
    """Yield the simple values of an event's data; nested ones are for --json."""
    for name, value in data.items():
        text = ""
        if isinstance(value, bool):
            text = "yes" if value else "no"
        elif isinstance(value, str | int | float):
            text = printable(value)
        elif isinstance(value, list) and all(isinstance(entry, str) for entry in value):
            text = ", ".join(map(printable, value))
        if text:
            yield f"{_spaced(printable(name))}: {text}"


def _spaced(name: str) -> str:
    """Return `plan digest` for `planDigest`."""
    return re.sub(r"(?<=[a-z])([A-Z])", lambda found: f" {found[1].lower()}", name)
