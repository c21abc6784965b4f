"""Throttling by token bucket, one bucket per limit and tenant.

What is known: the directory allows 3,500 / 5,000 / 8,000 units per 10 s and 3,000 writes per 150 s for each app
and tenant [d]. For a user's authentication methods no number is published; one report saw 5 to 6 requests per
second, with many 429s at 16 threads [i]. So nothing is limited here until a test or a benchmark sets a limit.
"""

import math
from dataclasses import dataclass, field
from datetime import datetime
from fnmatch import fnmatchcase

from localhost.simulator.protocol.errors import throttled
from localhost.simulator.protocol.messages import Request

WARNS_FROM = 0.8  # x-ms-throttle-limit-percentage is sent from here on, up to 1.8 [d]
HIGHEST = 1.8


@dataclass(slots=True)
class Bucket:
    tokens: float
    at: datetime
    refused: int = 0  # in a row


@dataclass(slots=True)
class Limit:
    rate: float  # calls per second
    burst: float
    tenant: str | None = None  # id, short name or domain; None: all, each with a bucket of its own
    path: str = "*"  # a pattern for path or template
    fractional: bool = False  # send "0.4" instead of "1" [m]
    retry_after: float | None = None  # seconds; None: until the next token
    buckets: dict[str, Bucket] = field(default_factory=dict)

    def take(self, tenant: str, now: datetime) -> float:
        """Take one token and return the load of the bucket after it, 0 to 1.

        Raises:
            GraphError: 429, the bucket is empty.
        """
        bucket = self.buckets.get(tenant)
        if bucket is None:
            bucket = self.buckets[tenant] = Bucket(self.burst, now)
        passed = max(0.0, (now - bucket.at).total_seconds())  # clocks may go back
        bucket.tokens = min(self.burst, bucket.tokens + passed * self.rate)
        bucket.at = now
        if bucket.tokens >= 1:
            bucket.tokens -= 1
            bucket.refused = 0
            return 1 - bucket.tokens / self.burst
        bucket.refused += 1
        wait = self.retry_after if self.retry_after is not None else (1 - bucket.tokens) / self.rate
        header = f"{max(wait, 0.001):.3f}" if self.fractional else str(max(1, math.ceil(wait)))
        raise throttled(header, min(HIGHEST, 1 + bucket.refused / self.burst))


class Throttle:
    def __init__(self) -> None:
        self.limits: list[Limit] = []

    def limit(
        self,
        rate: float,
        burst: float,
        *,
        tenant: str | None = None,
        path: str = "*",
        fractional: bool = False,
        retry_after: float | None = None,
    ) -> Limit:
        limit = Limit(rate, burst, tenant, path, fractional, retry_after)
        self.limits.append(limit)
        return limit

    def clear(self) -> None:
        self.limits.clear()

    def check(self, request: Request, now: datetime) -> dict[str, str]:
        """Take a token of every matching limit and return headers that warn early.

        A batch itself is free: it saves round trips, not quota [d].
        """
        if not self.limits or request.tenant is None or request.path.endswith("/$batch"):
            return {}
        load = 0.0
        for limit in self.limits:
            if limit.tenant is not None and not request.tenant.named(limit.tenant):
                continue
            if limit.path == "*" or fnmatchcase(request.path, limit.path) or fnmatchcase(request.template, limit.path):
                load = max(load, limit.take(request.tenant.id, now))
        return {"x-ms-throttle-limit-percentage": f"{load:.2f}"} if load >= WARNS_FROM else {}
