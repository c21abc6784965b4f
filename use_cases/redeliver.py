"""What did not get through, sent again: to the ticket system, the approvers, the requester and the users."""

from datetime import timedelta

import azure.durable_functions as df

from contracts.workflow import DELIVER_EVENT, MAIL_AGAIN, MAIL_APPROVERS, Window
from domain.errors import ConflictError
from domain.outcomes import RequestStatus
from domain.request.notifications import Notification
from domain.request.reset_request import ResetRequest
from domain.request.windows import windows
from records.targets import StoredTarget
from services import Services

# Longer than the longest wait between two attempts (orchestrators.event_delivery): nobody is trying any more.
_STALLED = timedelta(hours=8)


async def callbacks_again(services: Services, client: df.DurableFunctionsClient, request: ResetRequest) -> None:
    """Callbacks and events for the topic that did not get through are tried for another day. Raises ConflictError where all did."""
    notifications = await services.notifications.all(request.id)
    left = callbacks_left(services, notifications)
    lost = events_left(services, notifications)
    if not left and not lost:
        raise ConflictError(
            "Everything told of this request got through or is still being tried; nothing is to be sent again."
        )
    for each in lost:
        await services.notifications.update(request.id, each.kind, lambda a: a.model_copy(update={"bus": "pending"}))
    if lost:  # one delivery for all of them: it publishes what is pending up to its kind, the oldest first
        await client.schedule_new_orchestration(
            DELIVER_EVENT.name, input={"id": request.id, "kind": lost[-1].kind, "sender": "bus"}
        )
    for each in left:
        await services.notifications.update(request.id, each.kind, lambda a: a.model_copy(update={"state": "pending"}))
        await client.schedule_new_orchestration(
            DELIVER_EVENT.name, input={"id": request.id, "kind": each.kind, "sender": "callback"}
        )


def callbacks_left(services: Services, notifications: list[Notification]) -> list[Notification]:
    return [each for each in notifications if each.undelivered or _stalled(services, each)]


def events_left(services: Services, notifications: list[Notification]) -> list[Notification]:
    """Events that the Service Bus did not take. One long pending counts too: a second copy is dropped by its id."""
    if not services.settings.has_service_bus:
        return []
    return [
        each
        for each in notifications
        if each.bus == "failed" or (each.bus == "pending" and each.at < services.now() - _STALLED)
    ]


def _stalled(services: Services, notification: Notification) -> bool:
    return notification.state == "pending" and (notification.last_at or notification.at) < services.now() - _STALLED


async def approvers_left(services: Services, request: ResetRequest) -> set[str]:
    """The approvers whose mail failed or came back, and who have not decided."""
    if request.status is not RequestStatus.AWAITING_APPROVAL:
        return set()
    decided = {decision.approver for decision in await services.requests.decisions(request.id)}
    return {
        entry.approver
        for entry in request.approval.approvers
        if entry.mail in {"failed", "bounced"} and entry.approver not in decided
    }


async def approvals_again(
    services: Services, client: df.DurableFunctionsClient, request: ResetRequest, chosen: set[str], by: str
) -> ResetRequest:
    """Mails the approvers in `chosen`; the request as it stands then."""
    request = await services.requests.update(request.id, lambda r: _pending(r, chosen))
    await services.audits.append(
        request.id, services.now(), by, "approvalMailsAskedAgain", {"approvers": sorted(chosen)}
    )
    await client.schedule_new_orchestration(MAIL_APPROVERS.name, input={"id": request.id})
    return request


def _pending(request: ResetRequest, chosen: set[str]) -> ResetRequest:
    return request.with_approvers(
        lambda entry: entry.model_copy(update={"mail": "pending", "detail": ""}) if entry.approver in chosen else entry
    )


async def mails_again(services: Services, client: df.DurableFunctionsClient, request: ResetRequest, by: str) -> None:
    """Mails to the requester and notices to users that failed are sent again. Raises ConflictError where none did."""
    kinds = [mail.kind for mail in request.mails if mail.state == "failed"]
    notices = [window for window in windows(request) if await _forget_failed(services, request.id, window)]
    if not kinds and not notices:
        raise ConflictError("No mail of this request failed; nothing is to be sent again.")
    data = {"kinds": [*kinds, *(["notice"] if notices else [])]}
    await services.audits.append(request.id, services.now(), by, "mailsAskedAgain", data)
    await client.schedule_new_orchestration(
        MAIL_AGAIN.name,
        input={"id": request.id, "kinds": kinds, "notices": [[start, count] for _, start, count in notices]},
    )


async def _forget_failed(services: Services, request_id: str, window: Window) -> bool:
    """Takes the failed notices of a window out of the record, so that they are sent like new ones; whether there were any."""
    found = False
    for kept in await services.targets.range(request_id, window[1], window[2]):
        current: StoredTarget | None = kept
        while current is not None and any(mail.state == "failed" for mail in current.target.mails):
            found = True
            mails = [mail for mail in current.target.mails if mail.state != "failed"]
            if await services.targets.save(request_id, current, current.target.model_copy(update={"mails": mails})):
                break
            current = await services.targets.get(request_id, kept.target.number)
    return found
