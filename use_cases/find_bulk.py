"""Look up many users at once: who was found where, who is ambiguous, who is unknown."""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterable, Sequence

from domain.api.lookup_responses import FoundUser, LookupResponse, LookupRow
from domain.bulk_lines import BulkEntry, read_lines
from graph.errors import GraphError
from graph.users import Match, Several, User, find_users
from services import Services
from use_cases.directory_rows import unread

# Customers asked side by side, and names in one go: fifteen are one call, three hundred a batch.
_AT_ONCE, _CHUNK = 8, 300
# Names without a customer are looked for in every customer asked about, as long as that is no flood of calls.
_MOST_SEARCHES = 20_000


async def find_bulk(services: Services, text: str, customers: Sequence[str]) -> LookupResponse:
    """Return a row for each user that the list names, in its order. Names are looked for in `customers`, policy keys, only.

    A name goes to the customer that its line names, else to the one that its domain belongs to, else to all of them.
    Raises: TooManyLinesError.
    """
    allowed = set(customers)

    def known(name: str) -> str | None:
        key = services.policy.find_customer(name)
        return key if key in allowed else None

    entries = read_lines(text, known)
    places = {entry: _places(entry, known, customers) for entry in set(entries) if entry.name}
    if sum(len(keys) for keys in places.values()) > _MOST_SEARCHES:
        places = {entry: keys if len(keys) == 1 else [] for entry, keys in places.items()}
    found = await _find(services, places)
    rows: list[LookupRow] = []
    seen: set[tuple[str, str]] = set()
    for entry in entries:
        row = _row(entry, {key: found[key, entry.name] for key in places.get(entry, ())})
        if row.user is not None:
            user = (row.user.customer, row.user.id)
            if user in seen:
                row = row.model_copy(update={"state": "duplicate"})
            seen.add(user)
        rows.append(row)
    return LookupResponse(value=rows, counts=dict(Counter(row.state for row in rows)), read_at=services.now())


def _places(entry: BulkEntry, known: Callable[[str], str | None], customers: Sequence[str]) -> list[str]:
    if entry.customer:
        return [entry.customer]
    domain = entry.name.rpartition("@")[2]
    owner = known(domain) if "@" in entry.name else None
    return [owner] if owner else list(customers)


async def _find(services: Services, places: dict[BulkEntry, list[str]]) -> dict[tuple[str, str], Match]:
    names: dict[str, dict[str, None]] = {}
    for entry, keys in places.items():
        for key in keys:
            names.setdefault(key, {})[entry.name] = None
    gate = asyncio.Semaphore(_AT_ONCE)
    found: dict[tuple[str, str], Match] = {}

    async def look(key: str, texts: Sequence[str]) -> None:
        client = services.graph.of(services.policy.customers[key].tenant_id)
        async with gate:
            try:
                matches: Iterable[Match] = await find_users(client, texts)
            except GraphError as error:
                matches = [error for _ in texts]
        found.update({(key, text): match for text, match in zip(texts, matches, strict=True)})

    await asyncio.gather(
        *(
            look(key, texts[start : start + _CHUNK])
            for key, texts in ((key, list(each)) for key, each in names.items())
            for start in range(0, len(texts), _CHUNK)
        )
    )
    return found


def _row(entry: BulkEntry, matches: dict[str, Match]) -> LookupRow:
    row = LookupRow(line=entry.line, text=entry.text, name=entry.name, state="unknown", reason=entry.problem)
    if entry.problem:
        return row.model_copy(update={"state": "invalid"})
    users = [_user(key, match) for key, match in matches.items() if isinstance(match, User)]
    several = [
        FoundUser(customer=key, id=user_id, user_principal_name=name, display_name="")
        for key, match in matches.items()
        if isinstance(match, Several)
        for name, user_id in zip(match.names, match.ids, strict=True)
    ]
    faults = {key: match for key, match in matches.items() if isinstance(match, GraphError)}
    if len(users) == 1 and not several:
        return row.model_copy(update={"state": "found", "user": users[0]})
    if users or several:
        return row.model_copy(update={"state": "ambiguous", "candidates": [*users, *several]})
    if faults:
        key, fault = next(iter(faults.items()))
        return row.model_copy(update={"state": "unread", "reason": unread(key, fault).reason})
    return row if matches else row.model_copy(update={"reason": "noCustomer"})


def _user(customer: str, user: User) -> FoundUser:
    return FoundUser(
        customer=customer,
        id=user.id,
        user_principal_name=user.user_principal_name,
        display_name=user.display_name,
    )
