"""Select all users of some customers that match a filter."""

from collections.abc import Iterable

from graph.listing import Query, list_users
from services import Services

# The largest page of users that Graph returns: https://learn.microsoft.com/graph/api/user-list ($top).
_PAGE = 999


async def select_all_users(services: Services, customers: Iterable[str], query: Query) -> dict[str, list[str]]:
    """Return the object ids of the users who match, by customer; at most one more than a request may have.

    Raises: GraphError where any customer cannot be read: an operator must not believe that its users were selected, too.
    """
    groups: dict[str, list[str]] = {}
    room = services.policy.limits.targets_per_request + 1
    for customer in customers:
        tenant = {customer: services.policy.customers[customer].tenant_id}
        spots = None
        while room > 0 and (spots is None or spots):
            page = await list_users(services.graph, tenant, query, spots, min(room, _PAGE))
            if page.faults:
                raise next(iter(page.faults.values()))
            groups.setdefault(customer, []).extend(row.user.id for row in page.users)
            room -= len(page.users)
            spots = page.spots
    return {customer: users for customer, users in groups.items() if users}
