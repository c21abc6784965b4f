"""What an OTLP receiver gets of a whole run: from the app its spans, metrics and logs, from the host a span per call.

The real host's request span has the whole path in `url.path` and the query without its values; both were read from a
workspace. The local host writes no spans, so `HostSpans` writes here what the real one would, for every call that is made.
"""

import logging
import re
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from urllib.parse import parse_qsl, unquote

import httpx
import pytest
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor

from telemetry.setup import configure
from tests.browsing import browser_client
from tests.console.pages import sign_in
from tests.system import System, link_token, system
from tests.triggers.deliveries import deliver, ticket
from tests.web.markup import Markup

type Message = ExportTraceServiceRequest | ExportMetricsServiceRequest | ExportLogsServiceRequest

KINDS: dict[str, type[Message]] = {
    "/v1/traces": ExportTraceServiceRequest,
    "/v1/metrics": ExportMetricsServiceRequest,
    "/v1/logs": ExportLogsServiceRequest,
}


class Receiver:
    def __init__(self) -> None:
        self.url = ""
        self.messages: list[Message] = []

    @property
    def paths(self) -> set[str]:
        """Every `url.path` of a span."""
        return {
            attribute.value.string_value
            for message in self.messages
            if isinstance(message, ExportTraceServiceRequest)
            for resource in message.resource_spans
            for scope in resource.scope_spans
            for span in scope.spans
            for attribute in span.attributes
            if attribute.key == "url.path"
        }

    @property
    def text(self) -> str:
        return unquote("\n".join(str(message) for message in self.messages)).lower()


@contextmanager
def receiving() -> Iterator[Receiver]:
    receiver = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            receiver.messages.append(KINDS[self.path].FromString(body))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None: ...

    server = HTTPServer(("127.0.0.1", 0), Handler)
    receiver.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield receiver
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class HostSpans:
    """Writes the request span of the real host for every call of a client."""

    def __init__(self, endpoint: str) -> None:
        self._provider = TracerProvider()
        self._provider.add_span_processor(SimpleSpanProcessor(OTLPSpanExporter(f"{endpoint}/v1/traces")))
        self._tracer = self._provider.get_tracer("host")

    async def write(self, request: httpx.Request) -> None:
        query = "&".join(f"{name}=Redacted" for name, _ in parse_qsl(request.url.query.decode()))
        attributes = {"http.request.method": request.method, "url.path": request.url.path, "url.query": query}
        self._tracer.start_span(request.method, attributes=attributes).end()

    def stop(self) -> None:
        self._provider.shutdown()


@contextmanager
def exporting(endpoint: str) -> Iterator[HostSpans]:
    """Export to a receiver what app and host write; all of it has got there afterwards."""
    host = HostSpans(endpoint)
    stop = configure({"OTEL_EXPORTER_OTLP_ENDPOINT": endpoint}, lambda: False)
    assert stop is not None
    try:
        yield host
    finally:
        stop()
        host.stop()


async def _links(http: httpx.AsyncClient, path: str, pattern: str) -> AsyncIterator[str]:
    page = await http.get(path)
    assert page.status_code == 200, path
    for link in dict.fromkeys(a["href"] for a in Markup(page.text).all("a") if re.match(pattern, a.get("href", ""))):
        yield link


async def _walk(it: System, host: HostSpans) -> str:
    """Ask, look around as an operator does, approve as an approver does; the address of a user's page that was typed."""
    it.http.event_hooks["request"] = [host.write]
    assert (await deliver(it, "m1", ticket())).status_code == 202
    request = await it.ask(fabrikam=["alex@fabrikam.com"])
    async with browser_client(it.host.base_url) as http:
        await sign_in(http, "tech@msp.example")
        http.event_hooks["request"] = [host.write]
        async for user in _links(http, "/console/users?search=adele", "/console/users/"):
            assert (await http.get(user)).status_code == 200
        async for user in _links(http, "/console/methods?search=adele", "/console/users/"):
            assert (await http.get(user)).status_code == 200
        async for asked in _links(http, "/console/requests?search=alex", "/console/requests/"):
            await http.get(asked)
    for target in await it.targets(request["id"]):
        await it.call("GET", f"/api/customers/{target['customer']}/users/{target['userId']}")
    await it.approve(request["id"])
    assert (await it.shown(request["id"]))["status"] == "completed"
    return str(request["id"])


async def test_no_token_and_no_user_reaches_a_receiver(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with receiving() as receiver, caplog.at_level(logging.INFO, logger="mfareset"), exporting(receiver.url) as host:
        async with system(tmp_path) as it:
            request_id = await _walk(it, host)
            tokens = {link_token(link) for link in it.links().values()}
            people = [user for tenant in it.world.tenants.values() for user in tenant.users.values()]
    assert {"/api/approvals", "/console/users", f"/api/reset-requests/{request_id}"} <= receiver.paths
    assert any(path.startswith("/console/users/contoso/") for path in receiver.paths)
    assert {type(message) for message in receiver.messages} == set(KINDS.values())
    secrets = tokens | {user.upn for user in people} | {user.name for user in people}
    assert len(tokens) >= 2
    assert [secret for secret in secrets if secret.lower() in receiver.text] == []
    # The receiver would have seen a token in a path.
    with receiving() as receiver, exporting(receiver.url) as host:
        await host.write(httpx.Request("GET", f"http://127.0.0.1/api/approvals/{min(tokens)}"))
    assert min(tokens).lower() in receiver.text
