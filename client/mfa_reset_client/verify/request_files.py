"""The files of one request: that its audit, plan, decisions and the request itself belong together."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from mfa_reset_client.verify.archive import Archive, NotAPackError
from mfa_reset_client.verify.audit_chain import chain_problem, read_events
from mfa_reset_client.verify.plan import plan_digest, scope_of

REQUEST, PLAN, TARGETS, DECISIONS, AUDIT = (
    "request.json",
    "plan.jsonl",
    "targets.jsonl",
    "decisions.json",
    "audit.jsonl",
)


class Expected(NamedTuple):
    """What a pack says of one of its requests. `head`: number and hash of the audit's last event."""

    request_id: str
    plan_digest: str | None
    plan_version: int
    head: tuple[int, str]


def request_problems(archive: Archive, folder: str, expected: Expected) -> Iterator[str]:
    """Yield what is wrong with the request whose files are in `folder` ("" or a name that ends with a slash)."""
    yield from _audit_problems(archive, folder, expected)
    request = archive.object(folder + REQUEST)
    if (request.get("id"), request.get("planDigest")) != (expected.request_id, expected.plan_digest):
        yield "the request is another one than the pack says"
    if expected.plan_digest is None:
        return
    plan = archive.read(folder + PLAN)
    if plan_digest(expected.request_id, expected.plan_version, plan) != expected.plan_digest:
        yield "the plan is not the one of the plan digest"
        return
    scope = scope_of(expected.plan_version, plan)
    if scope is None:
        yield "the plan does not begin with its scope"
        return
    deciders = scope.pop("deciders", {})  # the request says of them who was asked
    if not all(_is_as_planned(request.get(name), value) for name, value in scope.items()):
        yield "the request is about something else than its plan"
    if not _may_decide(request, deciders):
        yield "somebody was asked who may not decide by the plan"


def _is_as_planned(said: Any, planned: Any) -> bool:
    """Return whether the request says what the plan does; of an object it may say more, as when a schedule's waves began."""
    if isinstance(planned, dict) and isinstance(said, dict):
        return all(said.get(name) == value for name, value in planned.items())
    return bool(said == planned)


def _may_decide(request: dict[str, Any], deciders: Any) -> bool:
    """Return whether everybody who was asked about a customer is among those whom the plan lets decide for it."""
    try:
        people = {
            customer: {person for part in ("first", "stepUp", "escalation") for person in found.get(part, {})}
            for customer, found in deciders.items()
        }
        return all(
            entry["approver"].casefold() in people[customer]
            for entry in request["approval"]["approvers"]
            for customer in entry["customers"]
            if customer in people
        )
    except (AttributeError, KeyError, TypeError):
        return False


def _audit_problems(archive: Archive, folder: str, expected: Expected) -> Iterator[str]:
    events = read_events(archive.read(folder + AUDIT))
    if events is None:
        yield "the audit cannot be read"
        return
    if wrong := chain_problem(expected.request_id, events, expected.head):
        yield f"the audit is broken: {wrong}"
    shown = [event for event in events if "withheld" not in event]
    for event in shown:
        if event["event"] in {"planned", "decided"} and event["data"].get("planDigest") != expected.plan_digest:
            yield "the audit names another plan digest than the pack"
            break
    decisions = archive.json(folder + DECISIONS)
    if not isinstance(decisions, list) or not all(isinstance(each, dict) for each in decisions):
        raise NotAPackError(f"{folder}{DECISIONS} is no list of decisions")
    audited = {(str(e["actor"]).casefold(), e["data"].get("decision")) for e in shown if e["event"] == "decided"}
    if not {(str(each.get("approver")).casefold(), each.get("decision")) for each in decisions} <= audited:
        yield "a decision is not in the audit"
