"""How long a sender waits for the answer to a long request, and when all of its targets are written.

    python -m bench.long_request [--users 10000] [--records tables]

The users do not exist at the simulator, so that what is measured is accepting the request. With `--records tables` the records are
in Azurite's tables (scripts/azurite), which is nearer to production than one file.
"""

import argparse
import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from bench.processes import started
from tests.azurite import Azurite

_KEY = "a-function-key-of-the-benchmark"
_GUESS = 0.05  # seconds between two looks


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--users", type=int, default=10_000)
    parser.add_argument("--records", choices=["sqlite", "tables"], default="sqlite")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, records(options.records, Path(folder)) as settings:
        flags = ["--port", "0", "--data", f"{folder}/data", "--key", _KEY, "--log-level", "error"]
        with started("localhost", "serve", *flags, settings=settings) as process:
            _measure(process.url, options.users)


@contextmanager
def records(kind: str, folder: Path) -> Iterator[dict[str, str]]:
    if kind == "sqlite":
        yield {}
        return
    azurite = Azurite(folder)
    azurite.start()
    try:
        yield {"RECORDS": "tables", "AzureWebJobsStorage": azurite.connection}
    finally:
        azurite.stop()


def _measure(url: str, users: int) -> None:
    body = {
        "targets": [{"customer": "contoso", "users": [f"user{number:05d}@contoso.com" for number in range(users)]}],
        "reason": "benchmark",
        "requester": "tech@msp.example",
        "dryRun": True,
    }
    headers = {"x-functions-key": _KEY, "Idempotency-Key": os.urandom(8).hex()}
    with httpx.Client(base_url=url, timeout=300, headers=headers) as http:
        http.get("/api/health").raise_for_status()
        began = time.perf_counter()
        answer = http.post("/api/reset-requests", json=body)
        print(f"{users} users: answered {answer.status_code} after {time.perf_counter() - began:.2f} s")
        answer.raise_for_status()
        request_id = answer.json()["id"]
        again = time.perf_counter()
        repeated = http.post("/api/reset-requests", json=body)
        print(f"the same once more: {repeated.status_code} after {time.perf_counter() - again:.2f} s")
        assert repeated.json()["id"] == request_id
        last = http.get(f"/api/reset-requests/{request_id}/targets").json()
        while http.get(f"/api/reset-requests/{request_id}").json()["status"] == "planning":
            time.sleep(_GUESS)
        print(
            f"planned after {time.perf_counter() - began:.1f} s ({len(last['value'])} targets on the first page at once)"
        )


if __name__ == "__main__":
    main()
