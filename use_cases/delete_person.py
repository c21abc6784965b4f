"""Delete a person's data from the records of ended requests."""

from domain.api.people_responses import PersonDeleted
from domain.errors import ConflictError
from languages import Message
from services import Services


async def delete_person(services: Services, customer: str, user: str, *, by: str) -> PersonDeleted:
    """Delete what the records say of a user, and audit it in every request concerned; return what was changed.

    Raises: ConflictError while a request about the person has not ended.
    """
    found = await services.people.forget(customer, user)
    if found.busy:
        raise ConflictError(
            Message(
                "This person is in requests that have not ended: %(busy)s. Cancel them first.",
                busy=", ".join(found.busy),
            )
        )
    await services.unused_deliveries.forget(services.policy.sources, user)
    await services.console_choices.forget(customer, found.names)
    for request_id in found.requests:
        await services.audits.append(request_id, services.now(), by, "personDeleted", {"customer": customer})
    return PersonDeleted(requests=found.requests, targets=found.targets)
