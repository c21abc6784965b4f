"""The steps of every request: route, token, permission, fault, throttle, handler, log."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from localhost.simulator.handlers.token_endpoint import refusal
from localhost.simulator.handlers.verified_id import PATH as VERIFIED_ID
from localhost.simulator.model.entities import Tenant
from localhost.simulator.protocol.errors import (
    FORBIDDEN,
    DroppedError,
    GraphError,
    no_mime_type,
    no_segment,
    no_user,
    no_verb,
)
from localhost.simulator.protocol.messages import Request, Response
from localhost.simulator.protocol.query_options import Accepts, parse_options
from localhost.simulator.protocol.resource_types import ResourceType
from localhost.simulator.server import batch
from localhost.simulator.server.authentication import tenant_of
from localhost.simulator.server.recorder import recorder
from localhost.simulator.server.router import Route
from localhost.simulator.server.routes import VERSIONS, build
from localhost.simulator.world.call_log import CallRecord
from localhost.simulator.world.faults import Effect
from localhost.simulator.world.world import World

NO_OPTIONS = Accepts(ResourceType("entity", frozenset()))
TIMEOUT = 60.0  # seconds; then Graph gives up on a call [d]

Sleep = Callable[[float], Awaitable[None]]


class Pipeline:
    def __init__(self, world: World, sleep: Sleep = asyncio.sleep) -> None:
        self._world = world
        self._sleep = sleep
        self._router = build()
        self._recorder = recorder()

    async def respond(self, request: Request) -> Response:
        """Respond to one request, from outside or inside a batch.

        Raises:
            DroppedError: the connection ends without a response.
        """
        status = 0
        try:
            response = await self._dispatch(request)
            status = response.status
        except GraphError as error:
            status = error.status
            response = Response(status, self._body(error, request), dict(error.headers))
        except DroppedError:
            if not request.in_batch:
                raise
            # A batch has no connection per part to drop; its front end would say this [inf].
            status = 504
            response = Response(
                status, self._body(GraphError(504, "GatewayTimeout", "The request timed out."), request)
            )
        finally:
            if not request.path.startswith(("/simulator", "/mailbox")):
                self._log(request, status)
        response.malformed = request.malformed
        is_graph = request.path.startswith(("/v1.0/", "/beta/")) and request.path != VERIFIED_ID
        if self._recorder is not None and is_graph:
            self._recorder.record(request, response)
        return response

    async def _dispatch(self, request: Request) -> Response:
        if request.verb == "POST" and request.path in {"/v1.0/$batch", "/beta/$batch"}:
            return await self._batch(request)
        route, request.ids, segment = self._router.find(request.verb, request.raw_path)
        if route is None:
            return self._unknown(request, segment)
        request.template = route.template
        if route.plain:
            return route.handler(self._world, request)
        self._identify(request, route)
        effect = self._world.faults.effect(request)
        warning = self._world.throttle.check(request, self._world.clock())
        if route.removes and request.user is not None:
            response = await self._removing(request, route, effect)
        else:
            response = await self._run(request, route, effect)
        response.headers.update(warning)
        return response

    def _identify(self, request: Request, route: Route) -> None:
        if not route.family:
            request.tenant = self._world.find_tenant(request.ids.get("tenant", ""))
            return
        request.tenant = tenant_of(self._world, request)
        _check_granted(request.tenant, route, request.client_id)
        if "user" in request.ids:
            request.user = request.tenant.find(request.ids["user"])

    async def _run(self, request: Request, route: Route, effect: Effect) -> Response:
        if effect.latency:
            await self._sleep(min(effect.latency, TIMEOUT))
            if effect.latency >= TIMEOUT:
                raise GraphError(504, "GatewayTimeout", "The request took too long.")
        if effect.drop == "before":
            raise DroppedError
        if effect.aadsts is not None:
            raise refusal(self._world, request, effect.aadsts)
        if effect.error is not None and not effect.applied:
            raise effect.error
        _check_call(request, route)
        if "user" in request.ids and request.user is None:
            raise no_user(request.ids["user"])
        response = route.handler(self._world, request)
        if effect.drop == "after":
            raise DroppedError
        if effect.error is not None:
            raise effect.error
        return response

    async def _removing(self, request: Request, route: Route, effect: Effect) -> Response:
        """Run a removal and notice when removals of one user overlap: all but the first get lost, see method_removal.py."""
        user = request.path_user
        request.collides = request.collides or (self._world.collisions and user.removing > 0)
        user.removing += 1
        try:
            return await self._run(request, route, effect)
        finally:
            user.removing -= 1

    async def _batch(self, request: Request) -> Response:
        request.template = request.path
        request.tenant = tenant_of(self._world, request)
        effect = self._world.faults.effect(request)
        if effect.latency:
            await self._sleep(min(effect.latency, TIMEOUT))
        if effect.drop == "before":
            raise DroppedError
        if effect.error is not None:
            raise effect.error
        response = await batch.run(self._world, request, self.respond)
        if effect.drop == "after":
            raise DroppedError
        return response

    def _unknown(self, request: Request, segment: str) -> Response:
        if request.path.lstrip("/").split("/", 1)[0] not in VERSIONS:
            return Response(404, {"error": "The simulator has no such page."})
        request.template = "unknown"
        request.tenant = tenant_of(self._world, request)
        raise no_segment(segment) if segment else no_verb()

    def _body(self, error: GraphError, request: Request) -> dict[str, Any]:
        if not error.wrapped:
            return error.body or {}
        inner: dict[str, Any] = {
            "date": self._world.clock().strftime("%Y-%m-%dT%H:%M:%S"),
            "request-id": request.request_id,
            "client-request-id": request.headers.get("client-request-id", request.request_id),
        }
        if error.code == "badRequest":
            inner = {"message": error.message} | inner  # the back end of authentication methods repeats it here [i]
        return {"error": {"code": error.code, "message": error.message, "innerError": inner}}

    def _log(self, request: Request, status: int) -> None:
        self._world.calls.record(
            CallRecord(
                self._world.clock(),
                request.tenant.id if request.tenant else None,
                request.verb,
                request.template,
                request.user.id if request.user else None,
                status,
                request.in_batch,
                request.path,
            )
        )


def _check_call(request: Request, route: Route) -> None:
    if request.verb == "GET":
        request.options = parse_options(request, route.accepts or NO_OPTIONS)
    elif route.family and request.verb != "DELETE":
        _check_content_type(request)


def _check_content_type(request: Request) -> None:
    """Refuse a write that does not say that its body is JSON, as `application/octet-stream`; also one that documents no body.

    [i msgraph-sdk-java#687, msgraph-sdk-java#357; microsoft-graph-docs#4119 has 415] Mails may come in MIME, as plain text. [d]
    """
    kind = request.headers.get("content-type", "application/octet-stream")
    mime = kind.startswith("text/plain") and request.path.endswith("/sendMail")
    if not kind.startswith("application/json") and not mime:
        raise no_mime_type(kind)


def _check_granted(tenant: Tenant, route: Route, client_id: str) -> None:
    granted = tenant.permissions_of(client_id)
    for needs in (route.needs, route.needs_too):
        if granted is not None and needs and not needs & granted:
            raise FORBIDDEN[route.family](needs)
