"""What a manager is shown who is to say whether a user asked for a reset."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class AttestationView:
    """`state` is that of the user's verification, "waiting" while the manager may answer; `answered_by` who answered."""

    request_id: str
    user: str
    user_principal_name: str
    customer: str
    manager: str
    asked_by: str
    ticket: str
    reason: str
    contact: str
    until: datetime
    now: datetime
    state: str
    address: str = ""
    hidden: tuple[tuple[str, str], ...] = ()
    error: str = ""
