"""The durable engine in memory and with its file, side by side: windows of activities that do nothing.

    python -m bench.engine [WINDOWS] [SIZE]

Real activities wait for Graph, so this is the worst case: nothing hides what the engine itself costs.
"""

import asyncio
import statistics
import sys
import tempfile
import time
from pathlib import Path

import httpx

from localhost.commands import logs
from localhost.testing import running

_APPS = Path(__file__).parents[1] / "tests/localhost/apps"
_ROUNDS = 5


async def seconds(windows: list[int], requests: int, engine: Path | None) -> tuple[float, float]:
    """Wall and processor time from the first start to the end of the last."""
    async with (
        running(_APPS, script="durable_app.py", engine=engine) as host,
        httpx.AsyncClient(base_url=host.base_url) as http,
    ):
        wall, processor = time.perf_counter(), time.process_time()
        await asyncio.gather(*(http.post("/api/start/fan_out", json=windows) for _ in range(requests)))
        await host.idle()
        return time.perf_counter() - wall, time.process_time() - processor


async def main(windows: int, size: int) -> None:
    logs.set_up("ERROR")
    for requests in (1, 4):
        total = windows * size
        took: dict[str, list[tuple[float, float]]] = {"memory": [], "file": []}
        part = [size] * (windows // requests)
        for _ in range(_ROUNDS):  # by turns, so that what else the machine does meets both
            for kind, results in took.items():
                with tempfile.TemporaryDirectory() as folder:
                    engine = Path(folder) / "engine.sqlite" if kind == "file" else None
                    results.append(await seconds(part, requests, engine))
        walls = {kind: statistics.median(wall for wall, _ in results) for kind, results in took.items()}
        for kind, results in took.items():
            processor = statistics.median(cpu for _, cpu in results)
            print(f"{requests} at once, {kind:7} {total} activities: {walls[kind]:.2f} s, processor {processor:.2f} s")
        print(f"{requests} at once: file / memory = {walls['file'] / walls['memory']:.2f}")


if __name__ == "__main__":
    asyncio.run(main(*(int(number) for number in (sys.argv[1:] or ["100", "100"]))))
