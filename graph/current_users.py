"""Read who users are right before they are reset: fifteen to a call, where it is known who is reset next."""

from collections.abc import Awaitable, Callable, Mapping

from graph.batch import batch
from graph.client import GraphClient
from graph.errors import GraphError
from graph.users import VALUES, User, user_of, users_named

# Returns the user principal names of those who are reset next, by user id, the one in question among them.
type Upcoming = Callable[[], Awaitable[Mapping[str, str]]]


async def read_ahead(client: GraphClient, user_id: str, upcoming: Upcoming) -> User | None:
    """Return who the user is, from one call about those who are reset next or from such a call less than a minute ago.

    None: ask for this user by id. That is so for a lone user, for one whose name has changed, and where Graph refuses the filter.

    Raises: GraphError for what may pass.
    """
    ahead = client.users_ahead
    async with ahead.lock:
        if (user := ahead.take(user_id)) is not None:
            return user if isinstance(user, User) else None
        names = dict(list((await upcoming()).items())[:VALUES])
        if len(names) < 2:
            return None
        (answer,) = await batch(client, [users_named(list(names.values()))])
        found = {}
        try:
            found = {user.id: user for user in map(user_of, answer.items())}
        except GraphError as error:
            if error.passing:
                raise
        for other in names.keys() - {user_id}:
            # Who was not found is asked for by id, not read ahead again.
            ahead.put(other, found.get(other, False))
        return found.get(user_id)
