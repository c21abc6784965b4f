"""Door: the API described in OpenAPI 3.1."""

import azure.functions as func

from services import services
from triggers.answers import answering, json_answer
from triggers.callers import API_LEVEL, READERS, caller

app = func.Blueprint()  # type: ignore[no-untyped-call]


@app.route("api/openapi.json", methods=["GET"], auth_level=API_LEVEL)
@answering
async def show_openapi(req: func.HttpRequest) -> func.HttpResponse:
    caller(services(), req, READERS)
    from triggers.api_description import description

    return json_answer(description())
