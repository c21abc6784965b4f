"""Spans: one trace per request, from the first call to the end, however many processes and days lie between.

The id of a request is the id of its trace. So every step knows it without anything in the durable history, and an operator finds
the trace by the id in a ticket. Steps are children of a root span that is emitted last, when the request has ended.

The provider is our own and not OpenTelemetry's global one: spans of the libraries we use would hold URLs with user names in them.
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

# The ids of the next root span, in place of random ones (telemetry/providers.py draws those).
fixed_ids: ContextVar[tuple[int, int] | None] = ContextVar("fixed_ids", default=None)

_tracer: Tracer = NoOpTracer()


def set_tracer(tracer: Tracer | None) -> None:
    """Send all further spans to `tracer`; None: discard them."""
    global _tracer  # noqa: PLW0603 - one tracer per process, set when telemetry starts
    _tracer = tracer or NoOpTracer()


def are_recorded() -> bool:
    """Return whether spans go anywhere."""
    return not isinstance(_tracer, NoOpTracer)


def trace_ids(request_id: str) -> tuple[int, int]:
    """Return the trace id and the id of the root span of a request."""
    try:
        number = UUID(request_id).int
    except ValueError:
        number = int.from_bytes(hashlib.sha256(request_id.encode()).digest()[:16])
    return number, int.from_bytes(hashlib.sha256(number.to_bytes(16)).digest()[:8]) or 1


@contextmanager
def request_span(name: str, request_id: str, **attributes: str | int) -> Iterator[Span]:
    """Open a span for a step of a request, as a child of the request's root.

    A span of another trace around it (the host's) is linked.
    """
    tracer = _tracer
    if not are_recorded():
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
    named.update({f"mfareset.{key}": value for key, value in attributes.items()})
    with tracer.start_as_current_span(name, parent, attributes=named, links=links) as span:
        yield span


@contextmanager
def call_span(name: str, attributes: Mapping[str, str | int]) -> Iterator[Span]:
    """Open a client span for a call to another system, inside the step that makes it."""
    with _tracer.start_as_current_span(name, kind=SpanKind.CLIENT, attributes=attributes) as span:
        yield span


def failed(span: Span, reason: str) -> None:
    span.set_status(Status(StatusCode.ERROR, reason))


def root_span(request_id: str, started: datetime, ended: datetime, *, well: bool, **attributes: str | int) -> None:
    """Emit the root span of a request that has ended."""
    tracer = _tracer
    if not are_recorded():
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
