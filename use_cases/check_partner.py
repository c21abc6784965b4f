"""Look once a day what ends: relationships with customers of the policy, and their consent. What is found is kept as warnings."""

from datetime import datetime, timedelta
from typing import NamedTuple

from domain.errors import Problem
from domain.partner.warnings import KeptWarning, kept
from graph.errors import GraphError
from records.partner import PartnerCheck
from services import Services
from telemetry.metrics import count
from use_cases.discover_customers import AT_ONCE, NOT_CONSENT, Tenant, access_to, discover, warnings_of
from use_cases.side_by_side import side_by_side

# A little less than a day: the timer comes every hour, not always to the second.
_EVERY = timedelta(hours=23, minutes=30)


class _Found(NamedTuple):
    """Of one customer; `judged` is False where its tenant did not say whether it lets the service in."""

    warnings: list[KeptWarning]
    judged: bool


async def check_partner(services: Services) -> None:
    """Read the relationships and each customer's consent, unless that was done within the day.

    Where the partner's tenant cannot be read, the warnings stay as they were, and the start page says so.

    Raises: RecordsError; GraphError and Problem, where the partner's tenant cannot be read.
    """
    now = services.now()
    last = await services.partner_records.last_check()
    if last.read_at is not None and now - last.read_at < _EVERY and not last.problem:
        return
    try:
        found = await discover(services)
    except (GraphError, Problem) as error:
        await services.partner_records.checked(last.model_copy(update={"problem": error.reason}))
        raise

    async def one(tenant: Tenant) -> _Found:
        return await _check(services, tenant, now)

    ours = [tenant for tenant in found.tenants if tenant.customer]
    checked = await side_by_side(one, ours, at_once=AT_ONCE)
    silent = {tenant.tenant_id for tenant, each in zip(ours, checked, strict=True) if not each.judged}
    warnings = [warning for each in checked for warning in each.warnings]
    for warning in await services.partner_records.keep(warnings, silent):
        count("mfareset.partner.warnings", kind=warning.kind, customer=warning.customer)
    await services.partner_records.purge({tenant.tenant_id for tenant in ours})
    await services.partner_records.checked(PartnerCheck(read_at=now))


async def _check(services: Services, tenant: Tenant, now: datetime) -> _Found:
    access = await access_to(services, tenant.tenant_id, tenant.customer)
    found = await warnings_of(services, tenant, access, now)
    if access.is_enough:
        await services.partner_records.consented(tenant.tenant_id, now)
    warnings = [kept(warning, tenant.customer, tenant.tenant_id, now) for warning in found]
    return _Found(warnings, judged=access.reason not in NOT_CONSENT)
