"""Activity: says which customers of a scheduled request may be reset now, and else when to ask again."""

from datetime import timedelta

from activities.app import activity
from contracts.workflow import FIND_OPEN_CUSTOMERS, OpenCheck, OpenCustomers
from domain.model import iso
from domain.outcomes import RequestStatus
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
    return {
        "open": found,
        "limited": [customer for customer in found if customer in schedule.windows],
        "until": iso(min(opens.values(), default=now)),
        "stop": False,
    }
