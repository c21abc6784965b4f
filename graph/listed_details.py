"""Read what a list shows of users beside their names: methods and privileges, with as few calls as possible.

A list can wait and a reset cannot, so this never uses up what Graph allows a tenant: answers are kept for seconds, hardware tokens are
read only of users in whose other methods nothing is strong, and where Graph asks for a pause no call is made until it is over.
"""

from collections.abc import Sequence
from typing import NamedTuple

from domain.request.phone_numbers import is_strong
from graph.batch import Part, all_of, batch
from graph.client import GraphClient
from graph.errors import Fault, GraphError
from graph.found import Found
from graph.methods import hardware_listed, hardware_part, listed, methods_part
from graph.privilege_cache import Privileges
from graph.privileges import read_privileges
from graph.responses import Response
from graph.users import Match, find_users


class Listed(NamedTuple):
    """What was read of one user; an error where that part could not be. `user` as `find_users` returns it."""

    user: Match
    found: Found | GraphError
    privileges: Privileges | GraphError


async def read_listed(client: GraphClient, user_ids: Sequence[str]) -> list[Listed]:
    """Return what a list shows of these users, at most twenty of them."""
    client.never_wait()
    cache = client.listed
    # Looked at once: what is fresh now may not be after the rest was read.
    known = {user_id: cache.get(user_id) for user_id in user_ids}
    missing = [user_id for user_id, one in known.items() if one is None]
    if missing and cache.paused:
        paused = GraphError(Fault.THROTTLED, "Graph asked for a pause a moment ago")
        read = [Listed(paused, paused, paused) for _ in missing]
    else:
        read = await _read(client, missing)
    fresh = dict(zip(missing, read, strict=True))
    for user_id, one in fresh.items():
        if not any(isinstance(part, GraphError) for part in one):
            cache.put(user_id, one)
    return [fresh.get(user_id) or known[user_id] for user_id in user_ids]


async def _read(client: GraphClient, user_ids: Sequence[str]) -> list[Listed]:
    if not user_ids:
        return []
    users, found, privileges = await all_of(
        _users(client, user_ids), _methods(client, user_ids), _privileges(client, user_ids)
    )
    for error in (part for parts in (users, found, privileges) for part in parts if isinstance(part, GraphError)):
        if error.fault is Fault.THROTTLED:
            client.listed.pause(error.retry_after)
    return [Listed(*parts) for parts in zip(users, found, privileges, strict=True)]


async def _users(client: GraphClient, user_ids: Sequence[str]) -> list[Match]:
    try:
        return await find_users(client, user_ids)
    except GraphError as error:
        return [error for _ in user_ids]


async def _privileges(client: GraphClient, user_ids: Sequence[str]) -> list[Privileges | GraphError]:
    try:
        return await read_privileges(client, client.privileged.plans, user_ids, last=True)  # a list is not read again
    except GraphError as error:
        return [error for _ in user_ids]


async def _methods(client: GraphClient, user_ids: Sequence[str]) -> list[Found | GraphError]:
    answers = await _answers(client, [methods_part(user_id) for user_id in user_ids], "v1.0")
    found = [_listed(answer) for answer in answers]
    open_ = [n for n, one in enumerate(found) if isinstance(one, Found) and not any(map(is_strong, one.methods))]
    tokens = await _answers(client, [hardware_part(user_ids[n]) for n in open_], "beta")
    for n, answer in zip(open_, tokens, strict=True):
        found[n] = _with_tokens(found[n], answer)
    return found


async def _answers(client: GraphClient, parts: Sequence[Part], version: str) -> list[Response | GraphError]:
    try:
        return list(await batch(client, parts, version=version))
    except GraphError as error:
        return [error for _ in parts]


def _listed(answer: Response | GraphError) -> Found | GraphError:
    if isinstance(answer, GraphError):
        return answer
    try:
        return Found(listed(answer))
    except GraphError as error:
        return error


def _with_tokens(found: Found | GraphError, answer: Response | GraphError) -> Found | GraphError:
    if isinstance(found, GraphError) or isinstance(answer, GraphError):
        return answer if isinstance(answer, GraphError) else found
    try:
        tokens, unreadable = hardware_listed(answer)
    except GraphError as error:
        return error
    return found._replace(methods=found.methods + tokens, hardware_unreadable=unreadable)
