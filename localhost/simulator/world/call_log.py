"""The requests that came: for assertions, never for logs (they name users)."""

from collections import Counter, deque
from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple


class CallRecord(NamedTuple):
    at: datetime
    tenant: str | None
    verb: str
    template: str  # "/v1.0/users/{user}/authentication/methods"
    user: str | None
    status: int  # 0: the connection was dropped
    in_batch: bool
    path: str


# Enough for the last thousand targets; the counters cover all.
KEPT = 20_000


class CallLog:
    def __init__(self) -> None:
        self._records: deque[CallRecord] = deque(maxlen=KEPT)
        self.counts: Counter[tuple[str, str, int]] = Counter()

    def record(self, record: CallRecord) -> None:
        self._records.append(record)
        self.counts[record.verb, record.template, record.status] += 1

    def clear(self) -> None:
        self._records.clear()
        self.counts.clear()

    def __iter__(self) -> Iterator[CallRecord]:
        return iter(tuple(self._records))

    def __len__(self) -> int:
        return len(self._records)

    def matching(
        self,
        *,
        tenant: str | None = None,
        user: str | None = None,
        verb: str | None = None,
        ending: str = "",
        containing: str = "",
    ) -> list[CallRecord]:
        """Return the kept calls, oldest first, whose template ends with and contains the given texts."""
        return [
            record
            for record in self._records
            if (tenant is None or record.tenant == tenant)
            and (user is None or record.user == user)
            and (verb is None or record.verb == verb)
            and record.template.endswith(ending)
            and containing in record.template
        ]
