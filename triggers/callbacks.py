"""Door: what a source was not told is sent again."""

from datetime import timedelta

import azure.durable_functions as df
import azure.functions as func

from domain.announcements import Announcement
from domain.errors import ConflictError
from services import Services, services
from triggers.answers import answering, json_answer
from triggers.callers import API_LEVEL, OPERATORS, caller
from triggers.showing import find, show

app = df.Blueprint()

# Longer than the longest wait between two attempts (orchestrators.announcing): nobody is trying any more.
_STALLED = timedelta(hours=8)


@app.route("api/reset-requests/{id}/callbacks/resend", methods=["POST"], auth_level=API_LEVEL)
@app.durable_client_input(client_name="client")
@answering
async def resend_callbacks(req: func.HttpRequest, client: df.DurableFunctionsClient) -> func.HttpResponse:
    """Every event that did not get through is tried for another day, as it was and under its own id."""
    s = services()
    request = await find(s, req.route_params.get("id"), caller(s, req, OPERATORS).reach(OPERATORS))
    left = [each for each in await s.announcements.all(request.id) if each.undelivered or _stalled(s, each)]
    if not left:
        raise ConflictError(
            "Every callback of this request got through or is still being tried; nothing is to be sent again."
        )
    for each in left:
        await s.announcements.update(request.id, each.kind, lambda a: a.model_copy(update={"state": "pending"}))
        await client.schedule_new_orchestration(
            "deliver_event", input={"id": request.id, "kind": each.kind, "sender": "callback"}
        )
    return json_answer(await show(s, request), 202, {"Retry-After": "2"})


def _stalled(s: Services, announcement: Announcement) -> bool:
    return announcement.state == "pending" and (announcement.last_at or announcement.at) < s.now() - _STALLED
