"""A user's sign-ins: from which addresses and countries. Needs `AuditLog.Read.All` and a P1 licence. [Graph documentation, signin-list]"""

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple
from urllib.parse import quote

from domain.dates import read_date
from domain.model import iso
from graph.client import GraphClient
from graph.paging import read_all


class SignIn(NamedTuple):
    """One that succeeded. `country` is a code of two letters, "" where Microsoft does not know it."""

    at: datetime
    address: str
    country: str


async def read_sign_ins(client: GraphClient, user_id: str, since: datetime) -> list[SignIn]:
    """Return the sign-ins of a user since then that succeeded, oldest first. Raises: GraphError."""
    query = f"userId eq '{user_id}' and createdDateTime ge {iso(since)}"
    found: list[SignIn] = []
    for item in await read_all(client, f"auditLogs/signIns?$filter={quote(query, safe='')}"):
        at, status, location = read_date(item.get("createdDateTime")), item.get("status"), item.get("location")
        if at is not None and isinstance(status, dict) and status.get("errorCode") == 0:
            country = location.get("countryOrRegion") if isinstance(location, dict) else None
            found.append(SignIn(at, str(item.get("ipAddress") or ""), str(country or "")))
    return sorted(found)


def country_of(sign_ins: Iterable[SignIn], address: str) -> str:
    """Return the country of the latest sign-in from this address, "" where there is none or it is not known."""
    return next((one.country for one in reversed([*sign_ins]) if address and one.address == address), "")
