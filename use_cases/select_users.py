"""Select all users of some customers that match a filter."""

import asyncio
from collections.abc import Iterable

from domain.console_choice import LONGEST_NAME, ChosenUser
from graph.listing import list_users
from graph.user_pages import ListedUser, Query
from services import Services

# The largest page of users that Graph returns: https://learn.microsoft.com/graph/api/user-list ($top).
_PAGE = 999
# Customers read side by side, of the connections that all of this process shares (graph.client.CONNECTIONS).
_AT_ONCE = 64


async def select_all_users(services: Services, customers: Iterable[str], query: Query) -> list[ChosenUser]:
    """Return the users who match, live from Graph; at most one more than a request may have.

    Raises: GraphError where any customer cannot be read: an operator must not believe that its users were selected, too.
    """
    most = services.policy.limits.targets_per_request + 1
    gate = asyncio.Semaphore(_AT_ONCE)
    count = 0

    async def users_of(customer: str) -> list[ChosenUser]:
        nonlocal count
        tenant = {customer: services.policy.customers[customer].tenant_id}
        found: list[ChosenUser] = []
        spots = None
        while count < most and (spots is None or spots):
            async with gate:
                page = await list_users(services.graph, tenant, query, spots, min(most, _PAGE))
            if page.faults:
                raise next(iter(page.faults.values()))
            found += map(chosen_user, page.users)
            count += len(page.users)
            spots = page.spots
        return found

    try:
        async with asyncio.TaskGroup() as group:  # it ends the other reads when one fails
            reads = [group.create_task(users_of(customer)) for customer in customers]
    except ExceptionGroup as errors:
        raise errors.exceptions[0] from None
    return [user for read in reads for user in read.result()][:most]


def chosen_user(row: ListedUser) -> ChosenUser:
    user = row.user
    return ChosenUser(row.customer, user.id, user.user_principal_name[:LONGEST_NAME], user.display_name[:LONGEST_NAME])
