"""Hold the partner relationships against the policy: who is new, who is known, who has none, and what ends.

The two lists of the partner's tenant are read as a whole, because only all of them say who is missing, and are kept for a moment
while their pages are asked for. Of each customer on a page its own tenant says whether it lets the service in, side by side; a
tenant that does not answer is a row that says so. Nothing here changes the policy: a new customer comes with a file to review.
"""

import asyncio
import time
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from domain.api.partner_responses import (
    CustomerState,
    DiscoveredCustomer,
    DiscoveryCounts,
    DiscoveryPage,
    ProposalResponse,
    RelationshipResponse,
)
from domain.cursors import seal, unseal
from domain.errors import ConflictError, NotFoundError
from domain.model import iso
from domain.partner.entra_roles import role_names
from domain.partner.proposals import Proposal, keys_of, propose
from domain.partner.relationships import Relationship, endings, last_end
from domain.partner.warnings import PartnerWarning
from graph.client import Graph
from graph.customer_tenants import read_access, read_verified_domains
from graph.delegated_admin import DelegatedCustomer, read_delegated_customers, read_relationships
from graph.errors import Fault, GraphError
from graph.permissions import PARTNER, Access, consent_url
from languages import Message
from services import Services
from use_cases.side_by_side import side_by_side

# Tenants asked side by side: each is a token request and one call, all of other tenants.
AT_ONCE = 16
# Seconds for which the pages after the first go on with the lists of the first.
_KEPT_FOR = 600.0
_QUESTION = "partner customers"
# Why there is no token without the customer having taken anything back: what passes, and the provider's own credential.
NOT_CONSENT = frozenset({Fault.CREDENTIAL, Fault.THROTTLED, Fault.UNAVAILABLE, Fault.REJECTED, Fault.REFUSED})
# The word that pages and lists have for a tenant that does not answer.
_SHOWN_AS = dict.fromkeys((Fault.UNAVAILABLE.value, Fault.REFUSED.value), "customerUnreachable")
STATES: tuple[CustomerState, ...] = ("new", "known", "noRelationship")


class Tenant(NamedTuple):
    """One customer tenant: its name at Microsoft, its key in the policy ("": not there), its relationships."""

    tenant_id: str
    name: str
    customer: str
    relationships: tuple[Relationship, ...]
    has_relationship: bool

    @property
    def state(self) -> CustomerState:
        if not self.customer:
            return "new"
        return "known" if self.has_relationship else "noRelationship"

    @property
    def place(self) -> list[str]:
        return [self.name.casefold(), self.tenant_id]


class Discovery(NamedTuple):
    """All tenants by name, and the keys that the new ones would have in the policy."""

    tenants: tuple[Tenant, ...]
    keys: dict[str, str]


def partner_tenant(services: Services) -> str:
    """Return the partner's tenant. Raises: NotFoundError where the policy names none."""
    tenant_id = services.policy.partner.tenant_id
    if tenant_id is None:
        raise NotFoundError(Message("Partner relationships are not read: the policy has no [partner] tenantId."))
    return tenant_id


async def discover(services: Services, *, kept_for: float = 0.0) -> Discovery:
    """Return what the partner's tenant and the policy say together. `kept_for`: how old the lists may be, in seconds.

    Raises: NotFoundError where it is off, ConflictError where the permission is missing, GraphError.
    """
    listed, relationships = await _lists(services, partner_tenant(services), kept_for)
    tenants = _tenants(services, listed, relationships)
    new = {one.tenant_id: one.name for one in tenants if one.state == "new"}
    return Discovery(tuple(sorted(tenants, key=lambda one: one.place)), keys_of(new, services.policy))


async def discover_page(services: Services, state: CustomerState | None, cursor: str, limit: int) -> DiscoveryPage:
    """Return a page of the customers in a state, None: in any. Raises: as `discover`, and InvalidInputError for the cursor."""
    ring, question = services.settings.approval_keys, f"{_QUESTION} {state or ''}"
    after = [str(part) for part in unseal(ring, question, cursor)] if cursor else []
    found = await discover(services, kept_for=_KEPT_FOR if cursor else 0.0)
    wanted = [one for one in found.tenants if state in {None, one.state}]
    rest = [one for one in wanted if one.place > after]
    shown = rest[:limit]
    many = {name: sum(one.state == name for one in found.tenants) for name in STATES}
    return DiscoveryPage(
        partner_tenant_id=partner_tenant(services),
        warn_days=services.policy.partner.warn_before.days,
        counts=DiscoveryCounts(new=many["new"], known=many["known"], no_relationship=many["noRelationship"]),
        total=len(wanted),
        value=await describe(services, found, shown),
        cursor=seal(ring, question, shown[-1].place) if len(rest) > len(shown) else None,
    )


