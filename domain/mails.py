"""The result of sending a mail about a request or a target."""

from typing import Literal

from domain.model import Instant, Model

type MailKind = Literal["outcome", "followUp", "notice"]
type MailTo = Literal["requester", "user", "manager"]
# `noAddress`: there is none; `notAllowed`: the requester's is of a domain that must not read this.
type MailState = Literal["sent", "failed", "noAddress", "notAllowed"]


class Mailed(Model):
    """The result for one mail. `sent`: Graph accepted it; Graph does not report whether it arrived."""

    kind: MailKind
    to: MailTo
    state: MailState
    detail: str = ""
    at: Instant


def mail_domain(address: str) -> str:
    return address.rpartition("@")[2].lower()
