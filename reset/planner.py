"""Plan one window of targets of one customer: who they are, what guards say, what would be removed and in which order."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from domain.bootstrap.offer import offered_pass
from domain.methods import Method, MethodType, removal_order, satisfies
from domain.normal_address import all_spellings
from domain.outcomes import MethodOutcome, TargetOutcome
from domain.policy.bootstrap import Bootstrap
from domain.policy.load import Customer, Guards
from domain.request.guards import Person, Refusal, guards_for, needs_step_up, privilege_refusal, refusal
from domain.request.phone_numbers import NUMBER_KEPT, keeps_numbers
from domain.request.reset_request import ResetRequest
from domain.request.settlement import mark_kept_newer
from domain.request.target import Target, TargetMethod
from domain.request.undo import planned as planned_undo
from graph.batch import all_of
from graph.client import Graph, GraphClient
from graph.details import Details, read_details
from graph.errors import Fault, GraphError
from graph.forecasts import Subject, read_forecasts, read_tenant_rules
from graph.privilege_cache import Privileges
from graph.users import Match, Several, User, find_users
from records.holds import Holder, HoldTerms
from records.leases import Leases
from reset.fault_reasons import reason_of
from reset.plan_warnings import plan_warnings

# Users whose reads fill batches together: twenty fill one of look-ups, four of details and two of beta.
_GROUP = 20


class Planner:
    """Plan targets of one request and customer. A dry run takes no leases.

    `earlier` are, of a retry, the targets of the request before by the numbers they have now: what a user registered since
    then is not for the retry to remove. `hold_for` is how long another request holds its users while it is not decided;
    None: until it ends. `bootstrap` says who is offered a pass; None: no user is. `last`: no further try follows, so who may
    activate a role is unknown where that still cannot be read.
    """

    def __init__(
        self,
        graph: Graph,
        request: ResetRequest,
        customer: Customer,
        guards: Guards,
        leases: Leases,
        *,
        now: datetime,
        hold_for: timedelta | None = None,
        earlier: Mapping[int, Target] | None = None,
        bootstrap: Bootstrap | None = None,
        last: bool = False,
    ) -> None:
        self._graph = graph
        self._client = graph.of(customer.tenant_id)
        self._request = request
        self._customer = customer
        self._guards = guards_for(guards, request)
        self._leases = leases
        self._now = now
        self._holding = None if hold_for is None else HoldTerms(hold_for, now)
        self._earlier = earlier or {}
        self._bootstrap = bootstrap or Bootstrap()
        self._last = last
        # What the request asks for, as far as the customer allows it to be reset here.
        # An undo takes nothing away, so it is not bound to what may be; of a compromised account everything goes.
        unbound = request.undo_of is not None or request.containment is not None
        self._scope = [kind for kind in request.methods if unbound or kind in customer.methods]

    @property
    def pressure(self) -> float:
        """The highest throttling level that the tenant reported so far (1.0: its limit)."""
        return self._client.pressure

    async def plan(self, targets: Sequence[Target], *, slow: int = 0) -> list[Target | GraphError]:
        """Return each target planned or refused; a GraphError where that could not be found out yet.

        `slow` is how often in a row throttling let nothing through: then groups are halved as often and one is read first, then
        two at once and so on, so that at least one user's reads fit into what Graph allows at a time.
        """
        size = max(1, _GROUP >> slow)
        parts = [targets[start : start + size] for start in range(0, len(targets), size)]
        at_once = 1 if slow else len(parts)
        made: list[Target | GraphError] = []
        while parts:
            now, parts = parts[:at_once], parts[at_once:]
            made += [entry for part in await asyncio.gather(*map(self._group, now)) for entry in part]
            if slow and (throttled := next(filter(_is_throttled, made), None)) is not None:
                return made + [throttled] * (len(targets) - len(made))
            at_once *= 2
        return made

    async def _group(self, targets: Sequence[Target]) -> list[Target | GraphError]:
        """Plan targets together, then those few again whose reads went on failing while others' were answered.

        A durable timer would cost them seconds. The pauses of all that is read again are together as long as those of one call may be.
        """
        found: dict[int, Match] = {}
        planned = await self._once(self._client, targets, found)
        if not _are_some(planned):
            return planned
        client = self._graph.of(self._customer.tenant_id)
        client.share_pauses()
        attempts = client.attempts()
        while _are_some(planned):
            failed = {n: entry for n, entry in enumerate(planned) if isinstance(entry, GraphError) and entry.passing}
            waits = [error.retry_after for error in failed.values() if error.retry_after is not None]
            throttled = any(map(_is_throttled, failed.values()))
            if not await attempts.next(throttled=throttled, retry_after=max(waits, default=None)):
                break
            for n, entry in zip(failed, await self._once(client, [targets[n] for n in failed], found), strict=True):
                planned[n] = entry
        self._client.pressure = max(self._client.pressure, client.pressure)
        return planned

    async def _once(
        self, client: GraphClient, targets: Sequence[Target], found: dict[int, Match]
    ) -> list[Target | GraphError]:
        """Plan targets together. `found` are the users that were looked up before, by target; those looked up now are added."""
        try:
            unknown = [target for target in targets if isinstance(found.get(target.number), GraphError | None)]
            looked_up = await find_users(client, [target.asked for target in unknown])
            found |= {target.number: user for target, user in zip(unknown, looked_up, strict=True)}
            planned = [self._looked_up(target, found[target.number]) for target in targets]
            wanted = {entry.number: entry for entry in planned if isinstance(entry, Target) and not entry.settled}
            users = {number: user for number in wanted if isinstance(user := found[number], User)}
            if not wanted:
                return planned
            ids = [users[number].id for number in wanted]
            # Tokens out of scope, too: a user who keeps one has nothing to register. An undo forecasts nothing.
            read, _ = await all_of(read_details(client, ids, hardware=True, last=self._last), self._rules())
        except GraphError as error:
            return [error for _ in targets]
        made: dict[int, Target | GraphError] = {}
        for number, details in zip(wanted, read, strict=True):
            ready = (
                details if isinstance(details, GraphError) else self._planned(wanted[number], users[number], details)
            )
            made[number] = ready
        await self._refuse_busy(made)
        await self._forecast(made, users, dict(zip(wanted, read, strict=True)))
        return [made.get(target.number, entry) for target, entry in zip(targets, planned, strict=True)]

    def _looked_up(self, target: Target, user: Match) -> Target | GraphError:
        if isinstance(user, User):
            return self._known(target, user)
        if isinstance(user, Several):
            names = ", ".join(user.names[:5])
            detail = f"{len(user.names)} users have this mail address: {names}. Name one by user principal name."
            return _refused(target, Refusal("ambiguousUser", detail))
        return user or _refused(target, Refusal("userNotFound", "The customer has no such user."))

    def _known(self, target: Target, user: User) -> Target:
        """Return the target with its user's names, refused where no more needs to be read."""
        known = target.model_copy(
            update={
                "tenant_id": self._customer.tenant_id,
                "user_id": user.id,
                "user_principal_name": user.user_principal_name,
                "display_name": user.display_name,
                "mail": user.mail,
                "language": user.language,
                "is_guest": user.guest,
            }
        )
        person = person_of(user, self._customer.tenant_id)
        refused = refusal(person, customer=self._customer, guards=self._guards, involved=self._request.involved)
        return _refused(known, refused) if refused else known

    def _planned(self, target: Target, user: User, details: Details) -> Target | GraphError:
        privileges = details.privileges
        if refused := privilege_refusal(privileges.names, self._guards, unknown=privileges.unknown):
            return _refused(target, refused)
        if self._request.undo_of is not None:
            return self._undo(target, user, details, privileges)
        of_scope = [m for m in details.found.methods if m.type in self._scope and m.active]
        before = self._earlier.get(target.number)
        since = [m for m in of_scope if before is not None and before.has_newer(m)]
        in_scope = [m for m in of_scope if m not in since]
        of_scope, in_scope, number_kept = self._without_numbers(details, of_scope, in_scope)
        methods = [
            TargetMethod(**method.model_dump(), is_default=satisfies(method, details.found.preference))
            for method in removal_order(in_scope, details.found.preference)
        ]
        if (unreadable := details.found.hardware_unreadable) and MethodType.HARDWARE_OATH in self._scope:
            methods.append(_unreadable_hardware(unreadable))
        kept = [m for m in details.found.methods if m not in of_scope]
        return target.model_copy(
            update={
                "planned": True,
                "planned_at": self._now,
                "privileges": privileges.names,
                "privileged": needs_step_up(privileges.names, self._guards, unknown=privileges.unknown),
                "methods": [*methods, *(mark_kept_newer(TargetMethod(**m.model_dump())) for m in since)],
                "kept": kept,
                "warnings": [
                    *plan_warnings(user, privileges, blocked_here=_is_blocked_here(target)),
                    *([NUMBER_KEPT] if number_kept else []),
                ],
            }
        )

    def _without_numbers(
        self, details: Details, of_scope: list[Method], in_scope: list[Method]
    ) -> tuple[list[Method], list[Method], bool]:
        """Return both without the numbers that the request wants kept where nothing strong stays, and whether there were any."""
        if self._request.phone_only is None or not keeps_numbers(details.found.methods, in_scope):
            return of_scope, in_scope, False
        without = [m for m in in_scope if m.type is not MethodType.PHONE]
        kept = len(without) < len(in_scope)
        return [m for m in of_scope if m.type is not MethodType.PHONE or m not in in_scope], without, kept

    def _undo(self, target: Target, user: User, details: Details, privileges: Privileges) -> Target | GraphError:
        if details.found.hardware_unreadable is not None:
            return details.found.hardware_unreadable
        known = target.model_copy(
            update={
                "planned_at": self._now,
                "privileges": privileges.names,
                "privileged": needs_step_up(privileges.names, self._guards, unknown=privileges.unknown),
                "warnings": plan_warnings(user, privileges),
            }
        )
        return planned_undo(known, details.found.methods)

    async def _rules(self) -> None:
        """Read what all forecasts of the tenant need while users are read, not after them."""
        if self._request.undo_of is None:
            await read_tenant_rules(self._graph, self._customer.tenant_id)

    async def _forecast(
        self,
        made: dict[int, Target | GraphError],
        users: Mapping[int, User],
        read: Mapping[int, Details | GraphError],
    ) -> None:
        """Write into each planned target what the reset means for its user. An undo takes nothing away, so it has no forecast."""
        if self._request.undo_of is not None:
            return
        subjects: dict[int, Subject] = {}
        for number, target in made.items():
            details = read[number]
            if isinstance(target, Target) and target.planned and not target.settled and isinstance(details, Details):
                lost = {(m.type, m.id) for m in target.methods if m.outcome is MethodOutcome.PENDING}
                kept = [m for m in details.found.methods if (m.type, m.id) not in lost]
                unread = details.found.hardware_unreadable is not None
                subjects[number] = Subject(target.user_id, users[number].country, kept, kept_unknown=unread)
        forecasts = await read_forecasts(self._graph, self._customer.tenant_id, list(subjects.values()))
        for number, forecast in zip(subjects, forecasts, strict=True):
            target = made[number]
            if isinstance(target, Target):
                foreseen = target.model_copy(update={"forecast": forecast})
                offered = offered_pass(self._bootstrap, self._request, foreseen)
                made[number] = foreseen.model_copy(update={"access_pass": offered})

    async def _refuse_busy(self, made: dict[int, Target | GraphError]) -> None:
        """Refuse those that another request, or another place in this one, is about already. A dry run takes no lease."""
        wanted: dict[str, Holder] = {}
        for number, target in made.items():
            if not isinstance(target, Target) or target.settled:
                continue
            if target.user_id in wanted:
                made[number] = _refused(target, _DUPLICATE)
            else:
                wanted[target.user_id] = Holder(self._request.id, number)
        tenant_id, dry = self._customer.tenant_id, self._request.dry_run
        if dry:
            held = await self._leases.first_named(tenant_id, wanted)
        else:
            held = await self._leases.take_all(tenant_id, wanted, self._holding)
        for user_id, me in wanted.items():
            holder = held[user_id]
            if dry and holder == me:
                holder = await self._leases.holder(tenant_id, user_id) or me
            target = made[me.number]
            if holder == me or not isinstance(target, Target):
                continue
            if holder.request_id == me.request_id:
                made[me.number] = _refused(target, _DUPLICATE)
            else:
                refused = _refused(target, Refusal("alreadyRunning", _HELD.format(holder.request_id)))
                made[me.number] = refused.model_copy(update={"held_by": holder.request_id})