async def describe(services: Services, found: Discovery, tenants: Iterable[Tenant]) -> list[DiscoveredCustomer]:
    """Return these tenants with what each says of itself, side by side."""

    async def one(tenant: Tenant) -> DiscoveredCustomer:
        return await _describe(services, found, tenant)

    return await side_by_side(one, tenants, at_once=AT_ONCE)


async def propose_all(services: Services, tenant_ids: Sequence[str]) -> list[Proposal]:
    """Return the files of these tenants, in the order of their keys. Raises: as `discover`, NotFoundError for one that is not new."""
    found = await discover(services, kept_for=_KEPT_FOR)
    new = {one.tenant_id: one for one in found.tenants if one.state == "new"}
    if unknown := [tenant_id for tenant_id in tenant_ids if tenant_id not in new]:
        raise NotFoundError(
            Message("%(unknown)s is no new customer of the partner relationships.", unknown=unknown[0][:40])
        )

    async def one(tenant: Tenant) -> Proposal:
        return _propose(services, found, tenant, await _domains(services, tenant.tenant_id))

    made = await side_by_side(one, [new[tenant_id] for tenant_id in dict.fromkeys(tenant_ids)], at_once=AT_ONCE)
    return sorted(made, key=lambda proposal: proposal.key)


async def access_to(services: Services, tenant_id: str, customer: str) -> Access:
    """Return what a tenant grants the service, by what the policy does there; `customer` is "" for one that it has not."""
    profile = services.policy.profiles.compromised
    contains = profile is not None and (profile.customers is None or customer in profile.customers)
    audit_logs = services.policy.reads_audit_logs
    return await read_access(services.graph, tenant_id, services.pause, audit_logs=audit_logs, contains=contains)


def relationship_warnings(
    relationships: Sequence[Relationship], now: datetime, within: timedelta, *, has_relationship: bool
) -> list[PartnerWarning]:
    """Return what there is to say about the relationships of one customer, the next end first."""
    if not has_relationship:
        ended = last_end(relationships)
        over = any(one.is_over for one in relationships)
        return [PartnerWarning(kind="relationshipEnded", at=ended, is_last=True)] if over else []
    return [
        PartnerWarning(
            kind="relationshipEnding",
            at=end.at,
            relationship=end.relationship.name,
            roles=len(end.roles),
            role_names=role_names(end.roles),
            is_last=end.is_last,
        )
        for end in endings(relationships, now, within)
    ]


async def _describe(services: Services, found: Discovery, tenant: Tenant) -> DiscoveredCustomer:
    access = await access_to(services, tenant.tenant_id, tenant.customer)
    proposal = None
    if tenant.state == "new":
        domains = None if access.reason else await _domains(services, tenant.tenant_id)
        proposal = _shown(_propose(services, found, tenant, domains), services, read=domains is not None)
    in_policy = services.policy.customers[tenant.customer].name if tenant.customer else ""
    return DiscoveredCustomer(
        tenant_id=tenant.tenant_id,
        name=tenant.name,
        state=tenant.state,
        customer=tenant.customer,
        policy_name=in_policy if tenant.name and in_policy != tenant.name else "",
        relationships=[_relationship(one) for one in tenant.relationships],
        has_access=access.is_enough,
        reason=_SHOWN_AS.get(access.reason, access.reason),
        missing=[] if access.reason else [one.name for one in access.missing if not one.optional],
        consent_url=consent_url(services.settings.graph_authority, tenant.tenant_id, services.settings.graph_client_id),
        warnings=await warnings_of(services, tenant, access, services.now()),
        proposal=proposal,
    )


async def warnings_of(services: Services, tenant: Tenant, access: Access, now: datetime) -> list[PartnerWarning]:
    """Return what there is to say about a tenant: relationships that end or ended, and a consent that is lost."""
    within = services.policy.partner.warn_before
    found = relationship_warnings(tenant.relationships, now, within, has_relationship=tenant.has_relationship)
    # What passes, and what is the provider's own fault, is no loss of consent.
    if not tenant.customer or access.is_enough or access.reason in NOT_CONSENT:
        return found
    consented_at = (await services.partner_records.state(tenant.tenant_id)).consented_at
    if consented_at is None:
        return found
    return [
        *found,
        PartnerWarning(kind="consentLost", at=consented_at, reason=access.reason or Fault.FORBIDDEN.value),
    ]


