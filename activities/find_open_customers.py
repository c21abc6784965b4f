"""Activity: says which customers of a scheduled request may be reset now, and else when to ask again."""

from datetime import timedelta

from activities.app import activity
from contracts.workflow import FIND_OPEN_CUSTOMERS, OpenCheck, OpenCustomers
from domain.model import iso
from domain.outcomes import RequestStatus
from domain.request.reset_request import ResetRequest
from domain.request.schedule import Schedule
from services import Services, current_services
from use_cases.check_stop import check_stop

# While the kill switch is on, no wave begins; it wakes nothing, so it is looked at again.
_HELD = timedelta(minutes=1)


@activity(FIND_OPEN_CUSTOMERS)
async def find_open_customers(work: OpenCheck) -> OpenCustomers:
    return await find(current_services(), work["id"], work["customers"])


async def find(services: Services, request_id: str, customers: list[str]) -> OpenCustomers:
    request = await services.requests.get(request_id)
    now = services.now()
    if request is None or request.status is not RequestStatus.RESETTING:
        return {"open": [], "limited": [], "until": iso(now), "stop": True}
    stop = await check_stop(services, request_id)
    if stop != "go":
        return {"open": [], "limited": [], "until": iso(now + _HELD), "stop": stop == "cancelled"}
    schedule = request.schedule or Schedule()
    opens = {customer: schedule.opens(customer, now) for customer in customers}
    found = [customer for customer, at in opens.items() if at <= now]
    if found:
        await _begin(services, request)
    return {
        "open": found,
        "limited": [customer for customer in found if customer in schedule.windows],
        "until": iso(min(opens.values(), default=now)),
        "stop": False,
    }


async def _begin(services: Services, request: ResetRequest) -> None:
    """Note that the wave has begun, once: with the first customer whose users may be reset."""
    now = services.now()
    if request.schedule is not None and request.schedule.upcoming is not None:
        request = await services.requests.update(
            request.id,
            lambda r: r.model_copy(update={"schedule": r.schedule.with_begun(now)}) if r.schedule is not None else r,
        )
    if request.schedule is not None and request.schedule.begun:
        number, wave = len(request.schedule.begun) - 1, request.schedule.begun[-1]
        data = {"wave": number + 1, "firstTarget": wave.start, "targets": wave.count}
        await services.audits.append(request.id, wave.at, "service", "waveBegun", data, once=f"wave:{number}")
