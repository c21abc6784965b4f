"""Who is behind a request: the signed-in caller and the person they ask for. Guards and approvals judge both."""

from typing import NamedTuple


class Involved(NamedTuple):
    """Names are case-folded mail addresses and user principal names; accounts are tenant ids and object ids with a slash."""

    names: frozenset[str] = frozenset()
    accounts: frozenset[str] = frozenset()

    def has(self, names: frozenset[str], account: str = "") -> bool:
        """Return whether somebody with these names (case-folded) or this account is one of them."""
        return bool(self.names & names) or account in self.accounts


def asked_by(requester: str, requested_by: str) -> str:
    """Return who asked, in words: a name that was only written into a request never stands for the person who signed in."""
    if not requested_by:
        return requester
    signed_in = f"{requested_by} (signed in)"
    same = requester.casefold() in {"", requested_by.casefold()}
    return signed_in if same else f"{signed_in}, on behalf of {requester}"
