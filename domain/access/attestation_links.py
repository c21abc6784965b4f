"""The link in a manager's mail: which user of which request, and which account may answer. It locates and decides nothing."""

from typing import NamedTuple

from domain.access.approval_links import KeyRing, LinkError
from domain.access.sealed_tokens import seal, unseal

PATH = "/api/attestations"


class AttestationLink(NamedTuple):
    """`account` is the manager's: tenant id/object id."""

    request_id: str
    number: int
    account: str


def sign(ring: KeyRing, link: AttestationLink) -> str:
    return seal(ring, "attestation", [link.request_id, link.number, link.account])


def read(ring: KeyRing, token: str) -> AttestationLink:
    """Return what a token leads to. Raises: LinkError."""
    match unseal(ring, "attestation", token):
        case [str(request_id), int(number), str(account)]:
            return AttestationLink(request_id, number, account)
        case _:
            raise LinkError("malformed")


def link_path(token: str) -> str:
    """Return the path and query of the page; the token is in the query, which the host leaves out of its spans."""
    return f"{PATH}?token={token}"
