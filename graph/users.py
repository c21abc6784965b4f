"""Find users of a customer by object id, user principal name or mail address."""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple
from urllib.parse import quote

from graph.batch import Part, batch
from graph.client import GraphClient, segment
from graph.errors import Fault, GraphError
from graph.responses import Response, is_id

FIELDS = "id,displayName,userPrincipalName,mail,accountEnabled,userType,usageLocation,preferredLanguage"
_GUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_SEGMENT = re.compile(r"[^$#()][^#()]*")  # a name that can be a segment of a path
# Graph takes at most 15 values after `in`: "Too many child clauses", microsoft-graph-docs#21098.
VALUES = 15
# `id in` is an advanced query, `userPrincipalName in` and `mail in` are not (aad-advanced-queries).
_ADVANCED = {"ConsistencyLevel": "eventual"}


class User(NamedTuple):
    id: str
    display_name: str
    user_principal_name: str
    mail: str
    enabled: bool
    guest: bool
    country: str = ""  # the usage location, two letters
    language: str = ""  # the preferred one, such as de-DE; "" where the directory has none
    by_mail: bool = False  # found by the mail address, so the name asked for is not the user principal name


class Several(NamedTuple):
    """More than one user has the mail address asked for."""

    names: list[str]
    ids: tuple[str, ...] = ()


def user_of(resource: dict[str, Any]) -> User:
    """Parse a user resource. Raises: GraphError for a body that is not a user."""
    if not is_id(resource.get("id"), longest=200):  # it names the user's lease
        raise GraphError.of_unreadable("Graph's answer has no user in it")
    name = _text(resource.get("userPrincipalName"))
    return User(
        id=str(resource["id"]),
        display_name=_text(resource.get("displayName")) or name,
        user_principal_name=name,
        mail=_text(resource.get("mail")),
        enabled=resource.get("accountEnabled") is not False,
        guest=str(resource.get("userType") or "").lower() == "guest" or "#EXT#" in name.upper(),
        country=_text(resource.get("usageLocation"))[:2],
        language=_text(resource.get("preferredLanguage"))[:35],
    )


def _text(value: object) -> str:
    """A name as it can be stored; Entra's longest have 256 characters."""
    return str(value or "")[:1000]


type Match = User | Several | GraphError | None


def is_object_id(text: str) -> bool:
    """Return whether `text` has the form of an object id; user principal names never have it."""
    return _GUID.fullmatch(text) is not None


async def find_users(client: GraphClient, texts: Sequence[str]) -> list[Match]:
    """Return the user each text names, None where there is none, the error where that could not be found out.

    A text is an object id, a user principal name or, where no user has that name, a mail address. Up to fifteen are one call.
    """
    found: dict[str, Match] = {}
    ids = [text for text in texts if is_object_id(text)]
    names = [text for text in texts if not is_object_id(text)]
    hidden = await _match(client, found, "id", ids, lambda user: user.id)
    hidden |= await _match(client, found, "userPrincipalName", names, lambda user: user.user_principal_name)
    # A server may know no such filter, and a directory's index may lag behind: who was not found is asked for by key.
    missing = [text for text in dict.fromkeys(texts) if found.get(text) is None]
    answers = await batch(client, [user_part(text) for text in missing if "#" not in text])
    found |= dict(zip([text for text in missing if "#" not in text], map(_by_key, answers), strict=True))
    addresses = [text for text in names if found.get(text) is None and "@" in text]
    hidden |= await _match(client, found, "mail", addresses, lambda user: user.mail)
    return [found.get(text) or hidden.get(text) for text in texts]


async def _match(
    client: GraphClient,
    found: dict[str, Match],
    field: str,
    texts: Sequence[str],
    key: Callable[[User], str],
    at_once: int = VALUES,
) -> dict[str, GraphError]:
    """Write into `found` whom the texts name by this field; return the errors of those whom the service could not look for.

    These are texts whose answer cannot be read, or that the service may not search for: their users may exist all the same.
    Where one of several values makes Graph refuse the filter (400), each that cannot be asked for by key is asked for alone.
    """
    chunks = [texts[start : start + at_once] for start in range(0, len(texts), at_once)]
    hidden: dict[str, GraphError] = {}
    alone: list[str] = []
    for chunk, answer in zip(chunks, await batch(client, [_in(field, chunk) for chunk in chunks]), strict=True):
        matches = _matches(answer, key)
        if isinstance(matches, GraphError) and matches.fault is Fault.REFUSED and len(chunk) > 1:
            alone += [text for text in chunk if field == "mail" or "#" in text]
        for text in chunk:
            if isinstance(matches, GraphError):
                waits = (matches.passing and not matches.unreadable) or matches.of_tenant
                found[text] = matches if waits else None
                if matches.unreadable or matches.fault is Fault.FORBIDDEN:
                    hidden[text] = matches
            elif users := matches.get(text.casefold()):
                user = users[0]._replace(by_mail=field == "mail")
                several = Several([each.user_principal_name for each in users], tuple(each.id for each in users))
                found[text] = user if len(users) == 1 else several
    return hidden | (await _match(client, found, field, alone, key, at_once=1) if alone else {})


def _matches(answer: Response, key: Callable[[User], str]) -> Mapping[str, list[User]] | GraphError:
    matches: dict[str, list[User]] = {}
    try:
        for user in map(user_of, answer.items()):
            matches.setdefault(key(user).casefold(), []).append(user)
    except GraphError as error:
        return error
    return matches


def _in(field: str, values: Sequence[str]) -> Part:
    listed = ",".join("'" + value.replace("'", "''") + "'" for value in values)
    path = f"users?$filter={quote(f'{field} in ({listed})', safe='')}&$select={FIELDS}"
    return Part(f"{path}&$count=true", headers=_ADVANCED) if field == "id" else Part(path)


def users_named(names: Sequence[str]) -> Part:
    """The call that reads up to fifteen users by their user principal names."""
    return _in("userPrincipalName", names)


def user_part(text: str) -> Part:
    """The call that reads one user by id or name.

    A `$` at the start or a parenthesis is refused in a path, also escaped; not so in a key in quotes. (Graph documentation,
    "Get a user") A `#`, as in #EXT#, cuts a path even when it is escaped, so such a name is found by a filter alone.
    """
    if _SEGMENT.fullmatch(text):
        return Part(f"users/{segment(text)}?$select={FIELDS}")
    literal = quote("'" + text.replace("'", "''") + "'", safe="")
    return Part(f"users({literal})?$select={FIELDS}")


def _by_key(answer: Response) -> Match:
    if not answer.ok:
        error = answer.error()
        # A text that is no possible name is answered with 400.
        return None if error.fault in {Fault.NOT_FOUND, Fault.REFUSED} else error
    try:
        return user_of(answer.body)
    except GraphError as error:
        return error
