"""This service: started as `python -m localhost serve`, asked over its webhook, watched over its API."""

import tempfile
import time
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx

from bench.processes import started
from bench.world import SECRET, tenants, write_policy

_KEY = "a-function-key-of-the-benchmark"


def run(graph: str, customers: int, users: int, longest: float) -> dict[str, float]:
    """Send one request, wait for its end and return the figures.

    Raises: TimeoutError when it has not ended after `longest` seconds.
    """
    worlds = tenants(customers, users)
    with tempfile.TemporaryDirectory() as folder:
        policy = Path(folder) / "policy.toml"
        write_policy(policy, worlds)
        flags = ["--port", "0", "--graph", graph, "--policy", str(policy), "--data", f"{folder}/data", "--key", _KEY]
        with started(
            "localhost", "serve", *flags, "--log-level", "error", settings={"BENCH_SECRET": SECRET}
        ) as process:
            headers = {"x-functions-key": _KEY}
            with httpx.Client(base_url=process.url, timeout=120, headers=headers) as http:
                http.get("/api/health").raise_for_status()
                body = {
                    "targets": [{"customer": t.key, "users": list(t.users)} for t in worlds],
                    "reason": "benchmark",
                    "requester": "tech@msp.example",
                }
                before = process.cpu()
                answer = http.post("/api/webhooks/bench", json=body, headers={"Authorization": f"Bearer {SECRET}"})
                answer.raise_for_status()
                request = _ended(http, answer.json()["id"], longest)
                audit = http.get(f"/api/reset-requests/{request['id']}/audit").json()["value"]
                cpu, memory = process.cpu() - before, process.peak_memory()
    totals = request["totals"]
    well = totals["reset"] + totals["alreadyClear"]
    planned = next(_at(event["at"]) for event in audit if event["event"] == "planned")
    plan = planned - _at(request["createdAt"])
    reset = _at(request["endedAt"]) - planned
    return {"plan": plan, "reset": reset, "cpu": cpu, "memory": memory, "well": well}


def _ended(http: httpx.Client, request_id: str, longest: float) -> dict[str, Any]:
    end = time.monotonic() + longest
    while time.monotonic() < end:
        request: dict[str, Any] = http.get(f"/api/reset-requests/{request_id}").json()
        if request["endedAt"]:
            return request
        time.sleep(0.5)
    raise TimeoutError(f"the request is still {request['status']}")


def _at(instant: str) -> float:
    return datetime.fromisoformat(instant).timestamp()
