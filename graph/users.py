"""Users of a customer: found by object id or name, listed, and what makes them privileged."""

import re
from collections.abc import Sequence
from typing import Any, NamedTuple
from urllib.parse import quote

from graph.batch import Part, all_of, batch
from graph.client import GraphClient, segment
from graph.errors import Fault, GraphError
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
from graph.responses import Response

FIELDS = "id,displayName,userPrincipalName,mail,accountEnabled,userType"
_GUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_SEGMENT = re.compile(r"[^$#()][^#()]*")  # a name that can be a segment of a path
_ADVANCED = {"ConsistencyLevel": "eventual"}


class User(NamedTuple):
    id: str
    display_name: str
    user_principal_name: str
    mail: str
    enabled: bool
    guest: bool


class Details(NamedTuple):
    """What a plan needs of one user. `privileges` are directory roles and role-assignable groups joined or owned."""

    found: Found
    privileges: list[str]


class CurrentUser(NamedTuple):
    """Who a user is right before a reset. `privileges` are empty where they were not asked for."""

    user: User
    privileges: list[str]


def user_of(resource: dict[str, Any]) -> User:
    """Parse a user resource. Raises: GraphError for a body that is not a user."""
    if not resource.get("id"):
        raise GraphError(Fault.UNAVAILABLE, "Graph's answer has no user in it")
    name = str(resource.get("userPrincipalName") or "")
    return User(
        id=str(resource["id"]),
        display_name=str(resource.get("displayName") or name),
        user_principal_name=name,
        mail=str(resource.get("mail") or ""),
        enabled=resource.get("accountEnabled") is not False,
        guest=str(resource.get("userType") or "").lower() == "guest" or "#EXT#" in name.upper(),
    )


def find_part(text: str) -> Part:
    if _GUID.fullmatch(text) or _SEGMENT.fullmatch(text):
        return Part(f"users/{segment(text)}?$select={FIELDS}")
    literal = quote("'" + text.replace("'", "''") + "'", safe="")
    if "#" not in text:
        # A `$` at the start or a parenthesis is refused, also escaped; not so in a key in quotes. (Graph documentation, "Get a user")
        return Part(f"users({literal})?$select={FIELDS}")
    # A `#` (as in #EXT#) cuts a path even when it is escaped; a filter takes it.
    return Part(f"users?$filter=userPrincipalName%20eq%20{literal}&$select={FIELDS}")


async def find_users(client: GraphClient, texts: Sequence[str]) -> list[User | GraphError | None]:
    """Return the user each text names, None where there is none, the error where that could not be found out."""
    answers = await batch(client, [find_part(text) for text in texts])
    return [_found(answer) for answer in answers]


def _found(answer: Response) -> User | GraphError | None:
    if not answer.ok:
        error = answer.error()
        # A text that is no possible name is answered with 400 by some paths.
        return None if error.fault in {Fault.NOT_FOUND, Fault.REFUSED} else error
    try:
        if "value" not in answer.body:
            return user_of(answer.body)
        matches = answer.items()
        return user_of(matches[0]) if len(matches) == 1 else None
    except GraphError as error:
        return error


def privilege_parts(user_id: str) -> list[Part]:
    user = f"users/{segment(user_id)}"
    groups = "microsoft.graph.group?$filter=isAssignableToRole%20eq%20true&$count=true&$select=id,displayName,isAssignableToRole"
    return [
        # A cast of memberships is an advanced query. (Graph documentation, "List a user's memberships")
        Part(
            f"{user}/transitiveMemberOf/microsoft.graph.directoryRole?$count=true&$select=id,displayName",
            headers=_ADVANCED,
        ),
        Part(f"{user}/transitiveMemberOf/{groups}", headers=_ADVANCED),
        # Owned objects cannot be filtered by isAssignableToRole, so that is done here.
        Part(f"{user}/ownedObjects/microsoft.graph.group?$select=id,displayName,isAssignableToRole&$top=999"),
    ]


async def read_details(client: GraphClient, user_ids: Sequence[str], *, hardware: bool) -> list[Details | GraphError]:
    """Return what a plan needs of each user: four parts of v1.0 and two of beta per user, twenty to a round trip."""
    parts = [[methods_part(user_id), *privilege_parts(user_id)] for user_id in user_ids]
    beta_parts = [part for user_id in user_ids for part in (preference_part(user_id), hardware_part(user_id))]
    answers, beta = await all_of(
        batch(client, [part for group in parts for part in group]),
        batch(client, beta_parts if hardware else beta_parts[::2], version="beta"),
    )
    step = 2 if hardware else 1
    return [
        _details(answers[4 * n : 4 * n + 4], beta[step * n], beta[step * n + 1] if hardware else None)
        for n in range(len(user_ids))
    ]


def _details(answers: Sequence[Response], preference: Response, hardware: Response | None) -> Details | GraphError:
    try:
        methods = listed(answers[0])
        tokens, unreadable = hardware_listed(hardware) if hardware else ([], None)
        privileges = _privileges(answers[1:])
    except GraphError as error:
        return error
    return Details(Found(methods + tokens, preference_in(preference), unreadable), privileges)


async def read_user_and_methods(
    client: GraphClient, user_id: str, *, privileges: bool, hardware: bool
) -> tuple[CurrentUser, Found]:
    """Return who the user is now and what is registered, in one round trip.

    Raises: GraphError where either cannot be known.
    """
    parts = _current_user_parts(user_id, privileges=privileges)
    answers, found = await with_methods(client, user_id, parts, hardware=hardware)
    current = _current_user(answers)
    if isinstance(found, GraphError):
        raise found
    return current, found


async def read_current_user(client: GraphClient, user_id: str, *, privileges: bool) -> CurrentUser:
    """Return who the user is now, in one round trip.

    Raises: GraphError.
    """
    return _current_user(await batch(client, _current_user_parts(user_id, privileges=privileges)))


def _current_user_parts(user_id: str, *, privileges: bool) -> list[Part]:
    return [find_part(user_id), *(privilege_parts(user_id) if privileges else ())]


def _current_user(answers: Sequence[Response]) -> CurrentUser:
    if not answers[0].ok:
        raise answers[0].error()
    return CurrentUser(user_of(answers[0].body), _privileges(answers[1:]) if len(answers) > 1 else [])


def _privileges(answers: Sequence[Response]) -> list[str]:
    """Return what is in the answers to `privilege_parts`: names of roles, then of groups.

    Raises: GraphError.
    """
    roles, joined, owned = (_members(answer) for answer in answers)
    groups = {_name(item) for item in joined + owned if item.get("isAssignableToRole")}
    return [_name(item) for item in roles] + [f"role-assignable group {name}" for name in sorted(groups)]


def _name(item: dict[str, Any]) -> str:
    return str(item.get("displayName") or item.get("id"))


def _members(answer: Response) -> list[dict[str, Any]]:
    # The user was just found, so a 404 says that the server knows no such relation of it: nothing there.
    if answer.status == 404:
        return []
    return answer.items()
