"""The processes that are compared, each measured from outside: seconds of CPU and peak memory."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True, slots=True)
class Process:
    url: str
    handle: psutil.Process

    def cpu(self) -> float:
        """Seconds of CPU so far, user and system."""
        times = self.handle.cpu_times()
        return float(times.user + times.system)

    def peak_memory(self) -> int:
        """Bytes at the highest point so far (Linux), or now (elsewhere)."""
        status = Path(f"/proc/{self.handle.pid}/status")
        if status.exists():
            line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
            return int(line.split()[1]) * 1024
        return int(self.handle.memory_info().rss)


@contextmanager
def started(*arguments: str, settings: Mapping[str, str] | None = None) -> Iterator[Process]:
    """`python -m ARGUMENTS`, which prints `ready URL` when it serves; stopped at the end."""
    process = subprocess.Popen(  # noqa: S603 - our own modules
        [sys.executable, "-m", *arguments],
        cwd=ROOT,
        env=os.environ | dict(settings or {}),
        stdout=subprocess.PIPE,
        stderr=None if os.environ.get("BENCH_LOG") else subprocess.DEVNULL,
        text=True,
    )
    assert process.stdout is not None
    try:
        for line in process.stdout:
            if line.startswith("ready "):
                yield Process(line.split()[1], psutil.Process(process.pid))
                return
        raise RuntimeError(f"{' '.join(arguments)} ended before it was ready")
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        process.stdout.close()
