"""What the evidence for one customer shows of a request that concerns several: nothing of the others, and no doubt about the rest.

A withheld line of the plan, and a withheld event, are there as their hashes, which the plan digest and the chain are made of.
"""

from collections import Counter
from typing import Any

from domain.api.responses import RequestResponse
from domain.audit.chain import AuditEvent
from domain.request.plan import line_hash, people_line, plan_line, scope_line
from domain.request.reset_request import Decision, ResetRequest
from domain.request.schedule import Wave
from domain.request.target import Target

# Events about the request as a whole, whose data hold nothing of a single customer.
_OF_THE_REQUEST = frozenset(
    {
        "accepted",
        "cancelAccepted",
        "planChanged",
        "resetting",
        "denied",
        "expired",
        "cancelled",
        "ended",
        "followedUp",
        "undoAsked",
    }
)


def is_shared(request: ResetRequest, customer: str) -> bool:
    """Return whether the request concerns others than this customer."""
    return set(request.customers) != {customer}


def disclosed_request(
    response: RequestResponse, request: ResetRequest, customer: str, own: list[Target]
) -> dict[str, Any]:
    """Return the request as the customer may see it; `own` are its targets there."""
    value = response.to_json()
    if not is_shared(request, customer):
        return value
    asked = _asked(request, customer)
    approval = value["approval"]
    approval["approvers"] = [
        entry | {"customers": [customer]} for entry in approval["approvers"] if entry["approver"].casefold() in asked
    ]
    approval["decisions"] = [each for each in approval["decisions"] if each["approver"].casefold() in asked]
    if value["identities"] is not None:
        found = value["identities"]["approvers"]
        value["identities"]["approvers"] = {name: ids for name, ids in found.items() if name.casefold() in asked}
    totals = Counter(target.outcome.value for target in own)
    return value | {
        "customers": [customer],
        "totals": dict.fromkeys(value["totals"], 0) | totals | {"targets": len(own)},
        "schedule": _own_schedule(request, customer),
        "followUp": None,
        "mails": [],
        "callbacks": [],
        "outcomeEvents": [],
    }


def _own_schedule(request: ResetRequest, customer: str) -> dict[str, Any] | None:
    """Return the schedule with the customer's own maintenance window, and its users alone in each wave."""
    if request.schedule is None:
        return None
    own = [range(first, first + count) for key, first, count in request.ranges if key == customer]
    begun: list[Wave] = []
    for wave in request.schedule.begun:
        numbers = [
            number for number in range(wave.start, wave.start + wave.count) if any(number in some for some in own)
        ]
        if numbers:
            begun.append(Wave(start=numbers[0], count=len(numbers), at=wave.at))
    windows = {key: window for key, window in request.schedule.windows.items() if key == customer}
    return request.schedule.model_copy(update={"windows": windows, "begun": begun, "upcoming": None}).to_json()


def disclosed_decisions(request: ResetRequest, decisions: list[Decision], customer: str) -> list[Decision]:
    """Return the decisions of the people who were asked for this customer."""
    asked = _asked(request, customer)
    return [each for each in decisions if not is_shared(request, customer) or each.approver.casefold() in asked]


def disclosed_plan(request: ResetRequest, targets: list[Target], customer: str) -> list[str | dict[str, str]]:
    """Return the lines of the plan; a withheld one is an object with its hash. `targets` are all, in their order."""
    people = people_line(request)
    shared = is_shared(request, customer)
    scope = scope_line(request)
    others = set(request.schedule.windows) - {customer} if request.schedule else set()
    lines: list[str | dict[str, str]] = [
        {"withheld": line_hash(scope)} if shared and others else scope,
        {"withheld": line_hash(people)} if shared else people,
    ]
    for target in targets:
        line = plan_line(target)
        lines.append(line if target.customer == customer else {"withheld": line_hash(line)})
    return lines


def disclosed_event(request: ResetRequest, event: AuditEvent, customer: str) -> dict[str, Any]:
    """Return an event; one that may be about another customer without its actor and data."""
    value = event.to_json()
    if not is_shared(request, customer) or _is_own(request, event, customer):
        return value
    return {name: value[name] for name in ("number", "at", "event", "previousHash", "hash")} | {"withheld": True}


def _is_own(request: ResetRequest, event: AuditEvent, customer: str) -> bool:
    if event.event in _OF_THE_REQUEST:
        return True
    if event.event == "decided":
        return event.actor.casefold() in _asked(request, customer)
    if event.event == "targetsEnded":
        own = [range(first, first + count) for key, first, count in request.ranges if key == customer]
        return all(any(number in numbers for numbers in own) for number in _numbers(event))
    return event.data.get("customer") == customer


def _numbers(event: AuditEvent) -> list[int]:
    """Return the numbers of an event's targets; -1, which no target has, for what was changed since it was written."""
    found = event.data.get("targets")
    numbers = (
        [each.get("number") if isinstance(each, dict) else None for each in found]
        if isinstance(found, list)
        else [None]
    )
    return [number if isinstance(number, int) else -1 for number in numbers]


def _asked(request: ResetRequest, customer: str) -> set[str]:
    return {entry.approver.casefold() for entry in request.approval.approvers if customer in entry.customers}
