"""Read what a plan, and the look before a reset, need of a user: who they are, what is registered, what makes them privileged."""

from collections.abc import Sequence
from typing import NamedTuple

from graph.batch import all_of, batch
from graph.client import GraphClient
from graph.errors import GraphError
from graph.found import Found
from graph.methods import (
    hardware_listed,
    hardware_part,
    listed,
    methods_part,
    preference_in,
    preference_part,
    with_methods,
)
from graph.privilege_cache import Privileges
from graph.privileges import read_privileges
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


async def read_details(client: GraphClient, user_ids: Sequence[str], *, hardware: bool) -> list[Details | GraphError]:
    """Return what a plan needs of each user, in two round trips: what is registered, then which of several is the default.

    The default only orders several methods, so it is not read for users with fewer.
    """
    answers, tokens, privileges = await all_of(
        batch(client, [methods_part(user_id) for user_id in user_ids]),
        _hardware(client, user_ids, wanted=hardware),
        read_privileges(client, client.privileged.plans, user_ids),
    )
    found = [_found(answer, token) for answer, token in zip(answers, tokens, strict=True)]
    several = [n for n, each in enumerate(found) if isinstance(each, Found) and len(each.methods) > 1]
    preferences = await batch(client, [preference_part(user_ids[n]) for n in several], version="beta")
    preferred = dict(zip(several, map(preference_in, preferences), strict=True))
    return [_details(each, privileges[n], preferred.get(n)) for n, each in enumerate(found)]


async def _hardware(client: GraphClient, user_ids: Sequence[str], *, wanted: bool) -> Sequence[Response | None]:
    if not wanted:
        return [None] * len(user_ids)
    return await batch(client, [hardware_part(user_id) for user_id in user_ids], version="beta")


def _found(methods: Response, hardware: Response | None) -> Found | GraphError:
    try:
        tokens, unreadable = hardware_listed(hardware) if hardware else ([], None)
        return Found(listed(methods) + tokens, hardware_unreadable=unreadable)
    except GraphError as error:
        return error


def _details(
    found: Found | GraphError, privileges: Privileges | GraphError, preference: str | None
) -> Details | GraphError:
    if isinstance(found, GraphError):
        return found
    if isinstance(privileges, GraphError):
        return privileges
    return Details(found._replace(preference=preference), privileges)


async def read_user_and_methods(
    client: GraphClient, user_id: str, *, privileges: bool, hardware: bool
) -> tuple[CurrentUser, Found]:
    """Return who the user is now and what is registered. Raises GraphError where either cannot be known."""
    (answers, found), known = await all_of(
        with_methods(client, user_id, [user_part(user_id)], hardware=hardware),
        _known(client, user_id, wanted=privileges),
    )
    current = _current_user(answers[0], known)
    if isinstance(found, GraphError):
        raise found
    return current, found


async def read_current_user(client: GraphClient, user_id: str, *, privileges: bool) -> CurrentUser:
    """Return who the user is now. Raises GraphError."""
    answers, known = await all_of(batch(client, [user_part(user_id)]), _known(client, user_id, wanted=privileges))
    return _current_user(answers[0], known)


async def _known(client: GraphClient, user_id: str, *, wanted: bool) -> Privileges | GraphError:
    return (await read_privileges(client, client.privileged.resets, [user_id]))[0] if wanted else Privileges([])


def _current_user(answer: Response, privileges: Privileges | GraphError) -> CurrentUser:
    if not answer.ok:
        raise answer.error()
    if isinstance(privileges, GraphError):
        raise privileges
    return CurrentUser(user_of(answer.body), privileges)
