"""Select all users of some customers that match a filter."""

from collections.abc import Iterable

from domain.console_choice import LONGEST_NAME, ChosenUser
from graph.listing import ListedUser, Query, list_users
from services import Services

# The largest page of users that Graph returns: https://learn.microsoft.com/graph/api/user-list ($top).
_PAGE = 999


async def select_all_users(services: Services, customers: Iterable[str], query: Query) -> list[ChosenUser]:
    """Return the users who match; at most one more than a request may have.

    Raises: GraphError where any customer cannot be read: an operator must not believe that its users were selected, too.
    """
    found: list[ChosenUser] = []
    most = services.policy.limits.targets_per_request + 1
    for customer in customers:
        tenant = {customer: services.policy.customers[customer].tenant_id}
        spots = None
        while len(found) < most and (spots is None or spots):
            page = await list_users(services.graph, tenant, query, spots, min(most - len(found), _PAGE))
            if page.faults:
                raise next(iter(page.faults.values()))
            found += map(chosen_user, page.users)
            spots = page.spots
    return found


def chosen_user(row: ListedUser) -> ChosenUser:
    user = row.user
    return ChosenUser(row.customer, user.id, user.user_principal_name[:LONGEST_NAME], user.display_name[:LONGEST_NAME])
