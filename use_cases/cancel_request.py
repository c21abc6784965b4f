"""Cancel a request: nothing further is removed after its record says so."""

import durable
from domain.errors import ConflictError
from domain.request.reset_request import ResetRequest
from languages import Message
from services import Services
from use_cases.orchestrations import wake


async def cancel_request(services: Services, client: durable.Client, request: ResetRequest, *, by: str) -> None:
    """Mark the request as cancelled, write the audit event and wake the orchestration.

    A repeat completes what a worker that stopped between these steps left out; the audit event names the person whose cancel
    was recorded. Raises: ConflictError where the request has ended.
    """
    if request.status.ended:
        raise ConflictError(Message("The request has ended already: %(status)s.", status=request.status.value))
    first = await services.requests.cancel(request.id, by, services.now())
    mark = None if first else await services.requests.cancelled(request.id)
    await services.audits.append(
        request.id, services.now(), (mark["by"] if mark else "") or by, "cancelAccepted", once="cancelAccepted"
    )
    await wake(client, request.id)
