"""Read what a plan, and the look before a reset, need of a user: who they are, what is registered, what makes them privileged."""

from collections.abc import Sequence
from typing import Literal, NamedTuple

from graph.batch import all_of, batch
from graph.client import GraphClient
from graph.current_users import Upcoming, read_ahead
from graph.errors import GraphError
from graph.found import Found
from graph.methods import with_methods
from graph.privilege_cache import Privileges
from graph.privileges import read_privileges
from graph.registered_methods import read_registered
from graph.responses import Response
from graph.users import User, user_of, user_part


class Details(NamedTuple):
    """What a plan needs of one user."""

    found: Found
    privileges: Privileges


class CurrentUser(NamedTuple):
    """Who a user is right before a reset. `privileges` are empty where they were not asked for."""

    user: User
    privileges: Privileges


async def read_details(
    client: GraphClient,
    user_ids: Sequence[str],
    *,
    hardware: bool,
    defaults: Literal["all", "ofSeveral"] = "ofSeveral",
    last: bool = False,
) -> list[Details | GraphError]:
    """Return what a plan needs of each user. `hardware` and `defaults` as `read_registered` takes them, `last` as `read_privileges`."""
    registered, privileges = await all_of(
        read_registered(client, user_ids, hardware=hardware, defaults=defaults),
        read_privileges(client, client.privileged.plans, user_ids, last=last),
    )
    return [_details(found, known) for found, known in zip(registered, privileges, strict=True)]


def _details(found: Found | GraphError, privileges: Privileges | GraphError) -> Details | GraphError:
    if isinstance(found, GraphError):
        return found
    return privileges if isinstance(privileges, GraphError) else Details(found, privileges)


async def read_user_and_methods(
    client: GraphClient, user_id: str, upcoming: Upcoming, *, privileges: bool, last: bool, hardware: bool
) -> tuple[CurrentUser, Found]:
    """Return who the user is now and what is registered. `last` as `read_privileges` takes it.

    Raises: GraphError where either cannot be known.
    """
    user = await read_ahead(client, user_id, upcoming)
    (answers, found), known = await all_of(
        with_methods(client, user_id, [] if user else [user_part(user_id)], hardware=hardware),
        _known(client, user_id, wanted=privileges, last=last),
    )
    current = _current_user(user or answers[0], known)
    if isinstance(found, GraphError):
        raise found
    return current, found


async def read_current_user(
    client: GraphClient, user_id: str, upcoming: Upcoming, *, privileges: bool, last: bool
) -> CurrentUser:
    """Return who the user is now. `last` as `read_privileges` takes it. Raises: GraphError."""
    user = await read_ahead(client, user_id, upcoming)
    known = await _known(client, user_id, wanted=privileges, last=last)
    return _current_user(user or (await batch(client, [user_part(user_id)]))[0], known)


async def _known(client: GraphClient, user_id: str, *, wanted: bool, last: bool) -> Privileges | GraphError:
    if not wanted:
        return Privileges([])
    return (await read_privileges(client, client.privileged.resets, [user_id], last=last))[0]


def _current_user(answer: User | Response, privileges: Privileges | GraphError) -> CurrentUser:
    if isinstance(answer, Response) and not answer.ok:
        raise answer.error()
    if isinstance(privileges, GraphError):
        raise privileges
    return CurrentUser(answer if isinstance(answer, User) else user_of(answer.body), privileges)
