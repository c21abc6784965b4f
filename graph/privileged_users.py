"""Read once per tenant who is privileged, and keep it for minutes, where that takes fewer calls than asking user by user."""

import time
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import quote

from graph.batch import Part, batch
from graph.client import GraphClient, segment
from graph.errors import GraphError
from graph.paging import read_all
from graph.privilege_cache import PrivilegeCache, PrivilegedUsers, Privileges
from graph.responses import Response

# Calls that tell who one user is (`privileges.privilege_parts`), that every tenant-wide read takes, and that each
# role-assignable group adds to it.
PER_USER, PER_TENANT, PER_GROUP = 6, 3, 3
# More than the longest name in Entra (256), and so much as can be stored of an answer that is no such name.
_LONGEST_NAME = 300

_ROLES = "roleManagement/directory"
_GROUP_ELIGIBILITY = "identityGovernance/privilegedAccess/group/eligibilityScheduleInstances"
# Of a tenant without Privileged Identity Management: there no user is eligible. (maester#1421) Privileged Identity Management
# also writes its codes as JSON into the message. (terraform-provider-azuread#1386)
_NOT_LICENSED = "AadPremiumLicenseRequired"


async def tenant_wide(client: GraphClient, kept: PrivilegeCache, users: int) -> PrivilegedUsers | None:
    """Return the tenant's list where it is kept or worth reading for `users` more; None: ask user by user.

    Worth it is decided by count: as soon as asking user by user has cost what the list would.
    """
    async with kept.lock:
        now = time.monotonic()
        if kept.until <= now:
            kept.forget(now)
        if kept.users is not None or kept.refused:
            return kept.users
        kept.asked += users
        if kept.asked * PER_USER <= PER_TENANT:
            return None
        groups = await _groups(client, kept)
        if groups is None or isinstance(groups, GraphError):
            return None
        if kept.asked * PER_USER <= PER_TENANT + PER_GROUP * len(groups):
            return None
        try:
            kept.users = await _read(client, groups)
        except GraphError as error:
            # A server that has no such lists is asked user by user; what passes is tried again with the next users.
            kept.refused = not error.passing
        return kept.users


async def role_assignable_groups(client: GraphClient, kept: PrivilegeCache) -> dict[str, str] | GraphError | None:
    """Return the names of the tenant's role-assignable groups by their ids, None where they cannot be read.

    An error that passes is returned, so that the same read is made again later.
    """
    async with kept.lock:
        return await _groups(client, kept)


async def _groups(client: GraphClient, kept: PrivilegeCache) -> dict[str, str] | GraphError | None:
    if kept.groups is None and not kept.groups_unreadable:
        try:
            found = await read_all(
                client, "groups?$filter=isAssignableToRole%20eq%20true&$select=id,displayName&$top=999"
            )
        except GraphError as error:
            if error.passing:
                return error
            # A tenant-wide list without the members of these groups would leave privileged users out.
            kept.groups_unreadable = True
            return None
        kept.groups = {str(group["id"]): named(group) for group in found if group.get("id")}
    return kept.groups


async def _read(client: GraphClient, groups: Mapping[str, str]) -> PrivilegedUsers:
    parts = [
        Part(f"{_ROLES}/roleAssignments?$expand=roleDefinition"),
        Part(f"{_ROLES}/roleEligibilityScheduleInstances?$expand=roleDefinition"),
        *(part for group_id in groups for part in _group_parts(group_id)),
    ]
    assignments, eligible, *of_groups = await batch(client, parts)
    found = _Collected()
    members: dict[str, list[str]] = {}
    for number, (group_id, name) in enumerate(groups.items()):
        joined, owned, open_to = of_groups[3 * number : 3 * number + 3]
        members[group_id] = _ids(joined)
        found.add("groups", [*members[group_id], *_ids(owned)], name)
        items, unknown = items_or_reason(open_to)
        found.add("eligible_groups", [str(item.get("principalId")) for item in items], name)
        found.unknown = found.unknown or unknown
    for item in assignments.items():
        found.add("roles", _principals(item, members), role_of(item))
    items, unknown = items_or_reason(eligible)
    for item in items:
        found.add("eligible_roles", _principals(item, members), role_of(item))
    return found.result(unknown or found.unknown)


class _Collected:
    def __init__(self) -> None:
        self.unknown = ""
        self._found: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))

    def add(self, kind: str, user_ids: Iterable[str], name: str) -> None:
        for user_id in user_ids:
            self._found[user_id][kind].add(name)

    def result(self, unknown: str) -> PrivilegedUsers:
        users = {user: Privileges.of(**kinds, unknown=unknown) for user, kinds in self._found.items()}
        return PrivilegedUsers(users, unknown)


def _group_parts(group_id: str) -> list[Part]:
    group = f"groups/{segment(group_id)}"
    of_group = quote(f"groupId eq '{group_id}'", safe="")
    return [
        # A role-assignable group has no groups in it [d: groups-concept], so its members are all who are in it.
        Part(f"{group}/members?$select=id&$top=999"),
        Part(f"{group}/owners?$select=id&$top=999"),
        Part(f"{_GROUP_ELIGIBILITY}?$filter={of_group}"),
    ]


def _principals(assignment: Mapping[str, Any], members: Mapping[str, list[str]]) -> list[str]:
    """Who holds it: a user, or everybody in a group."""
    principal = str(assignment.get("principalId"))
    return [principal, *members.get(principal, ())]


def _ids(answer: Response) -> list[str]:
    return [str(item.get("id")) for item in answer.items()]


def named(item: Mapping[str, Any]) -> str:
    """Return the name of a role or group, its id where the answer does not name it."""
    return str(item.get("displayName") or item.get("id"))[:_LONGEST_NAME]


def role_of(assignment: Mapping[str, Any]) -> str:
    """Return the name of an assignment's role, or its id where the answer does not name it."""
    role = assignment.get("roleDefinition")
    return named(role if isinstance(role, dict) and role else {"id": assignment.get("roleDefinitionId")})


def items_or_reason(answer: Response, *, last: bool = False) -> tuple[list[dict[str, Any]], str]:
    """Return who is eligible or holds a role by assignment, and why that is not known ("" where it is).

    Raises: GraphError for what may pass; with `last`, only for what fails for the whole tenant: it is not waited for any more.

    Where there is no Privileged Identity Management, no user is eligible: no licence for it, or a cloud without the path.
    """
    try:
        return answer.items(), ""
    except GraphError as found:
        error = found
    if not answer.ok and (answer.says_no_such_path or _NOT_LICENSED in f"{error.code} {error.detail}"):
        return [], ""
    if error.of_tenant or (error.passing and not last):
        error.unreadable = False  # waited for and then unknown, so that the user is planned all the same
        raise error
    return [], error.detail or error.reason
