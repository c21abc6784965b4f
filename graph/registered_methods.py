"""Read the methods of many users of one customer, many reads to a round trip."""

from collections.abc import Sequence
from typing import Literal

from graph.batch import all_of, batch
from graph.client import GraphClient
from graph.errors import GraphError
from graph.found import Found
from graph.methods import hardware_listed, hardware_part, listed, methods_part, preference_in, preference_part
from graph.responses import Response


async def read_registered(
    client: GraphClient,
    user_ids: Sequence[str],
    *,
    hardware: bool = True,
    defaults: Literal["all", "ofSeveral"] = "all",
) -> list[Found | GraphError]:
    """Return what each user has registered, or why that could not be read, in two round trips.

    `defaults`: of whom it is read which method is the default. It only orders several methods, so a plan reads it of users who
    have several.
    """
    answers, tokens = await all_of(
        batch(client, [methods_part(user_id) for user_id in user_ids]),
        _read_hardware(client, user_ids, wanted=hardware),
    )
    found = [_found(answer, token) for answer, token in zip(answers, tokens, strict=True)]
    least = 2 if defaults == "ofSeveral" else 0
    wanted = [n for n, each in enumerate(found) if isinstance(each, Found) and len(each.methods) >= least]
    preferences = await batch(client, [preference_part(user_ids[n]) for n in wanted], version="beta")
    preferred = dict(zip(wanted, map(preference_in, preferences), strict=True))
    return [
        each._replace(preference=preferred.get(n)) if isinstance(each, Found) else each for n, each in enumerate(found)
    ]


async def _read_hardware(client: GraphClient, user_ids: Sequence[str], *, wanted: bool) -> Sequence[Response | None]:
    if not wanted:
        return [None] * len(user_ids)
    return await batch(client, [hardware_part(user_id) for user_id in user_ids], version="beta")


def _found(methods: Response, hardware: Response | None) -> Found | GraphError:
    try:
        tokens, unreadable = hardware_listed(hardware) if hardware else ([], None)
        return Found(listed(methods) + tokens, hardware_unreadable=unreadable)
    except GraphError as error:
        return error
