"""Endpoint for health probes. It calls nothing else, so a probe is cheap and fails only when the app itself does."""

import azure.functions as func

from domain.api.responses import HealthResponse
from triggers.http.responses import json_response

app = func.Blueprint()  # type: ignore[no-untyped-call]


@app.route("api/health", methods=["GET", "HEAD"], auth_level=func.AuthLevel.ANONYMOUS)
async def health(req: func.HttpRequest) -> func.HttpResponse:
    return json_response(HealthResponse(status="ok"))
