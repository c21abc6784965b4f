import json
import re
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from graph.instrumentation import url_template
from telemetry.events import log_event
from telemetry.metrics import NAMES, count
from telemetry.setup import configure
from telemetry.spans import request_span, trace_ids
from tests.infra.bicep import INFRA
from tests.system import ROOT


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        ("users/adele%40contoso.com/authentication/methods", "users/{id}/authentication/methods"),
        ("users/adele", "users/{id}"),
        ("users?$filter=userPrincipalName%20eq%20'a@b.c'", "users"),
        ("users/x/authentication/fido2Methods/-2_GRUg2", "users/{id}/authentication/fido2Methods/{id}"),
        ("users/x/authentication/phoneMethods/3179e48a-750b", "users/{id}/authentication/phoneMethods/{id}"),
        ("https://graph.microsoft.com/v1.0/users/x/y?$skiptoken=abc", "users/{id}/y"),
        ("$batch", "$batch"),
        ("reports/getSomething(period='D7')", "reports/getSomething(period='D7')"),
    ],
)
def test_url_templates_contain_no_ids(path: str, shown: str) -> None:
    assert url_template(path) == shown


def test_a_request_has_one_trace_whatever_its_id() -> None:
    assert trace_ids("not a uuid") == trace_ids("not a uuid")
    assert trace_ids("a") != trace_ids("b")
    assert trace_ids("00000000-0000-4000-8000-000000000001")[0] == 0x4000_8000_0000_0000_0001


def test_nothing_is_recorded_without_a_destination() -> None:
    assert configure({}, lambda: False) is None
    with request_span("x", "y") as span:
        assert not span.is_recording()


def test_an_app_without_a_destination_imports_nothing_of_the_sdk() -> None:
    code = (
        "import sys, telemetry.setup, telemetry.spans, telemetry.metrics, telemetry.events\n"
        "telemetry.setup.configure({}, lambda: False)\n"
        "print([m for m in sys.modules if m.startswith(('opentelemetry.sdk', 'opentelemetry.exporter', 'azure.monitor'))])"
    )
    answer = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True, timeout=60
    )
    assert answer.stdout.strip() == "[]"


def test_only_plain_fields_of_the_list_are_logged(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level("INFO", logger="mfareset.events"):
        log_event(
            "ended", "r1", {"status": "completed", "approver": "a@b.c", "reason": "Her phone", "totals": {"reset": 2}}
        )
    assert [record.getMessage() for record in caplog.records] == ["ended request=r1 status=completed targets.reset=2"]


def test_every_metric_that_is_drawn_or_alerted_on_is_measured() -> None:
    sources = "\n".join((INFRA / "app" / name).read_text("utf-8") for name in ("alerts.bicep", "workbook.bicep"))
    used = set(re.findall(r'"(mfareset\.[a-z.]+)"', sources))
    assert used
    assert used <= NAMES


def test_an_unknown_counter_is_a_mistake() -> None:
    with pytest.raises(KeyError):
        count("mfareset.nonsense")


def test_spans_metrics_and_events_reach_a_collector() -> None:
    """A real OTLP receiver on this machine, and the exporters as the app starts them."""
    came: list[str] = []

    class Collector(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            came.append(self.path)
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None: ...

    server = HTTPServer(("127.0.0.1", 0), Collector)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        stop = configure({"OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{server.server_port}"}, lambda: False)
        assert stop is not None
        with request_span("x", "r1"):
            log_event("mailFailed", "r1", {})
        stop()
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
    assert {"/v1/traces", "/v1/metrics", "/v1/logs"} <= set(came), json.dumps(came)
