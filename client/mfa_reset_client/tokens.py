"""Which hardware token of an undo a user's name means."""

from collections.abc import Iterable

from mfa_reset_client.models import Target


def token_of(targets: Iterable[Target], user: str, method: str | None) -> tuple[int, str]:
    """The number of the user's target and the token's id; LookupError where that is none or several."""
    wanted = user.strip().casefold()
    found = [target for target in targets if wanted in {target.user_id, target.user_principal_name.casefold()}]
    if len(found) != 1:
        raise LookupError(f"{user} is {'in no target' if not found else 'in several targets'} of this request")
    (target,) = found
    waiting = [each.id for each in target.methods if each.outcome == "pending"]
    tokens = waiting or [each.id for each in target.methods]
    if method is not None:
        tokens = [each.id for each in target.methods if each.id == method]
    if len(tokens) != 1:
        known = ", ".join(each.id for each in target.methods) or "none"
        raise LookupError(f"name one token of {user} with --method; there are: {known}")
    return target.number, tokens[0]
