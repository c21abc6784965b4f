"""Read from a customer's audit log who registered what after a reset, and from which country, as far as it is known."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from domain.request.registrations import AuditedRegistration, Before, Registrar
from domain.request.target import Target
from graph.client import GraphClient
from graph.directory_audits import REGISTRATIONS, AuditEntry, Initiator, read_audit_entries
from graph.errors import GraphError
from graph.sign_ins import SignIn, country_of, read_sign_ins

# A tenant with the licence keeps its sign-ins for 30 days (learn.microsoft.com/entra/identity/monitoring-health/
# reference-reports-data-retention).
_SIGN_INS = timedelta(days=30)
NOT_READ = "The audit log could not be read, so the dates of the methods alone were looked at"


class Registrations(NamedTuple):
    """`detail` says why the log was not read, "" where it was. Both are by user id."""

    found: dict[str, list[AuditedRegistration]]
    before: dict[str, Before]
    detail: str = ""


async def read_registrations(client: GraphClient, targets: Sequence[Target]) -> Registrations:
    """Return what the users of these targets, of one tenant, registered since their resets.

    Raises: GraphError where it may be readable later.
    """
    ended = {target.user_id: target.ended_at for target in targets if target.ended_at is not None}
    if not ended:
        return Registrations({}, {})
    try:
        entries = await read_audit_entries(client, REGISTRATIONS, min(ended.values()))
    except GraphError as error:
        if error.passing:
            raise
        return Registrations({}, {}, f"{NOT_READ}: {error.detail}")
    by_user: defaultdict[str, list[AuditEntry]] = defaultdict(list)
    for entry in entries:
        for user_id in entry.users:
            if user_id in ended and entry.at >= ended[user_id]:
                by_user[user_id].append(entry)
    read = Registrations({}, {})
    for user_id, own in by_user.items():
        sign_ins = await _sign_ins(client, user_id, ended[user_id] - _SIGN_INS)
        read.found[user_id] = [_registration(entry, user_id, sign_ins) for entry in own]
        read.before[user_id] = _before(sign_ins, ended[user_id])
    return read


async def _sign_ins(client: GraphClient, user_id: str, since: datetime) -> list[SignIn]:
    """Return none where they cannot be read, as without a licence: then the country is not known. Raises: GraphError."""
    try:
        return await read_sign_ins(client, user_id, since)
    except GraphError as error:
        if error.passing:
            raise
        return []


def _registration(entry: AuditEntry, user_id: str, sign_ins: Sequence[SignIn]) -> AuditedRegistration:
    by = _by(entry.by, user_id)
    return AuditedRegistration(
        at=entry.at,
        activity=entry.activity,
        by=by,
        by_name="" if by == "user" else entry.by.user_name or entry.by.app_name,
        address=entry.by.address,
        country=country_of(sign_ins, entry.by.address),
    )


def _by(initiator: Initiator, user_id: str) -> Registrar:
    if initiator.is_app:
        return "application"
    return "user" if initiator.user_id.lower() == user_id.lower() else "otherUser"


def _before(sign_ins: Sequence[SignIn], reset_at: datetime) -> Before:
    earlier = [one for one in sign_ins if one.at < reset_at]
    return Before({one.address for one in earlier} - {""}, {one.country for one in earlier} - {""})
