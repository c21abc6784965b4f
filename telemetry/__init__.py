"""Spans, metrics and log events for operators, by OpenTelemetry. Nothing personal is in any of them.

Nothing is recorded, and nothing of the SDK is imported, until `telemetry.setup.configure` finds somewhere to send it.
"""
