"""Hardware tokens of one user: read, and activated again. Both are calls of beta."""

from domain.methods import Method
from graph.client import GraphClient, segment
from graph.methods import hardware_listed, read_tokens
from graph.responses import Response


async def read_hardware(client: GraphClient, user_id: str) -> list[Method]:
    """Return the tokens assigned to the user.

    Raises: GraphError where they cannot be read.
    """
    found, unreadable = hardware_listed(await read_tokens(client, user_id), expected=True)
    if unreadable is not None:
        raise unreadable
    return found


async def activate(client: GraphClient, user_id: str, method_id: str, code: str) -> Response:
    """Ask Graph to activate an assigned token. `code`: the six digits that it shows, good for 30 or 60 seconds.

    `verificationCode` is required (Microsoft Graph beta, "hardwareOathAuthenticationMethod: activate"); a wrong one is a 400.
    """
    path = f"users/{segment(user_id)}/authentication/hardwareOathMethods/{segment(method_id)}/activate"
    return await client.send("POST", path, body={"verificationCode": code}, version="beta")
