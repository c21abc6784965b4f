"""OpenTelemetry's SDK at work: imported only where telemetry is sent somewhere."""

import logging
from collections.abc import Callable, Sequence
from typing import override

from opentelemetry._logs import Logger, SeverityNumber
from opentelemetry.sdk._logs import LoggerProvider, LogRecordProcessor
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import MetricReader
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.id_generator import RandomIdGenerator

from telemetry import metrics, spans


class Ids(RandomIdGenerator):
    """Draws ids, but for the root of a request, whose ids are given."""

    @override
    def generate_trace_id(self) -> int:
        fixed = spans.fixed_ids.get()
        return fixed[0] if fixed else super().generate_trace_id()

    @override
    def generate_span_id(self) -> int:
        fixed = spans.fixed_ids.get()
        return fixed[1] if fixed else super().generate_span_id()


class Sender(logging.Handler):
    """Sends our own log lines, with the fields of telemetry/events.py as attributes and the trace they belong to."""

    def __init__(self, to: Logger) -> None:
        super().__init__(logging.INFO)
        self._to = to

    @override
    def emit(self, record: logging.LogRecord) -> None:
        fields = {key: value for key, value in record.__dict__.items() if key.startswith("mfareset.")}
        self._to.emit(
            timestamp=int(record.created * 1e9),
            severity_number=_SEVERITIES.get(record.levelno, SeverityNumber.INFO),
            severity_text=record.levelname,
            body=record.getMessage(),
            attributes={"logger": record.name} | fields,
        )


_SEVERITIES = {
    logging.INFO: SeverityNumber.INFO,
    logging.WARNING: SeverityNumber.WARN,
    logging.ERROR: SeverityNumber.ERROR,
    logging.CRITICAL: SeverityNumber.FATAL,
}


def start(
    processors: Sequence[SpanProcessor],
    readers: Sequence[MetricReader],
    log_processors: Sequence[LogRecordProcessor],
    removing_stopped: Callable[[], bool],
    service: str,
) -> Callable[[], None]:
    """Send spans, metrics and log events to these exporters; return a function that flushes and stops them."""
    resource = Resource.create({"service.name": service})
    tracing = TracerProvider(resource=resource, id_generator=Ids())
    for processor in processors:
        tracing.add_span_processor(processor)
    logs = LoggerProvider(resource=resource)
    for log_processor in log_processors:
        logs.add_log_record_processor(log_processor)
    measuring = MeterProvider(list(readers), resource)
    meter = measuring.get_meter("mfareset")
    spans.set_tracer(tracing.get_tracer("mfareset"))
    metrics.set_meter(meter)
    metrics.watch_switch(meter, removing_stopped)
    handler = Sender(logs.get_logger("mfareset"))
    ours = logging.getLogger("mfareset")
    ours.addHandler(handler)

    def stop() -> None:
        ours.removeHandler(handler)
        spans.set_tracer(None)
        metrics.set_meter(None)
        tracing.shutdown()
        measuring.shutdown()
        logs.shutdown()

    return stop
