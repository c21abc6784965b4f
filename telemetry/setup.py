"""Where telemetry goes: to Application Insights, to an OTLP collector, to both, or nowhere.

Only the exporters are used, not azure-monitor-opentelemetry: the distribution brings instrumentations of web frameworks and
databases that this service has not (some 20 packages), and would let the libraries' spans out.
"""

from collections.abc import Callable, Mapping
from typing import Any

_SERVICE = "mfa-reset"
# Alerts look every five minutes.
_METRICS_EVERY = 60_000  # milliseconds


def configure(environ: Mapping[str, str], removing_stopped: Callable[[], bool]) -> Callable[[], None] | None:
    """Start telemetry if the environment configures a destination; return a function that stops it, else None at no cost."""
    insights = environ.get("APPLICATIONINSIGHTS_CONNECTION_STRING", "").strip()
    collector = environ.get("OTEL_EXPORTER_OTLP_ENDPOINT", "").strip()
    exporters: list[tuple[Any, Any, Any]] = []
    if insights:
        exporters.append(_azure(insights, environ.get("AZURE_CLIENT_ID", "").strip()))
    if collector:
        exporters.append(_otlp(collector.rstrip("/")))
    if not exporters:
        return None
    from opentelemetry.sdk._logs.export import BatchLogRecordProcessor
    from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    from telemetry.providers import start

    return start(
        [BatchSpanProcessor(each) for each, _, _ in exporters],
        [PeriodicExportingMetricReader(each, export_interval_millis=_METRICS_EVERY) for _, each, _ in exporters],
        [BatchLogRecordProcessor(each) for _, _, each in exporters],
        removing_stopped,
        environ.get("OTEL_SERVICE_NAME", "").strip() or _SERVICE,
    )


def _azure(connection: str, client_id: str) -> tuple[Any, Any, Any]:
    from azure.identity import ManagedIdentityCredential
    from azure.monitor.opentelemetry.exporter import (
        AzureMonitorLogExporter,
        AzureMonitorMetricExporter,
        AzureMonitorTraceExporter,
    )

    how: dict[str, Any] = {"connection_string": connection, "disable_offline_storage": True}
    if client_id:  # infra/ turns keys off: only tokens are taken
        how["credential"] = ManagedIdentityCredential(client_id=client_id)
    return AzureMonitorTraceExporter(**how), AzureMonitorMetricExporter(**how), AzureMonitorLogExporter(**how)


def _otlp(collector: str) -> tuple[Any, Any, Any]:
    """Headers, time limits and the like are read from the OTEL_EXPORTER_OTLP_ variables by the exporters themselves."""
    from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter
    from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

    return (
        OTLPSpanExporter(f"{collector}/v1/traces"),
        OTLPMetricExporter(f"{collector}/v1/metrics"),
        OTLPLogExporter(f"{collector}/v1/logs"),
    )
