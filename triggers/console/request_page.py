"""Gather what the page of one request shows."""

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

import azure.functions as func

from domain.audit.chain import AuditEvent
from domain.bootstrap.offer import pass_standing
from domain.outcomes import MethodOutcome, RequestStatus, TargetOutcome
from domain.request.approval import approvals, left_out, same_account
from domain.request.notifications import Notification
from domain.request.reset_request import Decision, ResetRequest
from domain.request.target import Target
from services import Services
from triggers.console.operators import Operator, operator_of
from triggers.http.authorization import AUDITORS
from triggers.http.parameters import parse_unsigned
from use_cases.ask_managers import manager_not_reached
from use_cases.holders import account_of, holders_of
from use_cases.left_out_users import left_out_names
from use_cases.read_audit import names_for
from use_cases.read_request import find_request
from use_cases.read_targets import all_targets, targets_from
from use_cases.redeliver import teams_message_failed, undelivered_callbacks, unpublished_events
from use_cases.related_requests import related_names
from use_cases.release_users import asked_for
from use_cases.resend_mails import approvers_not_reached
from web import labels
from web.audit_sentences import Told, tell
from web.presenters import (
    containment_view,
    display_status,
    ended_untouched,
    followed_views,
    leaves_sessions_open,
    reason_of,
    user_view,
)

_TARGETS = 50
_EVENTS = 200
# What needs every target (counts per customer, notices, exposed users) is shown only for requests that are quick to read.
_COUNTED = 1000
_NAMED = 50


class Sums:
    """Sums over all targets of a request. `failed` names the users whose notice failed, and why; `held`: by other requests."""

    def __init__(self) -> None:
        self.by_customer: dict[str, Counter[str]] = {}
        self.notices: dict[str, Counter[str]] = {}
        self.failed: list[tuple[str, str, str]] = []
        self.followed: list[Target] = []
        self.held: list[Target] = []
        self.managers_failed = 0
        self.deactivated = 0  # hardware tokens
        self.untouched: Counter[str] = Counter()  # users of whom nothing was changed, by reason
        self.refused: Counter[str] = Counter()  # users whom the plan refuses, by reason

    def add(self, target: Target) -> None:
        self.managers_failed += manager_not_reached(target)
        if target.held_by:
            self.held.append(target)
        self.deactivated += sum(method.outcome is MethodOutcome.DEACTIVATED for method in target.methods)
        if target.outcome is TargetOutcome.CANCELLED:
            self.untouched[target.reason] += 1
        if target.outcome is TargetOutcome.REFUSED:
            self.refused[target.reason] += 1
        self.by_customer.setdefault(target.customer, Counter())[target.outcome.value] += 1
        for mail in target.mails:
            self.notices.setdefault(mail.to, Counter())[mail.state] += 1
            if mail.state == "failed":
                self.failed.append((target.user_principal_name or target.asked, mail.to, mail.detail))
        if target.follow_up:
            self.followed.append(target)

    def complete(self, ranges: Iterable[tuple[str, int, int]]) -> None:
        """Count as pending those of each customer's targets (key, first, count) that were not added."""
        for customer, _, count in ranges:
            counted = self.by_customer.setdefault(customer, Counter())
            counted[TargetOutcome.PENDING.value] += count - counted.total()


