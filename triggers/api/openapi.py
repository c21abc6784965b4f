"""Endpoints that return descriptions of the API: OpenAPI 3.1, OpenAPI 2.0 for Power Platform, and AsyncAPI 3.1."""

import azure.functions as func

from services import current_services
from triggers.http.responses import json_response

app = func.Blueprint()  # type: ignore[no-untyped-call]

# A description holds nothing of a customer, and the tools that read one send no key.
_OPEN = func.AuthLevel.ANONYMOUS


@app.route("api/openapi.json", methods=["GET", "HEAD"], auth_level=_OPEN)
async def show_openapi(req: func.HttpRequest) -> func.HttpResponse:
    from triggers.api.openapi_document import description

    return json_response(description(current_services().settings.public_base_url))


@app.route("api/openapi-2.0.json", methods=["GET", "HEAD"], auth_level=_OPEN)
async def show_openapi_2(req: func.HttpRequest) -> func.HttpResponse:
    from triggers.api.openapi_2 import connector_description

    settings = current_services().settings
    return json_response(connector_description(settings.public_base_url, signs_in=settings.signs_in))


@app.route("api/asyncapi.json", methods=["GET", "HEAD"], auth_level=_OPEN)
async def show_asyncapi(req: func.HttpRequest) -> func.HttpResponse:
    from triggers.api.asyncapi_document import description

    return json_response(description())
