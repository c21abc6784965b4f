"""Read the methods of many users of one customer, many reads to a round trip."""

import asyncio
from collections.abc import Sequence
from typing import Literal

from graph.batch import all_of
from graph.batched_reads import BatchedReads
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

    A user whose reads are made again keeps no other one waiting. `defaults`: of whom it is read which method is the default. It
    only orders several methods, so a plan reads it of users who have several.
    """
    least = 2 if defaults == "ofSeveral" else 0
    v1, beta = BatchedReads(client), BatchedReads(client, "beta")

    async def one(user_id: str) -> Found | GraphError:
        try:
            if hardware:
                methods, tokens = await all_of(v1.read(methods_part(user_id)), beta.read(hardware_part(user_id)))
            else:
                methods, tokens = await v1.read(methods_part(user_id)), None
            found = _found(methods, tokens)
            if len(found.methods) < least:
                return found
            return found._replace(preference=preference_in(await beta.read(preference_part(user_id))))
        except GraphError as error:
            return error

    return await asyncio.gather(*map(one, user_ids))


def _found(methods: Response, hardware: Response | None) -> Found:
    """Raises: GraphError."""
    tokens, unreadable = hardware_listed(hardware) if hardware else ([], None)
    return Found(listed(methods) + tokens, hardware_unreadable=unreadable)
