"""Read who is privileged: directory roles held or open to a user, and role-assignable groups joined, owned or open to one.

Open (eligible) are roles and groups that Privileged Identity Management lets a user activate; `memberOf` shows none of them
(BloodHound-Legacy#678, microsoft-graph-docs#19600). Both ways of asking, user by user here and once per tenant in
`privileged_users.py`, say the same.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Literal, NamedTuple
from urllib.parse import quote

from graph.batch import Part, batch
from graph.client import GraphClient, segment
from graph.errors import GraphError
from graph.privilege_cache import PrivilegeCache, Privileges
from graph.privileged_users import PER_USER, items_or_reason, named, role_assignable_groups, role_of, tenant_wide
from graph.responses import Response

# Advanced queries need both; a tenant of Azure AD B2C has none of them (aad-advanced-queries).
_ADVANCED = {"ConsistencyLevel": "eventual"}
type _Relation = Literal["transitiveMemberOf", "ownedObjects"]
_ROLE, _GROUP = "#microsoft.graph.directoryRole", "#microsoft.graph.group"


async def read_privileges(
    client: GraphClient, kept: PrivilegeCache, user_ids: Sequence[str], *, last: bool = False
) -> list[Privileges | GraphError]:
    """Return each user's privileges, or why they could not be read. `kept` is the client's cache for plans or for resets.

    `last`: no further try follows, so that eligibilities that still cannot be read are unknown.
    """
    known = await tenant_wide(client, kept, len(user_ids))
    if known is not None:
        return [known.of(user_id) for user_id in user_ids]
    assignable = await role_assignable_groups(client, kept)
    if isinstance(assignable, GraphError):
        return [assignable] * len(user_ids)
    answers = await batch(client, [part for user_id in user_ids for part in privilege_parts(user_id)])
    groups = [answers[PER_USER * n : PER_USER * (n + 1)] for n in range(len(user_ids))]
    whole = await _whole_lists(client, dict(zip(user_ids, groups, strict=True)))
    pairs = zip(user_ids, groups, strict=True)
    return [_privileges(user_id, group, whole.get(user_id, {}), assignable, last=last) for user_id, group in pairs]


def privilege_parts(user_id: str) -> list[Part]:
    """The calls that say who one user is: six, as many as `privileged_users.PER_USER` counts."""
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
        # A directoryRole has as members only who holds it in the whole tenant: one for an administrative unit is a
        # scopedRoleMembership, and custom roles are none. (Graph documentation, scopedRoleMembership, unifiedRoleAssignment)
        Part(f"roleManagement/directory/roleAssignments?$filter={of_user}&$expand=roleDefinition"),
    ]


def _has_failed_cast(answer: Response) -> bool:
    """Whether the whole list has to stand in: the cast to directoryRole can answer 500 for members of groups.

    Source: Azure CLI falls back the same way (ICM 392112435). A tenant without advanced queries answers 400 to casts and filters, a
    server that knows none of them 404.
    """
    return answer.status >= 500 or answer.status in {400, 404}


async def _whole_lists(
    client: GraphClient, answers: Mapping[str, Sequence[Response]]
) -> dict[str, dict[_Relation, Response]]:
    """Return, by user, the lists of all types that have to be read instead of their casts."""
    wanted: list[tuple[str, _Relation]] = []
    for user_id, (roles, groups, owned, *_) in answers.items():
        wanted += [(user_id, "transitiveMemberOf")] if _has_failed_cast(roles) or _has_failed_cast(groups) else []
        wanted += [(user_id, "ownedObjects")] if _has_failed_cast(owned) else []
    parts = [Part(f"users/{segment(user_id)}/{relation}?$top=999") for user_id, relation in wanted]
    found: dict[str, dict[_Relation, Response]] = {}
    for (user_id, relation), answer in zip(wanted, await batch(client, parts) if parts else [], strict=True):
        found.setdefault(user_id, {})[relation] = answer
    return found


class _Memberships(NamedTuple):
    roles: list[dict[str, Any]]
    groups: list[dict[str, Any]]


def _privileges(
    user_id: str,
    answers: Sequence[Response],
    whole: Mapping[_Relation, Response],
    assignable: Mapping[str, str] | None,
    *,
    last: bool,
) -> Privileges | GraphError:
    try:
        held = _memberships(answers, whole.get("transitiveMemberOf"))
        owned = _of_type(_GROUP, whole["ownedObjects"]) if "ownedObjects" in whole else _items(answers[2])
        by_principal = [items_or_reason(answer, last=last) for answer in answers[3:]]
    except GraphError as error:
        return error
    # A server that knows no such filter may list everybody's.
    of_user = [[item for item in items if item.get("principalId") in {None, user_id}] for items, _ in by_principal]
    roles, groups, assigned = of_user
    joined = {named(item) for item in [*held.groups, *owned] if item.get("isAssignableToRole")}
    return Privileges.of(
        roles={*map(named, held.roles), *map(role_of, assigned)},
        groups=joined,
        eligible_roles=set(map(role_of, roles)),
        eligible_groups=_eligible_groups([str(item.get("groupId")) for item in groups], assignable),
        unknown=next((unknown for _, unknown in by_principal if unknown), ""),
    )


def _eligible_groups(group_ids: Sequence[str], assignable: Mapping[str, str] | None) -> set[str]:
    """Return the names of those that grant roles; all of them, by id, where it cannot be read which do."""
    if assignable is None:
        return {named({"id": group_id}) for group_id in group_ids}
    return {assignable[group_id] for group_id in group_ids if group_id in assignable}


def _memberships(answers: Sequence[Response], mixed: Response | None) -> _Memberships:
    if mixed is None:
        return _Memberships(_items(answers[0]), _items(answers[1]))
    return _Memberships(_of_type(_ROLE, mixed), _of_type(_GROUP, mixed))


def _of_type(kind: str, mixed: Response) -> list[dict[str, Any]]:
    return [item for item in _items(mixed) if item.get("@odata.type") == kind]


def _items(answer: Response) -> list[dict[str, Any]]:
    # The user was just found, so a 404 says that the server knows no such relation of it: nothing there.
    return [] if answer.status == 404 else answer.items()