async def _domains(services: Services, tenant_id: str) -> list[str] | None:
    """Return a tenant's domains, None where they cannot be read: then a person adds them."""
    try:
        return await read_verified_domains(services.graph.of(tenant_id), services.pause)
    except GraphError:
        return None


def _propose(services: Services, found: Discovery, tenant: Tenant, domains: list[str] | None) -> Proposal:
    return propose(found.keys[tenant.tenant_id], tenant.tenant_id, tenant.name, domains, services.policy)


def _shown(proposal: Proposal, services: Services, *, read: bool) -> ProposalResponse:
    return ProposalResponse(
        key=proposal.key,
        file=proposal.file,
        text=proposal.text,
        domains_read=read,
        taken=list(proposal.taken),
        needs_approvers=not services.policy.approval.approvers,
    )


def _relationship(one: Relationship) -> RelationshipResponse:
    return RelationshipResponse(
        id=one.id,
        name=one.name,
        status=one.status,
        ends_at=one.ends_at,
        auto_extends=one.auto_extends,
        roles=sorted(one.roles),
        role_names=role_names(one.roles),
    )


def _tenants(
    services: Services, listed: Sequence[DelegatedCustomer], relationships: Sequence[Relationship]
) -> list[Tenant]:
    """Return each tenant once: of the relationships that run, of Microsoft's list of customers, and of the policy."""
    policy = services.policy
    by_tenant: defaultdict[str, list[Relationship]] = defaultdict(list)
    for relationship in relationships:
        by_tenant[relationship.tenant_id].append(relationship)
    # Graph's own name goes before the one that a relationship was made with.
    names = {one.tenant_id: one.customer_name for one in relationships if one.customer_name}
    names |= {one.tenant_id: one.name for one in listed if one.name}
    in_policy = {customer.tenant_id: key for key, customer in policy.customers.items()}
    running = {one.tenant_id for one in relationships if one.is_running}
    # The list of customers may be ahead of the list of relationships, or behind it.
    related = running | {one.tenant_id for one in listed if one.tenant_id not in by_tenant}
    own = partner_tenant(services)
    found = []
    for tenant_id in sorted({*related, *in_policy} - {"", own}):
        key = in_policy.get(tenant_id, "")
        name = names.get(tenant_id) or (policy.customers[key].name or key if key else "")
        found.append(Tenant(tenant_id, name, key, _in_order(by_tenant.get(tenant_id, [])), tenant_id in related))
    return found


def _in_order(relationships: Sequence[Relationship]) -> tuple[Relationship, ...]:
    """Those that run come first, and of each kind the one that ends first."""
    return tuple(sorted(relationships, key=lambda one: (not one.is_running, iso(one.ends_at) if one.ends_at else "~")))


async def _lists(
    services: Services, tenant_id: str, kept_for: float
) -> tuple[list[DelegatedCustomer], list[Relationship]]:
    graph = services.graph
    key = ("partner relationships", tenant_id)
    async with graph.locks.setdefault(key, asyncio.Lock()):  # one reading at a time
        kept = graph.kept.get(key)
        if kept is not None and time.monotonic() - kept[0] < kept_for:
            lists: tuple[list[DelegatedCustomer], list[Relationship]] = kept[1]
            return lists
        lists = await _read_lists(services, graph, tenant_id)
        graph.kept[key] = (time.monotonic(), lists)
        return lists


async def _read_lists(
    services: Services, graph: Graph, tenant_id: str
) -> tuple[list[DelegatedCustomer], list[Relationship]]:
    client = graph.of(tenant_id)
    try:
        return await asyncio.gather(
            read_delegated_customers(client, services.pause), read_relationships(client, services.pause)
        )
    except GraphError as error:
        if error.fault is not Fault.FORBIDDEN:
            raise
        message = Message(
            "%(permission)s is not granted to the service in the partner's tenant %(tenant)s. docs/customers.md says how to grant "
            "it.",
            permission=PARTNER.name,
            tenant=tenant_id,
        )
        raise ConflictError(message) from error
