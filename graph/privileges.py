"""Read who is privileged: directory roles held or open to a user, and role-assignable groups joined, owned or open to one.

Open (eligible) are roles and groups that Privileged Identity Management lets a user activate; `memberOf` shows none of them
(BloodHound-Legacy#678, microsoft-graph-docs#19600). Both ways of asking, user by user here and once per tenant in
`privileged_users.py`, say the same.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple
from urllib.parse import quote

from graph.batch import Part, batch
from graph.client import GraphClient, segment
from graph.errors import GraphError
from graph.privilege_cache import PrivilegeCache, Privileges
from graph.privileged_users import PER_USER, eligible_items, named, role_assignable_groups, tenant_wide
from graph.responses import Response

# Advanced queries need both; a tenant of Azure AD B2C has none of them (aad-advanced-queries).
_ADVANCED = {"ConsistencyLevel": "eventual"}
_ROLE, _GROUP = "#microsoft.graph.directoryRole", "#microsoft.graph.group"


async def read_privileges(
    client: GraphClient, kept: PrivilegeCache, user_ids: Sequence[str]
) -> list[Privileges | GraphError]:
    """Return each user's privileges, or why they could not be read. `kept` is the client's cache for plans or for resets."""
    known = await tenant_wide(client, kept, len(user_ids))
    if known is not None:
        return [known.of(user_id) for user_id in user_ids]
    assignable = await role_assignable_groups(client, kept)
    if isinstance(assignable, GraphError):
        return [assignable] * len(user_ids)
    answers = await batch(client, [part for user_id in user_ids for part in privilege_parts(user_id)])
    groups = [answers[PER_USER * n : PER_USER * (n + 1)] for n in range(len(user_ids))]
    mixed = await _unfiltered(client, {n: user_ids[n] for n, group in enumerate(groups) if _needs_unfiltered(group)})
    return [_privileges(group, mixed.get(n), assignable) for n, group in enumerate(groups)]


def privilege_parts(user_id: str) -> list[Part]:
    """The calls that say who one user is: five, as many as `privileged_users.PER_USER` counts."""
    user = f"users/{segment(user_id)}"
    groups = "microsoft.graph.group?$filter=isAssignableToRole%20eq%20true&$count=true&$select=id,displayName,isAssignableToRole"
    of_user = quote(f"principalId eq '{user_id}'", safe="")
    return [
        # A cast of memberships is an advanced query. (Graph documentation, "List a user's memberships")
        Part(
            f"{user}/transitiveMemberOf/microsoft.graph.directoryRole?$count=true&$select=id,displayName",
            headers=_ADVANCED,
            attempts=False,
        ),
        Part(f"{user}/transitiveMemberOf/{groups}", headers=_ADVANCED, attempts=False),
        # Owned objects cannot be filtered by isAssignableToRole, so that is done here.
        Part(f"{user}/ownedObjects/microsoft.graph.group?$select=id,displayName,isAssignableToRole&$top=999"),
        Part(f"roleManagement/directory/roleEligibilityScheduleInstances?$filter={of_user}&$expand=roleDefinition"),
        Part(f"identityGovernance/privilegedAccess/group/eligibilityScheduleInstances?$filter={of_user}"),
    ]


def _needs_unfiltered(answers: Sequence[Response]) -> bool:
    """Whether the whole list has to stand in: the cast to directoryRole can answer 500 for members of groups.

    Source: Azure CLI falls back the same way (ICM 392112435). A tenant without advanced queries answers 400 to the filter.
    """
    return any(answer.status >= 500 or answer.status == 400 for answer in answers[:2])


async def _unfiltered(client: GraphClient, user_ids: Mapping[int, str]) -> dict[int, Response]:
    parts = [Part(f"users/{segment(user_id)}/transitiveMemberOf?$top=999") for user_id in user_ids.values()]
    return dict(zip(user_ids, await batch(client, parts), strict=True)) if parts else {}


class _Memberships(NamedTuple):
    roles: list[dict[str, Any]]
    groups: list[dict[str, Any]]


def _privileges(
    answers: Sequence[Response], mixed: Response | None, assignable: Mapping[str, str] | None
) -> Privileges | GraphError:
    try:
        held = _memberships(answers, mixed)
        owned = _items(answers[2])
        roles, roles_unknown = eligible_items(answers[3])
        groups, groups_unknown = eligible_items(answers[4])
    except GraphError as error:
        return error
    joined = {named(item) for item in [*held.groups, *owned] if item.get("isAssignableToRole")}
    return Privileges.of(
        roles={named(role) for role in held.roles},
        groups=joined,
        eligible_roles={named(item.get("roleDefinition") or {"id": item.get("roleDefinitionId")}) for item in roles},
        eligible_groups=_eligible_groups([str(item.get("groupId")) for item in groups], assignable),
        unknown=roles_unknown or groups_unknown,
    )


def _eligible_groups(group_ids: Sequence[str], assignable: Mapping[str, str] | None) -> set[str]:
    """Return the names of those that grant roles; all of them, by id, where it cannot be read which do."""
    if assignable is None:
        return set(group_ids)
    return {assignable[group_id] for group_id in group_ids if group_id in assignable}


def _memberships(answers: Sequence[Response], mixed: Response | None) -> _Memberships:
    if mixed is None:
        return _Memberships(_items(answers[0]), _items(answers[1]))
    found = _items(mixed)
    of_type = {kind: [item for item in found if item.get("@odata.type") == kind] for kind in (_ROLE, _GROUP)}
    return _Memberships(of_type[_ROLE], of_type[_GROUP])


def _items(answer: Response) -> list[dict[str, Any]]:
    # The user was just found, so a 404 says that the server knows no such relation of it: nothing there.
    return [] if answer.status == 404 else answer.items()
