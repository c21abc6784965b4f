"""What a manager is shown who is to say whether a user asked for a reset."""

from dataclasses import dataclass
from datetime import datetime

from domain.bootstrap.access_pass import AccessPassMade
from domain.bootstrap.offer import PassStanding
from web.views import PassView


@dataclass(frozen=True, slots=True)
class AttestationView:
    """`state` is that of the user's verification, "waiting" while the manager may answer.

    `access_pass` is what the plan offers, `standing` how it stands, and `made` the pass itself: in one answer to one form.
    """

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
    access_pass: PassView | None = None
    standing: PassStanding = "none"
    made: AccessPassMade | None = None
