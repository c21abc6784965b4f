"""The default method for secondary authentication: what it forbids."""

from localhost.simulator.model import method_kinds
from localhost.simulator.model.entities import Method, User
from localhost.simulator.model.preferences import satisfies
from localhost.simulator.protocol.errors import GraphError
from localhost.simulator.world.world import World

TEXTS = {
    "with-others": (
        "Cannot delete default method with other methods configured. Please change default method before deletion."
    ),  # [i]
    "matches": (
        "The requested authentication method id of [{id}] matches the user's current default authentication method,"
        " and cannot be deleted until the default authentication method is changed"
    ),  # [i]
    "unknown": "The account signs in with this one first. Choose another one, then try again.",  # made up
}


def refuse_default(world: World, user: User, method: Method) -> None:
    """Refuse to delete what alone serves the default while other methods are configured.

    Raises:
        GraphError: 400 `badRequest` [i], in the wording that the world chose.
    """
    if not world.enforces_default or user.preferred is None or user.preferred not in satisfies(method):
        return
    others = [
        other for other in user.methods.values() if other is not method and other.kind is not method_kinds.PASSWORD
    ]
    if any(user.preferred in satisfies(other) for other in others):
        return
    any_blocks = world.default_blockers == "any"
    if any(other.usable if any_blocks else satisfies(other) for other in others):
        raise GraphError(400, "badRequest", TEXTS[world.default_text].format(id=method.id))
