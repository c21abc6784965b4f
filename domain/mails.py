"""What became of a mail that was to be sent about a request or a target."""

from typing import Literal

from domain.model import Instant, Model

type MailKind = Literal["outcome", "followUp", "notice"]
type MailTo = Literal["requester", "user", "manager"]
# `noAddress`: there is none; `notAllowed`: the requester's is of a domain that must not read this.
type MailState = Literal["sent", "failed", "noAddress", "notAllowed"]


class Mailed(Model):
    """`sent` means that Graph took it; whether it arrived, nobody is told."""

    kind: MailKind
    to: MailTo
    state: MailState
    detail: str = ""
    at: Instant


def mail_domain(address: str) -> str:
    return address.rpartition("@")[2].lower()
