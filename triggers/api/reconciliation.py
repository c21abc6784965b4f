"""Endpoint that lists disagreements between customers' audit logs and our records, and how far each log was read."""

import azure.functions as func

from services import current_services
from triggers.http.authorization import API_LEVEL, AUDITORS, authorize
from triggers.http.parameters import limit
from triggers.http.responses import json_response, problem_responses
from use_cases.list_removal_alerts import list_removal_alerts as find_alerts

app = func.Blueprint()  # type: ignore[no-untyped-call]

_PAGE, _MAX_PAGE = 50, 200


@app.route("api/removal-alerts", methods=["GET", "HEAD"], auth_level=API_LEVEL)
@problem_responses
async def list_removal_alerts(req: func.HttpRequest) -> func.HttpResponse:
    services = current_services()
    reach = authorize(services, req, AUDITORS).reach(AUDITORS)
    return json_response(await find_alerts(services, reach, req.params.get("cursor", ""), limit(req, _PAGE, _MAX_PAGE)))
