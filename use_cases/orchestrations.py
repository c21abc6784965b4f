"""Start the orchestration of a request, or find that it exists; wake one that waits."""

import logging
from collections.abc import Awaitable, Callable
from uuid import uuid4

import azure.durable_functions as df
import grpc
from durabletask.client import OrchestrationQuery, OrchestrationStatus

from contracts.words import WAKE
from contracts.workflow import MAIL_APPROVERS, RESET_CUSTOMER, RESET_REQUEST, RESET_WINDOW, RequestRun
from domain.request.reset_request import ResetRequest

_log = logging.getLogger("mfareset.starting")

# It ended before its request did: started anew it does only what is left.
_BROKEN = {OrchestrationStatus.FAILED, OrchestrationStatus.TERMINATED}
_LIVING = [OrchestrationStatus.PENDING, OrchestrationStatus.RUNNING, OrchestrationStatus.SUSPENDED]
# What must not go on beside a new run. Deliveries of events and what follows the end do: a new run does not repeat them all.
_PARTS = {RESET_CUSTOMER.name, RESET_WINDOW.name, MAIL_APPROVERS.name}


async def start(client: df.DurableFunctionsClient, request: ResetRequest) -> None:
    """Start the orchestration of a new request. One that exists already is not changed."""
    work = RequestRun(id=request.id, run=uuid4().hex[:8])
    try:
        await client.schedule_new_orchestration(RESET_REQUEST.name, input=work, instance_id=request.id)
    except grpc.aio.AioRpcError as error:
        if error.code() is not grpc.StatusCode.ALREADY_EXISTS:
            raise


async def ensure_started(
    client: df.DurableFunctionsClient, request: ResetRequest, may_restart: Callable[[], Awaitable[bool]] | None = None
) -> bool:
    """Start the orchestration of an open request that has none, or a broken one; return whether it was started.

    `may_restart` decides whether a broken one is started anew.
    """
    if request.is_over:
        return False
    state = await client.get_orchestration_state(request.id, fetch_payloads=False)
    if state is not None:
        if state.runtime_status not in _BROKEN or (may_restart and not await may_restart()):
            return False
        await _end_parts(client, request.id)
        await client.purge_orchestration(request.id, recursive=False)
    await start(client, request)
    return True


async def _end_parts(client: df.DurableFunctionsClient, request_id: str) -> None:
    """Terminate what a broken orchestration left running, one by one and parents first.

    On Azure Storage neither a terminated nor a failed orchestration ends its sub-orchestrations, whatever `recursive` says.
    """
    query = OrchestrationQuery(instance_id_prefix=f"{request_id}:", runtime_status=_LIVING)
    for state in sorted(await client.get_all_orchestration_states(query), key=lambda state: state.instance_id):
        if state.name in _PARTS:
            try:
                await client.terminate_orchestration(state.instance_id, recursive=False)
            except grpc.aio.AioRpcError as error:
                # Ended meanwhile.
                if error.code() not in {grpc.StatusCode.NOT_FOUND, grpc.StatusCode.FAILED_PRECONDITION}:
                    raise


async def wake(client: df.DurableFunctionsClient, request_id: str) -> None:
    """Make a waiting orchestration read the records now. A lost event only costs time: a timer checks them, too."""
    try:
        await client.raise_orchestration_event(request_id, WAKE, data={})
    except grpc.aio.AioRpcError as error:
        _log.warning("request %s could not be woken: %s", request_id, error.code().name)
