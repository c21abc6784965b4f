"""Make the records of a new request out of what was parsed."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from domain.access.callers import Caller
from domain.request.parsing import ParsedRequest
from domain.request.reset_request import ResetRequest
from domain.request.schedule import schedule_of
from domain.request.target import Target
from domain.request.usage import RecentUsers
from domain.text import clean

# The sources that are not in the policy; a request of any other comes by that source's webhook.
API, CONSOLE, QUEUE = "api", "console", "servicebus"

type EarlierNumbers = Mapping[tuple[str, str], int]
"""Of a retry or takeover: the number of each user (customer key, name or id as asked) in the request before."""

type KnownNames = Mapping[tuple[str, str], tuple[str, str]]
"""Display name and user principal name of users (customer key, name or id as asked) whom an earlier plan has read."""


def known_names(targets: Iterable[Target]) -> KnownNames:
    """Return the names that these targets have, for a request that asks for them by id."""
    return {
        (target.customer, target.user_id): (target.display_name, target.user_principal_name)
        for target in targets
        if target.user_id
    }


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a request comes from.

    `caller` is who called the API or used the console, None for a delivery. `earlier` is set for a retry and for a takeover, `names`
    where the users were read before.
    `correlation_id` and `reply_to` are those of a queue message.
    """

    source: str
    caller: Caller | None = None
    retry_of: str | None = None
    takeover_of: str | None = None
    earlier: EarlierNumbers = field(default_factory=dict)
    names: KnownNames = field(default_factory=dict)
    correlation_id: str = ""
    reply_to: str = ""


def build_request(
    parsed: ParsedRequest,
    origin: Origin,
    request_id: str,
    created_at: datetime,
    recent: RecentUsers | None = None,
) -> tuple[ResetRequest, list[Target]]:
    """Return the record of a new request and those of its targets.

    Targets are numbered customer by customer, so that a window has one customer.
    """
    targets: list[Target] = []
    ranges: list[tuple[str, int, int]] = []
    for customer, users in parsed.groups.items():
        ranges.append((customer, len(targets), len(users)))
        targets += [_target(len(targets) + n, customer, user, origin) for n, user in enumerate(users)]
    body, caller = parsed.body, origin.caller
    requested_by = clean(caller.name, 320) if caller and caller.signed_in else ""
    request = ResetRequest(
        id=request_id,
        created_at=created_at,
        source=origin.source,
        requester=body.requester or (requested_by if "@" in requested_by else ""),  # an application is no person
        requested_by=requested_by,
        requested_by_id=caller.identity if caller else "",
        ticket=body.ticket,
        reason=body.reason,
        dry_run=body.dry_run,
        methods=list(parsed.methods),
        revoke_sessions=body.revoke_sessions,
        access_pass=body.access_pass,
        phone_only=body.phone_only,
        target_count=len(targets),
        ranges=ranges,
        recent=recent or RecentUsers(),
        retry_of=origin.retry_of,
        takeover_of=origin.takeover_of,
        schedule=schedule_of(body, parsed.windows),
        correlation_id=origin.correlation_id,
        reply_to=origin.reply_to,
    )
    return request, targets


def _target(number: int, customer: str, user: str, origin: Origin) -> Target:
    """Return the target for a user; names are those that were read before, until the plan reads them again."""
    display_name, user_principal_name = origin.names.get((customer, user), ("", ""))
    return Target(
        number=number,
        customer=customer,
        asked=user,
        earlier=origin.earlier.get((customer, user)),
        display_name=display_name,
        user_principal_name=user_principal_name,
    )
