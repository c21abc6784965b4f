"""The methods of many users of one customer, for lists: three reads per user, many to a round trip."""

from collections.abc import Sequence

from graph.batch import batch
from graph.client import GraphClient
from graph.errors import GraphError
from graph.found import Found
from graph.methods import hardware_listed, hardware_part, listed, methods_part, preference_in, preference_part


async def read_registered(
    client: GraphClient, user_ids: Sequence[str], *, hardware: bool = True
) -> list[Found | GraphError]:
    """Return what each user has registered, or why that could not be read."""
    answers = await batch(client, [methods_part(user_id) for user_id in user_ids])
    parts = [part for user_id in user_ids for part in (preference_part(user_id), hardware_part(user_id))]
    beta = await batch(client, parts if hardware else parts[::2], version="beta")
    step = 2 if hardware else 1
    found: list[Found | GraphError] = []
    for number, answer in enumerate(answers):
        try:
            methods = listed(answer)
            tokens, unreadable = hardware_listed(beta[step * number + 1]) if hardware else ([], None)
        except GraphError as error:
            found.append(error)
        else:
            found.append(Found(methods + tokens, preference_in(beta[step * number]), unreadable))
    return found
