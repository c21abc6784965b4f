"""Metrics: a handful that show whether the service works.

infra/ draws and alerts on these names; a test compares the two.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta

from opentelemetry.metrics import CallbackOptions, Meter, NoOpMeter, Observation

_NAMES = {
    "mfareset.requests.accepted": ("{request}", "Requests accepted, by source"),
    "mfareset.requests": ("{request}", "Requests that ended, by status"),
    "mfareset.requests.restarted": ("{restart}", "Orchestrations of requests that failed and were restarted"),
    "mfareset.targets": ("{target}", "Targets of requests that ended, by outcome"),
    "mfareset.graph.calls": ("{call}", "Calls to Microsoft Graph, parts of batches too, by tenant and status"),
    "mfareset.graph.throttled": ("{call}", "Calls that Graph answered with 429, by tenant"),
    "mfareset.teams": (
        "{message}",
        "Messages to the approvers' channel of Microsoft Teams, by result: accepted, retried, lost",
    ),
    "mfareset.callbacks": ("{callback}", "Callbacks to ticketing systems, by result: delivered, retried, lost"),
    "mfareset.events": ("{event}", "Events for the Service Bus topic, by result: published, retried, lost"),
    "mfareset.mails": ("{mail}", "Mails, by kind and result: sent, failed, bounced"),
    "mfareset.bodies.refused": ("{call}", "Calls whose body could not be read, by endpoint and reason"),
    "mfareset.access.refused": ("{call}", "Refused authentication and authorization, by kind, reason and endpoint"),
    "mfareset.limits.reached": ("{request}", "Requests that a limit of the policy refused, by limit, scope and source"),
    "mfareset.deliveries.ignored": ("{delivery}", "Deliveries that asked for nothing, by source and reason"),
    "mfareset.access_passes": ("{pass}", "Temporary Access Passes, by result: shown, or why there is none"),
    "mfareset.evidence": (
        "{proof}",
        "Proofs that users ask themselves, by kind and result: recorded, denied, or why refused",
    ),
    "mfareset.reconciliation.alerts": (
        "{alert}",
        "Disagreements between customers' audit logs and our records, by kind and customer",
    ),
    "mfareset.partner.warnings": (
        "{warning}",
        "Partner relationships that end or ended, and consent that was lost, by kind and customer",
    ),
    "mfareset.deliveries.refused": ("{delivery}", "Deliveries that were not accepted, by source and reason"),
}
WAIT = "mfareset.approval.wait"
STOPPED = "mfareset.removing.stopped"
NAMES = frozenset({*_NAMES, WAIT, STOPPED})


class _Instruments:
    def __init__(self, meter: Meter) -> None:
        self.counters = {name: meter.create_counter(name, unit, text) for name, (unit, text) in _NAMES.items()}
        self.wait = meter.create_histogram(
            WAIT,
            "s",
            "From asking the approvers to the decision, by how it ended",
            explicit_bucket_boundaries_advisory=[60, 300, 900, 3600, 4 * 3600, 12 * 3600, 24 * 3600, 72 * 3600],
        )


_instruments = _Instruments(NoOpMeter("mfareset"))


def set_meter(meter: Meter | None) -> None:
    """Send all further measurements to `meter`; None: discard them."""
    global _instruments  # noqa: PLW0603 - one meter per process, set when telemetry starts
    _instruments = _Instruments(meter or NoOpMeter("mfareset"))


def watch_switch(meter: Meter, is_on: Callable[[], bool]) -> None:
    """Report the state of the kill switch with every export."""

    def observe(_: CallbackOptions) -> Iterable[Observation]:
        return [Observation(int(is_on()))]

    meter.create_observable_gauge(STOPPED, [observe], "1", "1 while the kill switch is on")


def count(name: str, many: int = 1, **attributes: str | int) -> None:
    """Add `many` to the counter `name`, one of `NAMES`."""
    _instruments.counters[name].add(many, attributes)


def record_graph_call(tenant_id: str, status: int) -> None:
    """Count one Graph call or one part of a batch; `status` is 0 where there was no response."""
    count("mfareset.graph.calls", tenant=tenant_id, status=status)
    if status == 429:
        count("mfareset.graph.throttled", tenant=tenant_id)


def approval_wait(waited: timedelta, ended_as: str) -> None:
    _instruments.wait.record(max(waited.total_seconds(), 0.0), {"ended": ended_as})


def request_ended(status: str, totals: Mapping[str, int]) -> None:
    count("mfareset.requests", status=status)
    for outcome, many in totals.items():
        if many:
            count("mfareset.targets", many, outcome=outcome)
