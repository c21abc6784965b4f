"""Find the hardware token that a user's name means in an undo request."""

from collections.abc import Iterable, Sequence

from mfa_reset_client.messages import Message
from mfa_reset_client.models import Target


def not_one(user: str, found: Sequence[Target]) -> Message:
    """Return why a name means no target, or several."""
    if found:
        return Message("%(user)s is more than once in this request", user=user)
    return Message("%(user)s is not in this request", user=user)


def find_token(targets: Iterable[Target], user: str, method: str | None) -> tuple[int, str]:
    """Return the number of the user's target and the token's id.

    Raises:
        LookupError: No token matches, or several do.
    """
    wanted = user.strip().casefold()
    found = [target for target in targets if wanted in {target.user_id, target.user_principal_name.casefold()}]
    if len(found) != 1:
        raise LookupError(not_one(user, found))
    (target,) = found
    waiting = [each.id for each in target.methods if each.outcome == "pending"]
    tokens = waiting or [each.id for each in target.methods]
    if method is not None:
        tokens = [each.id for each in target.methods if each.id == method]
    if len(tokens) != 1:
        known = ", ".join(each.id for each in target.methods) or Message("none")
        raise LookupError(
            Message("name one token of %(user)s with --method; known tokens: %(known)s", user=user, known=known)
        )
    return target.number, tokens[0]
