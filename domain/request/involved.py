"""Who is behind a request: the signed-in caller and the person they ask for. Guards and approvals judge both."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from pydantic import Field

from domain.model import Model
from domain.normal_address import all_spellings, spellings
from domain.request.deciders import Deciders


class Identities(Model):
    """Who the people of a request are in the directory, as found while it was planned. Part of the plan's digest.

    An account is a tenant id and an object id with a slash between them.
    """

    requester: list[str] = Field(default_factory=list, description="Accounts of the requester's address")
    approvers: dict[str, list[str]] = Field(
        default_factory=dict, description="Per approver's address, in lower case, the accounts that may decide as them"
    )
    customers: list[str] = Field(default_factory=list, description="Whose directories and approvers were looked up")
    deciders: dict[str, Deciders] = Field(
        default_factory=dict, description="By customer, where its approvers are not plain addresses"
    )

    @classmethod
    def of_all(cls, found: Sequence["Identities"]) -> "Identities":
        """Return together what was found for several customers."""
        approvers: defaultdict[str, set[str]] = defaultdict(set)
        for one in found:
            for address, accounts in one.approvers.items():
                approvers[address].update(accounts)
        return cls(
            requester=sorted({account for one in found for account in one.requester}),
            approvers={address: sorted(accounts) for address, accounts in sorted(approvers.items())},
            customers=sorted({customer for one in found for customer in one.customers}),
            deciders=dict(sorted(item for one in found for item in one.deciders.items())),
        )


class Involved(NamedTuple):
    """Names are in their normal spellings (domain.normal_address); accounts are tenant ids and object ids with a slash."""

    names: frozenset[str] = frozenset()
    accounts: frozenset[str] = frozenset()

    @classmethod
    def of(cls, *names: str, accounts: Iterable[str] = ()) -> "Involved":
        """Return the people with these names and accounts, as they are written; "" is no one."""
        return cls(all_spellings(*names), frozenset({*accounts} - {""}))

    def has(self, names: frozenset[str], *accounts: str) -> bool:
        """Return whether somebody with any of these names (normal spellings) or accounts is one of them."""
        return bool(self.names & names) or not self.accounts.isdisjoint(accounts)


def asked_by(requester: str, requested_by: str) -> str:
    """Return who asked, in words: a name that was only written into a request never stands for the person who signed in."""
    if not requested_by:
        return requester
    signed_in = f"{requested_by} (signed in)"
    same = not requester or spellings(requester) & spellings(requested_by)
    return signed_in if same else f"{signed_in}, on behalf of {requester}"
