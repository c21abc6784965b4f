"""The requests that were read last: each reset of a user reads the request again."""

import threading
from collections import OrderedDict

from domain.request.reset_request import ResetRequest
from records.store import Row

# More than are reset at once.
_KEPT = 32


class ReadRequests:
    """Requests with the rows they were read from, so that a row that is the same is not parsed again.

    A request of hundreds of customers takes a millisecond to parse. Any event loop of the process may use it.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: OrderedDict[str, tuple[Row, ResetRequest]] = OrderedDict()

    def get(self, request_id: str) -> tuple[Row, ResetRequest] | None:
        with self._lock:
            return self._kept.get(request_id)

    def keep(self, row: Row, request: ResetRequest) -> None:
        with self._lock:
            self._kept[row.partition] = row, request
            self._kept.move_to_end(row.partition)
            if len(self._kept) > _KEPT:
                self._kept.popitem(last=False)
