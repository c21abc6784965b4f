"""A small function app for the tests of the local host's HTTP side."""

import json

import azure.functions as func

app = func.FunctionApp(http_auth_level=func.AuthLevel.FUNCTION)


@app.route("echo/{id:guid}/{*rest}", methods=["POST"])
async def echo(req: func.HttpRequest) -> func.HttpResponse:
    seen = {
        "method": req.method,
        "url": req.url,
        "query": dict(req.params),
        "params": dict(req.route_params),
        "headers": dict(req.headers),
        "body": req.get_body().hex(),
    }
    return func.HttpResponse(json.dumps(seen), mimetype="application/json", headers={"X-Seen": "yes"})


@app.route("things/{id}", methods=["GET"])
def thing(req: func.HttpRequest) -> func.HttpResponse:
    return func.HttpResponse(f"{req.method} {req.route_params['id']}")


@app.route("things/special", methods=["GET"])
def special(req: func.HttpRequest) -> func.HttpResponse:
    return func.HttpResponse("special")


@app.route("things/{thing_id}", methods=["DELETE", "HEAD"])
def remove(req: func.HttpRequest) -> func.HttpResponse:
    return func.HttpResponse(status_code=204, headers={"X-Function": "remove"})


@app.route("open", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
def anyone(req: func.HttpRequest) -> func.HttpResponse:
    answer = func.HttpResponse(b"\x00\xff", mimetype="application/octet-stream", status_code=201)
    answer.headers.add("Set-Cookie", "a=1; Path=/; HttpOnly; SameSite=Lax")
    answer.headers.add("Set-Cookie", "b=2")
    return answer


@app.route("approvals/{token}", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
def approval(req: func.HttpRequest) -> func.HttpResponse:
    return func.HttpResponse("page")


@app.route("boom", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
async def boom(req: func.HttpRequest) -> func.HttpResponse:
    raise ValueError("the inner secret")
