"""Spans: one trace per request, from the door to the end, however many processes and days lie between.

The id of a request is the id of its trace, so that every step knows it without anything passing through the durable history,
and an operator finds the trace by the id in a ticket. Steps hang from a root that is told last, when the request has ended.

The provider is ours and not OpenTelemetry's global one: the libraries we use stay silent, whose spans would hold
addresses with the names of users in them.
"""

import hashlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime
from uuid import UUID

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.trace import Link, NoOpTracer, Span, SpanContext, SpanKind, Status, StatusCode, TraceFlags, Tracer

REQUEST = "mfareset.request"

# The ids that the next root span gets, instead of drawn ones (telemetry/setup.py draws).
fixed_ids: ContextVar[tuple[int, int] | None] = ContextVar("fixed_ids", default=None)

_tracers: list[Tracer] = [NoOpTracer()]


def use(tracer: Tracer | None) -> None:
    """From now on spans go to `tracer`; None: nowhere."""
    _tracers[:] = [tracer or NoOpTracer()]


def trace_ids(request_id: str) -> tuple[int, int]:
    """The trace id and the root's span id of a request."""
    try:
        whole = UUID(request_id).int
    except ValueError:
        whole = int.from_bytes(hashlib.sha256(request_id.encode()).digest()[:16])
    return whole, int.from_bytes(hashlib.sha256(whole.to_bytes(16)).digest()[:8]) or 1


@contextmanager
def request_span(name: str, request_id: str, **attributes: str | int) -> Iterator[Span]:
    """A step of a request. It hangs from the request's root; a span of another trace around it (the host's) is linked."""
    tracer = _tracers[0]
    if isinstance(tracer, NoOpTracer):
        yield trace.INVALID_SPAN
        return
    trace_id, root = trace_ids(request_id)
    around = trace.get_current_span().get_span_context()
    parent: Context | None = None
    links: list[Link] = []
    if around.trace_id != trace_id:
        links = [Link(around)] if around.is_valid else []
        remote = SpanContext(trace_id, root, is_remote=True, trace_flags=TraceFlags(TraceFlags.SAMPLED))
        parent = trace.set_span_in_context(trace.NonRecordingSpan(remote))
    named: dict[str, str | int] = {REQUEST: request_id}
    named.update({f"mfareset.{key}": told for key, told in attributes.items()})
    with tracer.start_as_current_span(name, parent, attributes=named, links=links) as span:
        yield span


@contextmanager
def call_span(name: str, attributes: Mapping[str, str | int]) -> Iterator[Span]:
    """A call to another system, inside of whatever step makes it."""
    with _tracers[0].start_as_current_span(name, kind=SpanKind.CLIENT, attributes=attributes) as span:
        yield span


def failed(span: Span, reason: str) -> None:
    span.set_status(Status(StatusCode.ERROR, reason))


def root_span(request_id: str, started: datetime, ended: datetime, *, well: bool, **attributes: str | int) -> None:
    """The request as a whole, told once it has ended."""
    tracer = _tracers[0]
    if isinstance(tracer, NoOpTracer):
        return
    token = fixed_ids.set(trace_ids(request_id))
    try:
        span = tracer.start_span(
            "reset request",
            Context(),
            kind=SpanKind.SERVER,
            attributes={REQUEST: request_id} | {f"mfareset.{key}": value for key, value in attributes.items()},
            start_time=_nanoseconds(started),
        )
    finally:
        fixed_ids.reset(token)
    if not well:
        failed(span, str(attributes.get("status", "")))
    span.end(_nanoseconds(ended))


def _nanoseconds(at: datetime) -> int:
    return int(at.timestamp() * 1_000_000) * 1000
