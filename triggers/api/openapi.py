"""Endpoint that returns the OpenAPI 3.1 description of the API."""

import azure.functions as func

from services import current_services
from triggers.http.authorization import API_LEVEL, READERS, authorize
from triggers.http.responses import json_response, problem_responses

app = func.Blueprint()  # type: ignore[no-untyped-call]


@app.route("api/openapi.json", methods=["GET"], auth_level=API_LEVEL)
@problem_responses
async def show_openapi(req: func.HttpRequest) -> func.HttpResponse:
    authorize(current_services(), req, READERS)
    from triggers.api.openapi_document import description

    return json_response(description())
