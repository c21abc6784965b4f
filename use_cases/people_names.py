"""Find the names of the people behind addresses, for pages. What cannot be found, or not quickly, stays an address."""

import asyncio
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import NamedTuple

from domain.mails import mail_domain
from graph.errors import GraphError
from graph.users import User, find_users
from services import Services

_KEPT = timedelta(minutes=10)
_MOST_KEPT = 5_000
# People looked up for one page, and the seconds that it waits for them.
_MOST_ASKED = 60
_PATIENCE = 2.0


class _Known(NamedTuple):
    name: str
    until: datetime


class PeopleNames:
    """The names that were found lately; one for a process."""

    def __init__(self) -> None:
        self._known: dict[str, _Known] = {}

    async def find(self, services: Services, addresses: Iterable[str]) -> dict[str, str]:
        """Return the display name of each address that has one, by the address in lower case.

        The provider's tenant is asked and, for an address of a customer's own domain, that customer's. Names change and tenants
        fail: a page shows the address then.
        """
        now = services.now()
        wanted = list(dict.fromkeys(text.casefold() for text in addresses if _is_address(text)))
        if len(self._known) > _MOST_KEPT:
            self._known.clear()
        missing = [text for text in wanted if text not in self._known or self._known[text].until <= now][:_MOST_ASKED]
        if missing:
            try:
                async with asyncio.timeout(_PATIENCE):
                    found = await _look_up(services, missing)
            except TimeoutError:
                found = {}
            self._known |= {text: _Known(found.get(text, ""), now + _KEPT) for text in missing}
        return {text: known.name for text in wanted if (known := self._known.get(text)) and known.name}


def _is_address(text: str) -> bool:
    return "@" in text and text.isascii() and " " not in text and len(text) <= 254  # the longest there is (RFC 5321)


async def _look_up(services: Services, addresses: list[str]) -> dict[str, str]:
    domains = {
        domain.casefold(): customer.tenant_id
        for customer in services.policy.customers.values()
        for domain in customer.domains
    }
    groups: dict[str, list[str]] = {}
    for text in addresses:
        tenant = domains.get(mail_domain(text), services.settings.graph_home_tenant)
        groups.setdefault(tenant, []).append(text)
    found = await asyncio.gather(*(_of_tenant(services, tenant, texts) for tenant, texts in groups.items()))
    return {text: name for names in found for text, name in names.items()}


async def _of_tenant(services: Services, tenant: str, texts: list[str]) -> dict[str, str]:
    try:
        matches = await find_users(services.graph.of(tenant), texts)
    except GraphError:
        return {}
    return {text: user.display_name for text, user in zip(texts, matches, strict=True) if isinstance(user, User)}
