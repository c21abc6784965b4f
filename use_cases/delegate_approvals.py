"""Let an approver who is away name who stands in, and until when."""

from datetime import datetime, timedelta
from typing import NamedTuple

from domain.access.callers import Principal
from domain.errors import InvalidInputError, NotAllowedError
from domain.policy.load import Policy
from domain.request.deciders import Delegation
from graph.accounts import Directory
from languages import Message
from services import Services
from use_cases.resolve_deciders import members_of

# Longer than any leave of absence that the policy should not know of.
LONGEST = timedelta(days=90)


class Approving(NamedTuple):
    """The addresses under which a person is asked to decide, and those who could stand in."""

    own: tuple[str, ...]
    deputies: tuple[str, ...]


async def approving_of(services: Services, mail: str, principal: Principal | None) -> Approving:
    """Return under which addresses a person decides, by their account where they are signed in with Entra.

    `mail` is what a session of the test sign-in has. Raises: GraphError.
    """
    policy = services.policy
    names = {name for key in policy.customers for name in policy.may_approve(key)}
    groups = sorted(
        {name.removeprefix("group:") for name in (*names, *policy.approval.delegates) if name[:6] == "group:"}
    )
    members = {key: await members_of(services, key) for key in groups}
    people = {person.casefold() for person in policy.people_in(names)}
    in_groups = {member.address: member.id for key in groups if f"group:{key}" in names for member in members[key]}
    if principal is None:
        own = {mail.casefold()} & (people | in_groups.keys())
    else:
        own = await _of_account(services, policy, principal, people)
        if principal.tenant_id == services.settings.graph_home_tenant.lower():
            own |= {address for address, user_id in in_groups.items() if user_id == principal.object_id}
    more = {person.casefold() for person in policy.people_in(policy.approval.delegates)}
    more |= {member.address for key in groups for member in members[key]}
    return Approving(tuple(sorted(own)), tuple(sorted((people | more) - own)))


async def _of_account(services: Services, policy: Policy, principal: Principal, people: set[str]) -> set[str]:
    named = {mail.casefold(): account for mail, account in policy.approval.identities.items()}
    found = {person for person in people if named.get(person) == principal.identity}
    customer = policy.find_customer(principal.tenant_id)
    domains = None
    if principal.tenant_id != services.settings.graph_home_tenant.lower():
        if customer is None:
            return found
        domains = frozenset(domain.casefold() for domain in policy.customers[customer].domains)
    directory = Directory(principal.tenant_id, domains)
    accounts = await services.accounts.find(services.graph, directory, sorted(people - named.keys()), services.now())
    return found | {person for person, ids in accounts.items() if ids == (principal.identity,)}


async def delegate(services: Services, approving: Approving, by: str, deputy: str, until: datetime) -> list[Delegation]:
    """Record that the approver is away until then, and who is asked instead from now on.

    Requests that wait already stay as they are: who may decide them is part of their plan. Raises: NotAllowedError for who is no
    approver, InvalidInputError.
    """
    _check_approver(approving)
    now = services.now()
    if deputy.casefold() not in approving.deputies:
        detail = Message("must be another approver, or one of approval.delegates of the policy")
        raise InvalidInputError(
            Message("No one with this address may stand in."), [{"pointer": "/delegate", "detail": detail}]
        )
    if not now < until <= now + LONGEST:
        detail = Message("must be later than now, by at most %(days)s days", days=LONGEST.days)
        raise InvalidInputError(
            Message("The time of the return cannot be that."), [{"pointer": "/until", "detail": detail}]
        )
    made = [
        Delegation(approver=own, delegate=deputy.casefold(), until=until, set_by=by, set_at=now)
        for own in approving.own
    ]
    for each in made:
        await services.delegations.put(each)
    return made


async def end_delegation(services: Services, approving: Approving) -> None:
    """Record that the approver is back. Raises: NotAllowedError."""
    _check_approver(approving)
    for own in approving.own:
        await services.delegations.remove(own)


async def delegation_of(services: Services, approving: Approving) -> Delegation | None:
    """Return the delegation of this approver that holds now."""
    active = await services.delegations.active(services.now())
    return next((active[own] for own in approving.own if own in active), None)


def _check_approver(approving: Approving) -> None:
    if not approving.own:
        raise NotAllowedError(Message("Only approvers can name who stands in for them, each for themselves."))