class RequestState:
    """The state of one request; `etag` changes whenever the page would."""

    def __init__(
        self,
        services: Services,
        req: func.HttpRequest,
        operator: Operator,
        request: ResetRequest,
        totals: dict[str, int],
        decisions: list[Decision],
        notifications: list[Notification],
        *,
        cancelled: dict[str, Any] | None,
    ) -> None:
        self._services = services
        self._reach, self._caller = operator.reach, operator.caller
        self.request = request
        self.totals = totals
        self.decisions = decisions
        self._notifications = notifications
        self._cancelled = cancelled
        self._outcome = req.params.get("outcome", "")
        self._cause = req.params.get("cause", "")[:40]
        text = req.params.get("from", "0")
        self._start = parse_unsigned(text, 6) or 0
        records = [request, *decisions, *self._notifications]
        seen = [
            [record.to_json() for record in records],
            totals,
            self._outcome,
            self._cause,
            self._start,
            self.live,
            cancelled,
        ]
        self.etag = f'"{hashlib.sha256(json.dumps(seen, sort_keys=True).encode()).hexdigest()[:24]}"'

    @property
    def live(self) -> bool:
        """Return whether the page may still change: until the request has ended and all its events are delivered."""
        return not self.request.status.ended or any("pending" in {each.state, each.bus} for each in self._notifications)

    @classmethod
    async def read(cls, services: Services, req: func.HttpRequest) -> "RequestState":
        operator = operator_of(services, req, AUDITORS)
        request = await find_request(services, req.route_params.get("id"), operator.reach)
        totals, decisions = await services.targets.totals(request.id), await services.requests.decisions(request.id)
        if request.status is RequestStatus.PLANNING:  # not all are written yet
            totals[TargetOutcome.PENDING.value] += request.target_count - sum(totals.values())
        notifications = await services.notifications.all(request.id)
        cancelled = await services.requests.cancelled(request.id)
        return cls(services, req, operator, request, totals, decisions, notifications, cancelled=cancelled)

    async def view(self) -> dict[str, Any]:
        services, request = self._services, self.request
        targets, following = await self._page()
        given_for = approvals(request, self.decisions)
        given = {decision.approver.casefold(): decision for decision in self.decisions}
        cancelled = self._cancelled
        sums = await self._sums()
        exposed, causes = await self._problems()
        held = await holders_of(services, map(account_of, sums.held), self._reach, but=request.id)
        followed = followed_views(services.policy, sums.followed)
        stands = display_status(
            request, self.decisions, services.now(), cancelled=cancelled is not None, totals=self.totals
        )
        return {
            "request": request,
            "stands": stands,
            "nothing": ended_untouched(request, stands),
            "totals": self.totals,
            "words": labels.target_outcomes(stands, undo=bool(request.undo_of)),
            "counts": _counts(self.totals, sums, stands, undo=bool(request.undo_of)),
            "done": request.target_count - sum(self.totals.get(outcome, 0) for outcome in ("pending", *_NOT_DONE)),
            "finishing": await self._finishing() if stands == "cancelling" else 0,
            "open_sessions": exposed,
            "undoable": sums.deactivated if self._can_be_undone() else 0,
            "causes": causes.most_common(),
            "cause": self._cause,
            "etag": self.etag,
            "live": self.live,
            "approvers": [(entry, given.get(entry.approver.casefold())) for entry in request.approval.approvers],
            "given": {key: given_for[key] for key in request.customers if key in given_for},
            "same_account": same_account(self.decisions),
            "cancelled": cancelled,
            "targets": [(target, user_view(target, request)) for target in targets],
            "passes": {t.number: pass_standing(services.policy.bootstrap, t, services.now()) for t in targets},
            "by_customer": sums.by_customer if len(request.customers) > 1 else {},
            "callbacks": [each for each in self._notifications if each.state != "none"],
            "topic": [each for each in self._notifications if each.bus != "none"],
            "told_left": bool(
                undelivered_callbacks(services, self._notifications)
                or unpublished_events(services, self._notifications)
            ),
            "teams_left": teams_message_failed(services, request),
            "held": sum(one.undecided for one in held.values()),
            "holders": {target.number: held.get(account_of(target)) for target in sums.held},
            "containment_view": containment_view(request),
            "releases": request.status.ended and not asked_for(request, self._caller.name, self._caller),
            "approvers_left": await approvers_not_reached(services, request),
            "notices": sums.notices,
            "notices_failed": sums.failed[:_NAMED],
            "managers_failed": sums.managers_failed,
            "mails_left": bool(sums.failed or sums.managers_failed)
            or any(mail.state == "failed" for mail in request.mails),
            "followed": followed[:_NAMED],
            "followed_more": max(0, len(followed) - _NAMED),
            "large": request.target_count > _COUNTED,
            "outcome": self._outcome,
            "outcomes": [outcome.value for outcome in TargetOutcome],
            "start": self._start,
            "following": following,
            "events": await self._events(),
            "customer_names": {
                key: services.policy.customers[key].name or key
                for key in request.customers
                if key in services.policy.customers
            },
            "now": services.now(),
            "related": await related_names(services, request, self._reach),
            "retryable": request.status.ended and self._retryable(),
            "left_out_names": await left_out_names(services, request, self.decisions),
        }

    async def _events(self) -> list[tuple[AuditEvent, Told]]:
        events = await self._services.audits.page(self.request.id, 0, _EVENTS)
        names = await names_for(self._services, self.request, events)
        return [(event, tell(event, names)) for event in events]

    def _retryable(self) -> bool:
        # A retry is a reset, so an undo cannot be retried.
        excluded = sum(map(len, left_out(self.request, self.decisions).values()))
        return not self.request.dry_run and not self.request.undo_of and _open_ends(self.totals) > excluded

    def _can_be_undone(self) -> bool:
        request, within = self.request, self._services.policy.undo.within
        if request.undo_of or request.undone_by or request.dry_run or request.ended_at is None:
            return False
        return self._services.now() < request.ended_at + within

    async def _page(self) -> tuple[list[Target], int | None]:
        """The next users with the outcome that is asked for, and where the page after them begins."""
        found: list[Target] = []
        at, end = self._start, min(self.request.target_count, self._start + 2000)
        while len(found) < _TARGETS and at < end:
            page = await targets_from(self._services, self.request, at, _TARGETS)
            if not page:
                break
            for target in page:
                at = target.number + 1
                if self._is_shown(target):
                    found.append(target)
                    if len(found) == _TARGETS:
                        break
        return found, at if at < self.request.target_count else None

    def _is_shown(self, target: Target) -> bool:
        if self._outcome and target.outcome.value != self._outcome:
            return False
        return not self._cause or (target.outcome.value in _NOT_WELL and reason_of(target, self.request) == self._cause)

    async def _finishing(self) -> int:
        """Return how many users a cancel came to while they were being reset."""
        targets = all_targets(self._services, self.request.id)
        return sum([target.touched and not target.settled async for target in targets])

    async def _problems(self) -> tuple[list[str], Counter[str]]:
        """Return who has methods removed and sessions still open, by name, and how many users have which cause of a failure."""
        exposed: list[str] = []
        causes: Counter[str] = Counter()
        if not any(self.totals.get(outcome) for outcome in _NOT_WELL):
            return exposed, causes
        async for target in all_targets(self._services, self.request.id):
            if self.request.revoke_sessions and leaves_sessions_open(target):
                exposed.append(target.user_principal_name or target.asked)
            if target.outcome.value in _NOT_WELL and target.reason:
                causes[reason_of(target, self.request)] += 1
        return exposed, causes

    async def _sums(self) -> Sums:
        sums = Sums()
        if self.request.target_count <= _COUNTED:
            async for target in all_targets(self._services, self.request.id):
                sums.add(target)
            if self.request.status is RequestStatus.PLANNING:  # not all are written yet
                sums.complete(self.request.ranges)
        return sums


