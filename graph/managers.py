"""A user's manager, as the directory names one."""

from graph.client import GraphClient, segment
from graph.errors import Fault
from graph.users import FIELDS, User, user_of


async def read_manager(client: GraphClient, user_id: str) -> User | None:
    """Return the manager, None where there is none.

    Raises: GraphError where that cannot be read.
    """
    answer = await client.send("GET", f"users/{segment(user_id)}/manager?$select={FIELDS}")
    if answer.ok:
        # A manager may be an organizational contact; whatever has a mail address will do.
        return user_of(answer.body)
    error = answer.error()
    if error.fault is Fault.NOT_FOUND:
        return None
    raise error
