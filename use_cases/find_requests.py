"""What a person looks for in the list of requests."""

from datetime import datetime
from typing import NamedTuple

from domain.request.reset_request import ResetRequest
from services import Services
from use_cases.list_requests import list_requests
from use_cases.read_request import is_within

# Requests looked at for one page of the list, and for one export.
SCANNED = 1000
EXPORTED = 10_000


class RequestFilter(NamedTuple):
    """What is looked for; empty: everything. `start` and `end` are about when a request was made, `end` is excluded.

    `customers`: the person shows these alone; None: all that they may see.
    """

    text: str = ""
    status: str = ""
    requester: str = ""
    customer: str = ""
    customers: frozenset[str] | None = None
    start: datetime | None = None
    end: datetime | None = None
    dry_runs: bool = False
    requester_id: str = ""
    requester_mail: str = ""

    def matches(self, request: ResetRequest) -> bool:
        """Return whether this is a request that is looked for, within what the list was read for."""
        text, requester = self.text.casefold(), self.requester.casefold()
        return (
            (not self.status or request.status.value == self.status)
            and (self.dry_runs or not request.dry_run)
            and (not text or any(text in each.casefold() for each in (request.ticket, request.reason, request.id)))
            and (not requester or requester in request.asked_by.casefold())
            and (not self.customer or self.customer in request.customers)
            and (self.customers is None or bool(self.customers.intersection(request.customers)))
            and (not self.requester_mail or self._is_theirs(request))
        )

    def _is_theirs(self, request: ResetRequest) -> bool:
        """Return whether the person made the request, or it was made for them."""
        return request.requested_by_id == self.requester_id or (
            request.requester.casefold() == self.requester_mail.casefold()
        )


async def find_requests(
    services: Services,
    wanted: RequestFilter,
    reach: frozenset[str] | None,
    cursor: str,
    limit: int,
    *,
    scan: int = SCANNED,
) -> tuple[list[ResetRequest], str]:
    """Return at most `limit` requests wholly within `reach`, newest first, and the cursor of the next page, "" at the end.

    A customer's own list is read where one is asked for, and no request outside of the days. Raises: InvalidInputError for a
    cursor that is not one of this list's.
    """

    def matches(request: ResetRequest) -> bool:
        return is_within(request, reach) and wanted.matches(request)

    return await list_requests(
        services, matches, cursor, limit, scan=scan, customer=wanted.customer, start=wanted.start, end=wanted.end
    )
