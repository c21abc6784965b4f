"""Choose the customers that a directory list is about."""

from collections.abc import Mapping, Sequence

from domain.errors import InvalidInputError
from graph.user_pages import Query
from languages import Message
from services import Services


def chosen_customers(services: Services, text: str | None, reach: frozenset[str] | None = None) -> list[str]:
    """Return the policy keys that a `customers` parameter names; where it is empty all in `reach` (None: every one).

    Raises: InvalidInputError for a customer that is unknown or outside `reach`.
    """
    names = [name.strip() for name in (text or "").split(",") if name.strip()]
    keys: dict[str, None] = {}
    for name in names:
        key = services.policy.find_customer(name)
        if key is None or (reach is not None and key not in reach):
            error = {
                "pointer": "/query/customers",
                "detail": Message("no customer is known by %(name)s", name=repr(name[:100])),
            }
            raise InvalidInputError(Message("No customer is known by that name."), [error])
        keys[key] = None
    return list(keys) if names else [key for key in services.policy.customers if reach is None or key in reach]


def tenant_ids(services: Services, customers: Sequence[str]) -> Mapping[str, str]:
    """Return the tenant id of each customer."""
    return {key: services.policy.customers[key].tenant_id for key in customers}


def list_key(what: str, customers: Sequence[str], query: Query) -> str:
    """Return the text that a list's cursors are bound to, so that a cursor is not used for another list."""
    return repr((what, sorted(customers), query))
