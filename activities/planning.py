"""The plan of one window of targets of one customer: who they are, what guards say, what would be removed and in which order."""

import asyncio
from collections.abc import Sequence

from domain.guards import Person, Refusal, privilege_refusal, refusal
from domain.methods import MethodType, removal_order, satisfies
from domain.outcomes import MethodOutcome, TargetOutcome
from domain.policy import Customer, Guards
from domain.requests import ResetRequest
from domain.targets import Target, TargetMethod
from graph.client import Graph
from graph.errors import Fault, GraphError
from graph.sign_in_rules import requires_mfa
from graph.users import Details, User, find_users, read_details
from records.leases import Holder, Leases

# Users per group of reads: twenty fill one batch of look-ups, four of methods and two of beta.
_GROUP = 20
# Groups read side by side; planning must leave room for the resets of other requests.
_GROUPS_AT_ONCE = 4


class Planner:
    """Plans targets of one request and customer. `leases` None for a dry run, which holds nobody."""

    def __init__(
        self, graph: Graph, request: ResetRequest, customer: Customer, guards: Guards, leases: Leases, *, dry_run: bool
    ) -> None:
        self._graph = graph
        self._client = graph.of(customer.tenant_id)
        self._request = request
        self._customer = customer
        self._guards = guards
        self._leases = leases
        self._dry_run = dry_run
        # What the request asks for, as far as the customer allows it to be reset here.
        self._scope = [kind for kind in request.methods if kind in customer.methods]

    async def plan(self, targets: Sequence[Target]) -> list[Target | GraphError]:
        """Each target planned or refused; a GraphError where that could not be found out yet."""
        gate = asyncio.Semaphore(_GROUPS_AT_ONCE)

        async def group(part: Sequence[Target]) -> list[Target | GraphError]:
            async with gate:
                try:
                    return await self._group(part)
                except GraphError as error:
                    return [error for _ in part]

        parts = [targets[start : start + _GROUP] for start in range(0, len(targets), _GROUP)]
        return [planned for part in await asyncio.gather(*map(group, parts)) for planned in part]

    async def _group(self, targets: Sequence[Target]) -> list[Target | GraphError]:
        found = await find_users(self._client, [target.asked for target in targets])
        planned: list[Target | GraphError | None] = []
        wanted: list[tuple[int, Target, User]] = []
        for number, (target, user) in enumerate(zip(targets, found, strict=True)):
            if isinstance(user, User):
                known = self._known(target, user)
                planned.append(None if not known.settled else known)
                if not known.settled:
                    wanted.append((number, known, user))
            else:
                planned.append(user or _refused(target, Refusal("userNotFound", "The customer has no such user.")))
        if wanted:
            hardware = MethodType.HARDWARE_OATH in self._scope
            details = await read_details(self._client, [user.id for _, _, user in wanted], hardware=hardware)
            for (number, target, user), detail in zip(wanted, details, strict=True):
                planned[number] = (
                    detail if isinstance(detail, GraphError) else await self._planned(target, user, detail)
                )
        return [entry for entry in planned if entry is not None]

    def _known(self, target: Target, user: User) -> Target:
        """The target with its user's names, refused where no more needs to be read."""
        known = target.model_copy(
            update={
                "tenant_id": self._customer.tenant_id,
                "user_id": user.id,
                "user_principal_name": user.user_principal_name,
                "display_name": user.display_name,
                "mail": user.mail,
                "is_guest": user.guest,
            }
        )
        names = frozenset(name.casefold() for name in (user.user_principal_name, user.mail) if name)
        person = Person(user.id, names, user.guest, user.enabled)
        refused = refusal(person, customer=self._customer, guards=self._guards, requester=self._request.requester)
        return _refused(known, refused) if refused else known

    async def _planned(self, target: Target, user: User, details: Details) -> Target:
        privileges = details.roles + [f"role-assignable group {name}" for name in details.role_groups]
        refused = privilege_refusal(privileges, self._guards) or await self._busy(target)
        if refused:
            return _refused(target, refused)
        in_scope = [m for m in details.found.methods if m.type in self._scope and m.active]
        methods = [
            TargetMethod(**method.model_dump(), is_default=satisfies(method, details.found.preference))
            for method in removal_order(in_scope, details.found.preference)
        ]
        if (unreadable := details.found.hardware_unreadable) and MethodType.HARDWARE_OATH in self._scope:
            methods.append(
                TargetMethod(
                    type=MethodType.HARDWARE_OATH,
                    id="",
                    label="hardware tokens, if there are any",
                    outcome=MethodOutcome.FORBIDDEN,
                    detail=f"They could not be read: {unreadable.detail}",
                    request_id=unreadable.request_id,
                )
            )
        return target.model_copy(
            update={
                "planned": True,
                "privileges": privileges,
                "privileged": bool(privileges) and self._guards.privileged_users == "stepUp",
                "methods": methods,
                "kept": [m for m in details.found.methods if m not in in_scope],
                "warnings": await self._warnings(user, privileges),
            }
        )

    async def _busy(self, target: Target) -> Refusal | None:
        me = Holder(self._request.id, target.number)
        if self._dry_run:
            holder = await self._leases.holder(self._customer.tenant_id, target.user_id) or me
        else:
            holder = await self._leases.take(self._customer.tenant_id, target.user_id, me)
        if holder == me:
            return None
        if holder.request_id == me.request_id:
            return Refusal("duplicateUser", "The same user is named more than once in this request.")
        return Refusal("alreadyRunning", f"Request {holder.request_id} is already resetting this user.")

    async def _warnings(self, user: User, privileges: list[str]) -> list[str]:
        """Codes of what an approver should know; pages have the words."""
        mfa = await requires_mfa(self._graph, self._customer.tenant_id)
        facts = {
            "privilegedUser": bool(privileges),
            "passwordOnly": mfa is False,
            "disabledUser": not user.enabled,
            "guestUser": user.guest,
        }
        return [code for code, true in facts.items() if true]


def unplannable(target: Target, error: GraphError) -> Target:
    """The end of a target whose plan could not be made."""
    reason = "consentMissing" if error.fault is Fault.CONSENT else "customerUnreachable"
    if error.fault is Fault.THROTTLED:
        reason = "throttled"
    if error.fault is Fault.FORBIDDEN:
        reason = "forbidden"
    return target.settle(TargetOutcome.FAILED, reason, error.detail)


def _refused(target: Target, refused: Refusal) -> Target:
    return target.settle(TargetOutcome.REFUSED, refused.reason, refused.detail)
