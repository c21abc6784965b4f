"""Spans and metrics of calls to Graph: URL template, status, and Graph's request id for a support case; never a user."""

import re
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext

from opentelemetry.trace import INVALID_SPAN, Span, get_current_span

from graph.errors import GraphError
from graph.responses import Response
from telemetry import metrics, spans

# Path segments that identify someone or something: what follows `users`, and everything that is not a plain word.
_AFTER = re.compile(r"(?<=users/)[^/]+")
_WORD = re.compile(r"\$?[A-Za-z][A-Za-z0-9.]*(\([^)]*\))?")


def url_template(path: str) -> str:
    """Return `path` with ids replaced and without its query: `users/{id}/authentication/methods`."""
    bare = path.partition("?")[0]
    if "://" in bare:  # a nextLink: scheme, host and version go
        bare = bare.split("/", 4)[-1]
    bare = _AFTER.sub("{id}", bare)
    return "/".join(part if part == "{id}" or _WORD.fullmatch(part) else "{id}" for part in bare.split("/"))


class Call:
    """One call under way, with its span."""

    def __init__(self, tenant_id: str, span: Span) -> None:
        self.tenant_id = tenant_id
        self.span = span
        self.status = 0

    def record_response(self, response: Response) -> None:
        self.status = response.status
        if not self.span.is_recording():
            return
        self.span.set_attribute("http.response.status_code", response.status)
        if response.request_id:
            self.span.set_attribute("graph.request_id", response.request_id)
        if response.pressure:
            self.span.set_attribute("graph.throttle_percentage", response.pressure)
        if not response.ok:
            error = response.error()
            self.span.set_attribute("graph.error_code", error.code)
            if error.retry_after is not None:
                self.span.set_attribute("graph.retry_after", error.retry_after)
            spans.failed(self.span, error.reason)


@contextmanager
def instrument_call(tenant_id: str, method: str, path: str, version: str) -> Iterator[Call]:
    """Wrap one call in a span and count it; `Call.record_response` notes how it ended."""
    with _span(tenant_id, method, path, version) as span:
        call = Call(tenant_id, span)
        try:
            yield call
        except GraphError as error:
            spans.failed(span, error.reason)
            raise
        finally:
            metrics.record_graph_call(tenant_id, call.status)


def _span(tenant_id: str, method: str, path: str, version: str) -> AbstractContextManager[Span]:
    if not spans.are_recorded():
        return nullcontext(INVALID_SPAN)
    where = url_template(path)
    attributes = {"http.request.method": method, "url.template": f"{version}/{where}", "graph.tenant": tenant_id}
    return spans.call_span(f"graph {method} {where}", attributes)


def record_batch_part(tenant_id: str, part: Response) -> None:
    """Record one part of a batch: a throttled part is a 429 inside a 200, which the span of the call does not show."""
    metrics.record_graph_call(tenant_id, part.status)
    if not part.ok:
        error = part.error()
        get_current_span().add_event(
            "part failed",
            {"http.response.status_code": part.status, "graph.error_code": error.code, "reason": error.reason},
        )
