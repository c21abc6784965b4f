"""Temporary Access Passes: made by the bootstrap application alone, the only one that may.

Graph documentation, "Create temporaryAccessPassMethod": 201 with the pass, which no other call ever shows; application permission
UserAuthMethod-TAP.ReadWrite.All, or the wider UserAuthenticationMethod.ReadWrite.All. "Delete temporaryAccessPassAuthenticationMethod"
and "List temporaryAccessPassMethods" need no other.
"""

from typing import Any

from graph.client import GraphClient, segment
from graph.errors import Fault, GraphError
from graph.responses import is_id


class MadePass:
    """A pass that was made. Its text is in no representation of it, so that no log and no error can hold it."""

    __slots__ = ("id", "text")

    def __init__(self, id: str, text: str) -> None:  # noqa: A002 - Graph's name
        self.id = id
        self.text = text


class PassNotUsableError(Exception):
    """The tenant's policy does not let this user sign in with a pass: it was made, and removed again unseen.

    (temporaryAccessPassAuthenticationMethod: isUsable, methodUsabilityReason)
    """


async def make_pass(client: GraphClient, user_id: str, *, lifetime_minutes: int, once: bool) -> MadePass:
    """Make a pass in place of those the user has.

    A user has one at most. A second is refused with 400 by the documentation of 2021, and takes the place of the first by that of
    today: the older ones are removed before, so it does not matter which is true.

    Raises: GraphError, PassNotUsableError.
    """
    body = {"lifetimeInMinutes": lifetime_minutes, "isUsableOnce": once}
    await remove_passes(client, user_id)
    answer = await client.send("POST", _collection(user_id), body=body)
    if answer.status == 400 and await remove_passes(client, user_id):  # one came in between
        answer = await client.send("POST", _collection(user_id), body=body)
    if not answer.ok:
        raise answer.error()
    made, text = answer.body.get("id"), answer.body.get("temporaryAccessPass")
    if not is_id(made) or not isinstance(text, str) or not text:
        raise GraphError(Fault.UNAVAILABLE, "Graph's answer holds no pass")
    if answer.body.get("isUsable") is False:
        await remove_pass(client, user_id, str(made))
        raise PassNotUsableError(str(answer.body.get("methodUsabilityReason") or "")[:100])
    return MadePass(str(made), text)


async def remove_passes(client: GraphClient, user_id: str) -> int:
    """Remove the user's passes, also those that others made, and return how many there were. Raises: GraphError."""
    answer = await client.send("GET", _collection(user_id))
    ids: list[Any] = [item.get("id") for item in answer.items()]
    if not all(is_id(each) for each in ids):
        raise GraphError(Fault.UNAVAILABLE, "Graph's answer does not say which passes these are")
    for each in ids:
        await remove_pass(client, user_id, str(each))
    return len(ids)


async def remove_pass(client: GraphClient, user_id: str, pass_id: str) -> None:
    """Remove one pass; one that is gone already is as good. Raises: GraphError."""
    answer = await client.send("DELETE", f"{_collection(user_id)}/{segment(pass_id)}")
    if not answer.ok and answer.status != 404:
        raise answer.error()


def _collection(user_id: str) -> str:
    return f"users/{segment(user_id)}/authentication/temporaryAccessPassMethods"
