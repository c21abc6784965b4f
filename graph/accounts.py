"""Find the accounts that an address stands for, and hold what was found for minutes."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import NamedTuple

from domain.mails import mail_domain
from graph.client import Graph
from graph.errors import GraphError
from graph.users import Several, User, find_users

# The requester and the approvers of one request are those of the next. A person who gets another account within this time is
# looked up as the old one: that account is still theirs, or nobody's.
FOUND = timedelta(minutes=5)
MISSING = timedelta(minutes=1)  # somebody may be creating the account right now
_MOST = 20_000


class Directory(NamedTuple):
    """A tenant to look in. A mail address counts only where `domains` hold its domain; None: every address does.

    A user principal name always counts: Entra verifies its domain. The attribute `mail` is what the tenant's administrators write.
    """

    tenant_id: str
    domains: frozenset[str] | None = None


class _Known(NamedTuple):
    accounts: tuple[str, ...]
    until: datetime


class Accounts:
    """Look up accounts as tenant id/object id; one for a process."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, str], _Known] = {}

    async def find(
        self, graph: Graph, directory: Directory, addresses: Iterable[str], now: datetime
    ) -> dict[str, tuple[str, ...]]:
        """Return per address its accounts in a tenant; several where they share the mail address, none where there is none.

        Raises: GraphError where that could not be found out and may be later. A tenant that lets nobody look has no accounts.
        """
        if len(self._known) > _MOST:
            self._known.clear()
        found: dict[str, tuple[str, ...]] = {}
        missing: list[str] = []
        for text in dict.fromkeys(addresses):
            known = self._known.get((directory.tenant_id, text))
            if known is not None and now < known.until:
                found[text] = known.accounts
            else:
                missing.append(text)
        if missing:
            matches = await find_users(graph.of(directory.tenant_id), missing)
            for text, match in zip(missing, matches, strict=True):
                if isinstance(match, GraphError) and match.passing:
                    raise match
                ids = _ids(match, text, directory)
                accounts = found[text] = tuple(f"{directory.tenant_id}/{user_id}" for user_id in ids)
                self._known[directory.tenant_id, text] = _Known(accounts, now + (FOUND if accounts else MISSING))
        return found


def _ids(match: object, text: str, directory: Directory) -> tuple[str, ...]:
    believed = directory.domains is None or mail_domain(text) in directory.domains
    if isinstance(match, User):
        return (match.id,) if believed or not match.by_mail else ()
    return match.ids if isinstance(match, Several) and believed else ()
