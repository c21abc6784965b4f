"""Hold what is kept of a tenant for minutes: who is privileged there."""

from asyncio import Lock
from collections.abc import Collection, Mapping
from typing import NamedTuple

# Seconds for which a tenant's list stands for plans. An approver sees what it says, and the reset looks once more.
FOR_PLANS = 300.0
# Seconds for which it stands for resets, which never use a list that was read for a plan: who became privileged in between is
# found. At ten users a second one list serves six hundred.
FOR_RESETS = 60.0


class Privileges(NamedTuple):
    """What makes a user privileged, in words. `unknown` says why eligibility could not be read, "" where it could."""

    names: list[str]
    unknown: str = ""

    @classmethod
    def of(
        cls,
        *,
        roles: Collection[str] = (),
        groups: Collection[str] = (),
        eligible_roles: Collection[str] = (),
        eligible_groups: Collection[str] = (),
        unknown: str = "",
    ) -> "Privileges":
        return cls(
            [
                *sorted(roles),
                *(f"{role} (eligible)" for role in sorted(set(eligible_roles) - set(roles))),
                *(f"role-assignable group {group}" for group in sorted(groups)),
                *(f"role-assignable group {group} (eligible)" for group in sorted(set(eligible_groups) - set(groups))),
            ],
            unknown,
        )


class PrivilegedUsers(NamedTuple):
    """The privileged users of a tenant by id; everybody else has no privileges."""

    by_user: Mapping[str, Privileges]
    unknown: str = ""

    def of(self, user_id: str) -> Privileges:
        return self.by_user.get(user_id, Privileges([], self.unknown))


class PrivilegeCache:
    """What is kept of one tenant: its role-assignable groups, its privileged users, and how often single users were asked about."""

    def __init__(self, lasts: float) -> None:
        self._lasts = lasts
        self.lock = Lock()
        self.until = 0.0
        self.forget(0.0)

    def forget(self, now: float) -> None:
        self.asked = 0
        self.groups: dict[str, str] | None = None
        self.groups_unreadable = False
        self.users: PrivilegedUsers | None = None
        self.refused = False
        self.until = now + self._lasts


class PrivilegeCaches:
    """What is kept of one tenant, for plans and for resets."""

    def __init__(self) -> None:
        self.plans = PrivilegeCache(FOR_PLANS)
        self.resets = PrivilegeCache(FOR_RESETS)