def _is_blocked_here(target: Target) -> bool:
    return target.containment is not None and target.containment.may_unblock


def person_of(user: User, tenant_id: str) -> Person:
    """Return what the guards need to know of a user."""
    names = all_spellings(user.user_principal_name, user.mail)
    return Person(user.id, names, user.guest, user.enabled, tenant_id)


def _are_some(planned: Sequence[Target | GraphError]) -> bool:
    failed = sum(isinstance(entry, GraphError) and entry.passing for entry in planned)
    return 0 < failed < len(planned)


def _is_throttled(entry: Target | GraphError) -> bool:
    return isinstance(entry, GraphError) and entry.fault is Fault.THROTTLED


_HELD = "Request {} asked for this user first and has not ended. Have it decided, cancel it, or have an operator take the user over."
_DUPLICATE = Refusal("duplicateUser", "The same user is named more than once in this request.")


def _unreadable_hardware(error: GraphError) -> TargetMethod:
    return TargetMethod(
        type=MethodType.HARDWARE_OATH,
        id="",
        label="hardware tokens, if there are any",
        outcome=MethodOutcome.FORBIDDEN if error.fault is Fault.FORBIDDEN else MethodOutcome.FAILED,
        detail=f"They could not be read: {error.detail}",
        request_id=error.request_id,
    )


def unplannable(target: Target, error: GraphError, *, of_one_user: bool) -> Target:
    """End a target whose plan could not be made. `of_one_user`: the customer answered for others."""
    return target.settle(TargetOutcome.FAILED, reason_of(error, of_one_user=of_one_user), error.detail)


def _refused(target: Target, refused: Refusal) -> Target:
    return target.settle(TargetOutcome.REFUSED, refused.reason, refused.detail)
