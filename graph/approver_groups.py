"""Read who is in a group of approvers, also through groups in it, and hold what was found for minutes."""

from datetime import datetime, timedelta
from typing import NamedTuple

from graph.client import Graph, segment
from graph.errors import Fault, GraphError
from graph.paging import read_all
from graph.users import User, find_users

# Several requests within minutes ask the same people.
FOUND = timedelta(minutes=5)
# Each gets a mail about each request: a larger group was hardly meant.
MOST = 100
_USER = "#microsoft.graph.user"


class Member(NamedTuple):
    """`address` is the mail address, or the user principal name of who has none; in lower case."""

    id: str
    address: str


class _Known(NamedTuple):
    members: tuple[Member, ...]
    until: datetime


class ApproverGroups:
    """One for a process."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, str], _Known] = {}

    async def members(
        self, graph: Graph, tenant_id: str, group_id: str, now: datetime, *, fresh: bool = False
    ) -> tuple[Member, ...]:
        """Return the people who are in a group and can sign in. `fresh`: as the directory has it now.

        Raises: GraphError where they cannot be read, or not all of them. A list that cannot be read is never an empty one.
        """
        known = self._known.get((tenant_id, group_id))
        if known is not None and now < known.until and not fresh:
            return known.members
        members = await _read(graph, tenant_id, group_id)
        self._known[tenant_id, group_id] = _Known(members, now + FOUND)
        return members


async def _read(graph: Graph, tenant_id: str, group_id: str) -> tuple[Member, ...]:
    """Read ids, then names.

    The list is a flat one of all nested members of all types. No cast limits it: with one Graph answers from an index that may be
    late. Without the permission to read users it has their ids and types alone. (Graph documentation, "List group transitive members")
    """
    client = graph.of(tenant_id)
    items = await read_all(client, f"groups/{segment(group_id)}/transitiveMembers?$select=id&$top=999")
    ids = [str(item.get("id") or "") for item in items if item.get("@odata.type") == _USER]
    if len(ids) > MOST:
        raise GraphError(Fault.REFUSED, f"the group has {len(ids)} members, and at most {MOST} may be approvers")
    members: list[Member] = []
    for match in await find_users(client, ids):
        if isinstance(match, GraphError):
            raise match
        if isinstance(match, User) and match.enabled:
            address = (match.mail or match.user_principal_name).lower()
            if "@" not in address:
                raise GraphError(Fault.FORBIDDEN, "the names of the group's members cannot be read")
            members.append(Member(match.id, address))
    return tuple(sorted(set(members)))
