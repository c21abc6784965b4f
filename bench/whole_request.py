"""A whole long request on tables: how long its sender and its approver wait, how long each step takes, and the longest activity.

    python -m bench.whole_request [--customers 10] [--users 1000] [--left-out 500] [--records tables]

It is accepted, planned and sealed; its approver leaves some users out, a cancel ends it at once, and what is open is settled. Nothing
is reset: `bench.compare` measures that. The durations of activities are those of their spans.
"""

import argparse
import re
import tempfile
import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from bench.long_request import records
from bench.processes import Process, started
from bench.world import SECRET, tenants, write_policy

_KEY = "a-function-key-of-the-benchmark"
_HIDDEN = re.compile(r'<input type="hidden" name="([^"]*)" value="([^"]*)">')


@contextmanager
def _spans() -> Iterator[tuple[str, dict[str, list[float]]]]:
    """Yield the address of a receiver, and the seconds of each activity that was reported to it, by name."""
    seconds: dict[str, list[float]] = defaultdict(list)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if self.path == "/v1/traces":
                for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
                    for span in (span for scope in resource.scope_spans for span in scope.spans):
                        if span.name.startswith("activity "):
                            took = (span.end_time_unix_nano - span.start_time_unix_nano) / 1e9
                            seconds[span.name.removeprefix("activity ")].append(took)
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None: ...

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", seconds
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _write_policy(path: Path, customers: int, users: int) -> None:
    write_policy(path, tenants(customers, users))
    path.write_text(path.read_text("utf-8").replace('approval = "exempt"', 'approval = "required"'), "utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--customers", type=int, default=10)
    parser.add_argument("--users", type=int, default=1_000, help="of each customer (default: %(default)s)")
    parser.add_argument("--left-out", type=int, default=500, help="whom the approver leaves out (default: %(default)s)")
    parser.add_argument("--records", choices=["sqlite", "tables"], default="tables")
    options = parser.parse_args()
    simulated = ("--port", "0", "--customers", str(options.customers), "--users", str(options.users))
    with (
        tempfile.TemporaryDirectory() as folder,
        _spans() as (receiver, seconds),
        records(options.records, Path(folder)) as settings,
        started("localhost.simulator", *simulated) as graph,
    ):
        policy = Path(folder) / "policy.toml"
        _write_policy(policy, options.customers, options.users)
        flags = ["--port", "0", "--graph", graph.url, "--policy", str(policy), "--data", f"{folder}/data"]
        flags += ["--key", _KEY, "--log-level", "error"]
        settings |= {"BENCH_SECRET": SECRET, "OTEL_EXPORTER_OTLP_ENDPOINT": receiver}
        with started("localhost", "serve", *flags, settings=settings) as process:
            _measure(process, graph.url, options)
        print(f"\n{'activity':20}{'times':>8}{'median, s':>12}{'longest, s':>12}")
        for name, took in sorted(seconds.items(), key=lambda each: -max(each[1])):
            print(f"{name:20}{len(took):8}{sorted(took)[len(took) // 2]:12.2f}{max(took):12.2f}")


def _measure(process: Process, graph: str, options: argparse.Namespace) -> None:
    targets = [{"customer": t.key, "users": list(t.users)} for t in tenants(options.customers, options.users)]
    body = {"targets": targets, "reason": "benchmark", "requester": "tech@msp.example"}
    with httpx.Client(base_url=process.url, timeout=600, headers={"x-functions-key": _KEY}) as http:
        http.get("/api/health").raise_for_status()
        clock = _Clock()
        how = {"Authorization": f"Bearer {SECRET}"}
        request_id = http.post("/api/webhooks/bench", json=body, headers=how).raise_for_status().json()["id"]
        clock.say(f"{options.customers * options.users} users: answered")
        at = f"/api/reset-requests/{request_id}"
        _until(http, at, "awaitingApproval")
        clock.say("planned and sealed")
        link = _link(graph)
        clock.say("mailed")
        page = http.get(link).raise_for_status()
        clock.say("the approver's page")
        fields: dict[str, Any] = dict(_HIDDEN.findall(page.text)) | {"decision": "approve", "comment": ""}
        fields["without"] = [str(number * 7) for number in range(options.left_out)]
        http.post(link, data=fields, headers={"Origin": process.url}).raise_for_status()
        clock.say("the decision answered")
        _until(http, at, "resetting")
        clock.say(f"{options.left_out} left out")
        http.post(f"{at}/cancel").raise_for_status()
        clock.restart()
        totals = _until(http, at, "cancelled")["totals"]
        clock.say("ended after a cancel")
        assert not totals["pending"], totals
        print(f"{totals['cancelled']} of {totals['targets']} users were not reset")
        _get(http, f"{at}/evidence")
        clock.say("the evidence pack")


class _Clock:
    def __init__(self) -> None:
        self.restart()

    def restart(self) -> None:
        self._from = time.perf_counter()

    def say(self, what: str) -> None:
        """Print what is done and the seconds since the last."""
        print(f"{what:32}{time.perf_counter() - self._from:8.2f} s", flush=True)
        self.restart()


def _until(http: httpx.Client, at: str, status: str) -> dict[str, Any]:
    while True:
        request: dict[str, Any] = http.get(at).json()
        if request["status"] == status:
            return request
        assert not request["endedAt"], request
        time.sleep(0.1)


def _link(graph: str) -> str:
    """Wait for the mail, and return its link's path and query."""
    while True:
        mails = httpx.get(f"{graph}/mailbox.json", timeout=60).json()["value"]
        for link in (link for mail in mails for link in mail["links"] if "/api/approvals?token=" in link):
            parts = urlsplit(link)
            return f"{parts.path}?{parts.query}"
        time.sleep(0.1)


def _get(http: httpx.Client, path: str) -> None:
    http.get(path).raise_for_status()


if __name__ == "__main__":
    main()
