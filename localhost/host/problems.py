"""The host's own error responses: RFC 9457 problem details, without internals."""

from http import HTTPStatus

from starlette.responses import JSONResponse


def problem(status: int, detail: str = "", headers: dict[str, str] | None = None) -> JSONResponse:
    body: dict[str, object] = {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": status}
    if detail:
        body["detail"] = detail
    return JSONResponse(body, status, headers=headers, media_type="application/problem+json")