# Outcomes with a cause that somebody can do something about.
_NOT_WELL = (TargetOutcome.FAILED.value, TargetOutcome.PARTIALLY_RESET.value, TargetOutcome.REFUSED.value)
# Reasons that have words of their own beside the outcome's.
_OWN_WORDS = labels.UNTOUCHED.keys() | labels.REFUSED.keys()
# What no reset was begun for.
_NOT_DONE = (TargetOutcome.CANCELLED.value, TargetOutcome.REFUSED.value)


def _counts(totals: Mapping[str, int], sums: Sums, stands: str, *, undo: bool) -> list[tuple[str, int]]:
    """Return the users per outcome in words; those of whom nothing was changed by their reason, where it is known."""
    words = labels.target_outcomes(stands, undo=undo)
    known = {TargetOutcome.CANCELLED.value: sums.untouched, TargetOutcome.REFUSED.value: sums.refused}
    found: list[tuple[str, int]] = []
    for code, text in words.items():
        reasons = known.get(code, Counter())
        by_reason = reasons if reasons.total() == totals.get(code) else {"": totals.get(code, 0)}
        parts: Counter[str] = Counter()
        for reason, number in by_reason.items():
            parts[labels.target_outcome(code, reason, undo=undo) if reason in _OWN_WORDS else text] += number
        found += [(name, number) for name, number in parts.items() if number]
    return found


def _open_ends(totals: dict[str, int]) -> int:
    well = {"reset", "alreadyClear"}
    return sum(count for outcome, count in totals.items() if outcome not in well)
