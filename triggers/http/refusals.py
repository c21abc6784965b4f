"""Trace refused authentication and authorization, and slow down those who fail again and again.

A line of the log and a metric for each, without anything of the caller: the kind of what was refused, why, and at which
endpoint. Answers to repeated failures of one address, or on one link, come ever later. Who is let in is never slowed, so
that no one can shut out others who share their address.
"""

import hashlib
import logging
from collections import deque
from datetime import datetime, timedelta

import azure.functions as func

from domain.errors import RefusedKind
from services import Services
from telemetry.metrics import count

_log = logging.getLogger("mfareset.access")

_REMEMBERED = timedelta(minutes=10)
# Mistyped keys and old links are answered at once so often.
_FREE = 5
_FIRST_PAUSE, _LONGEST_PAUSE = 0.25, 4.0  # seconds
# Answers held back at once: each takes a place of the host's. Further ones are answered 429.
_MOST_PAUSED = 20
_MOST_KEYS = 10_000


class Failures:
    """The refusals of the last minutes, per address and per link, in this process."""

    def __init__(self) -> None:
        self._times: dict[str, deque[datetime]] = {}
        self.paused = 0

    def add(self, key: str, now: datetime) -> int:
        """Note a failure; return how many there were of `key` lately."""
        if len(self._times) >= _MOST_KEYS:
            old = now - _REMEMBERED
            self._times = {name: times for name, times in self._times.items() if times[-1] > old}
            while len(self._times) >= _MOST_KEYS:  # an attack from everywhere: the oldest go
                del self._times[next(iter(self._times))]
        times = self._times.setdefault(key, deque(maxlen=64))
        while times and times[0] <= now - _REMEMBERED:
            times.popleft()
        times.append(now)
        return len(times)


failures = Failures()


def trace_refusal(kind: RefusedKind, reason: str, endpoint: str) -> None:
    """Write the line and count the refusal. All three are words of the code."""
    fields = {"kind": kind, "reason": reason, "endpoint": endpoint}
    line = " ".join(f"{name}={value}" for name, value in fields.items())
    _log.warning("accessRefused %s", line, extra={f"mfareset.{name}": value for name, value in fields.items()})
    count("mfareset.access.refused", kind=kind, reason=reason, endpoint=endpoint)


async def slow_down(services: Services, req: func.HttpRequest, link: str = "") -> bool:
    """Hold back the answer to a refused call, the longer the more of them there were; False: answer 429 instead."""
    now = services.now()
    keys = [f"address:{address_of(req)}", *([f"link:{hashlib.sha256(link.encode()).hexdigest()}"] if link else [])]
    many = max(failures.add(key, now) for key in keys)
    if many <= _FREE:
        return True
    if failures.paused >= _MOST_PAUSED:
        return False
    failures.paused += 1
    try:
        await services.pause(min(_LONGEST_PAUSE, _FIRST_PAUSE * 2 ** min(many - _FREE - 1, 10)))
    finally:
        failures.paused -= 1
    return True


def address_of(req: func.HttpRequest) -> str:
    """Return the caller's address as the platform's front end saw it, "" where there is none before the host.

    App Service appends it to X-Forwarded-For, so the last entry is not the caller's word.
    """
    last: str = (req.headers.get("X-Forwarded-For") or "").rpartition(",")[2].strip()
    host, colon, port = last.rpartition(":")
    return host.strip("[]") if colon and port.isdigit() and (host.count(":") == 0 or host.startswith("[")) else last
