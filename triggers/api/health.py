"""Door: whether the app answers. Calls nothing, so that a probe costs nothing and never fails for another's fault."""

import azure.functions as func

from domain.api.responses import HealthResponse
from triggers.http.responses import json_response

app = func.Blueprint()  # type: ignore[no-untyped-call]


@app.route("api/health", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
async def health(req: func.HttpRequest) -> func.HttpResponse:
    return json_response(HealthResponse(status="ok"))
