"""Identify the people of a request in the directory while it is planned, once: its requester and those who may decide on it.

What is found is stored and is part of the plan's digest, so a name that moves to another account later moves no decision with it.
Each customer has a record of its own until all are planned: hundreds of them are planned side by side.
"""

from domain.mails import mail_domain
from domain.normal_address import spellings
from domain.outcomes import RequestStatus
from domain.policy.load import Customer
from domain.request.involved import Identities
from domain.request.reset_request import ResetRequest
from graph.accounts import Directory
from graph.errors import GraphError
from services import Services
from use_cases.resolve_deciders import Resolved, resolve_deciders


async def identify_people(
    services: Services, request: ResetRequest, customer_key: str, *, last: bool = False
) -> ResetRequest:
    """Return the request with the accounts of its requester and of this customer's approvers, which are stored, unless they were.

    `last`: what cannot be found out is not tried again, so those people stay unknown. Raises: GraphError otherwise, and where the
    customer's tenant lets nobody look: then its users cannot be found either.
    """
    if request.identities is not None and customer_key in request.identities.customers:
        return request
    found = await services.identities.of(request.id, customer_key)
    if found is None:
        found = await services.identities.keep(
            request.id, customer_key, await _found(services, request, customer_key, last=last)
        )
    return _with(request, found)


async def gather_people(services: Services, request_id: str) -> ResetRequest:
    """Return a request that is planned with what was found for all of its customers, as it is then stored.

    May be repeated, also beside itself. Raises: LookupError when there is no such request.
    """
    found = await services.identities.all(request_id)
    if not found:  # also where another run has put them together
        stored = await services.requests.get(request_id)
        if stored is None:
            raise LookupError(request_id)
        return stored
    gathered = await services.requests.update(
        request_id, lambda r: _with(r, *found) if r.status is RequestStatus.PLANNING else r
    )
    await services.identities.clear(request_id)
    return gathered


def _with(request: ResetRequest, *found: Identities) -> ResetRequest:
    kept = [request.identities] if request.identities else []
    known = {customer for one in kept for customer in one.customers}
    # What a run that was overtaken finds of a customer later does not count: decisions and the digest go by the first.
    new = [one for one in found if not known.issuperset(one.customers)]
    return request.model_copy(update={"identities": Identities.of_all([*kept, *new])})


async def _found(services: Services, request: ResetRequest, customer_key: str, *, last: bool) -> Identities:
    resolved: Resolved | None = None
    try:
        resolved = await resolve_deciders(services, customer_key, last=last)
        return await _look_up(services, request, customer_key, resolved)
    except GraphError as error:
        if not last or not error.passing:
            raise
        found = Identities(customers=[customer_key])
        if resolved is not None and resolved.deciders is not None:
            found.deciders[customer_key] = resolved.deciders
        return found


async def _look_up(services: Services, request: ResetRequest, customer_key: str, resolved: Resolved) -> Identities:
    """Look in the provider's tenant, then in the customer's for those who are not there, or whose domain is the customer's."""
    customer = services.policy.customers[customer_key]
    named = {mail.casefold(): account for mail, account in services.policy.approval.identities.items()}
    deciders = resolved.deciders
    if deciders is None:
        approvers = {mail.casefold() for mail in services.policy.approvers_of(customer_key, step_up=True)}
    else:
        approvers = {*deciders.first, *deciders.step_up, *deciders.escalation}
    requester = sorted(spellings(request.requester)) if "@" in request.requester else []
    wanted = [*requester, *sorted(approvers - named.keys())]
    at_home = await _find_at_home(services, wanted)
    theirs = await _find(services, _of_customer(customer), _left(wanted, at_home, requester, customer))
    accounts = {text: [*at_home.get(text, ()), *theirs.get(text, ())] for text in wanted}
    return Identities(
        requester=sorted({account for text in requester for account in accounts[text]}),
        approvers={
            mail: [named[mail]]
            if mail in named
            else sorted({*_one_each(at_home, theirs, mail), *resolved.accounts_of(mail)})
            for mail in approvers
        },
        customers=[customer_key],
        deciders={} if deciders is None else {customer_key: deciders},
    )


def _left(
    wanted: list[str], at_home: dict[str, tuple[str, ...]], requester: list[str], customer: Customer
) -> list[str]:
    """Return whom to look for in the customer's tenant; of approvers only those with an address of the customer's own."""
    domains = {domain.casefold() for domain in customer.domains}
    unknown = not any(at_home.get(text) for text in requester)
    return [text for text in wanted if mail_domain(text) in domains or (text in requester and unknown)]


async def _find(services: Services, directory: Directory, texts: list[str]) -> dict[str, tuple[str, ...]]:
    return await services.accounts.find(services.graph, directory, texts, services.now()) if texts else {}


async def _find_at_home(services: Services, texts: list[str]) -> dict[str, tuple[str, ...]]:
    try:
        return await _find(services, Directory(services.settings.graph_home_tenant), texts)
    except GraphError as error:
        if error.passing:
            raise
        return {}  # the provider's tenant lets the service not look: nobody is known there


def _of_customer(customer: Customer) -> Directory:
    return Directory(customer.tenant_id, frozenset(domain.casefold() for domain in customer.domains))


def _one_each(at_home: dict[str, tuple[str, ...]], theirs: dict[str, tuple[str, ...]], mail: str) -> set[str]:
    """Return an approver's accounts, one of each directory: an address that several accounts share identifies none of them."""
    return {account for found in (at_home, theirs) if len(accounts := found.get(mail, ())) == 1 for account in accounts}
