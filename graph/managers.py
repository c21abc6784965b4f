"""A user's manager, as the directory names one."""

from graph.client import GraphClient, segment
from graph.errors import Fault
from graph.users import User, user_of


async def read_manager(client: GraphClient, user_id: str) -> User | None:
    """Return the manager, None where there is none.

    Raises: GraphError where that cannot be read.
    """
    # Without $select: it is a directoryObject, which declares no name or address; a user's default properties hold them.
    answer = await client.send("GET", f"users/{segment(user_id)}/manager")
    if answer.ok:
        # A manager may be an organizational contact; whatever has a mail address will do.
        return user_of(answer.body)
    error = answer.error()
    if error.fault is Fault.NOT_FOUND:
        return None
    raise error
