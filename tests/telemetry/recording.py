"""Telemetry kept in memory, for a test to look at."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from opentelemetry.sdk._logs.export import InMemoryLogRecordExporter, SimpleLogRecordProcessor
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from telemetry.providers import start


def _value(point: Any) -> float:
    return float(point.value if hasattr(point, "value") else point.sum)


@dataclass
class Recorded:
    span_exporter: InMemorySpanExporter
    reader: InMemoryMetricReader
    log_exporter: InMemoryLogRecordExporter

    @property
    def spans(self) -> list[ReadableSpan]:
        return list(self.span_exporter.get_finished_spans())

    def measured(self, name: str) -> dict[tuple[tuple[str, Any], ...], float]:
        """The value per set of attributes; of a histogram its sum."""
        data = self.reader.get_metrics_data()
        if data is None:
            return {}
        return {
            tuple(sorted((point.attributes or {}).items())): _value(point)
            for resource in data.resource_metrics
            for scope in resource.scope_metrics
            for metric in scope.metrics
            if metric.name == name
            for point in metric.data.data_points
        }


@contextmanager
def recording(*, stopped: bool = False) -> Iterator[Recorded]:
    made = Recorded(InMemorySpanExporter(), InMemoryMetricReader(), InMemoryLogRecordExporter())  # type: ignore[no-untyped-call]
    stop = start(
        [SimpleSpanProcessor(made.span_exporter)],
        [made.reader],
        [SimpleLogRecordProcessor(made.log_exporter)],
        lambda: stopped,
        "test",
    )
    try:
        yield made
    finally:
        stop()
