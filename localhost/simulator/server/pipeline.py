"""What every call goes through: route, token, permission, fault, throttle, handler, log."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from localhost.simulator.model.entities import Tenant
from localhost.simulator.protocol.errors import (
    DroppedError,
    GraphError,
    forbidden_directory,
    forbidden_methods,
    no_segment,
    no_user,
    no_verb,
)
from localhost.simulator.protocol.messages import Answer, Call
from localhost.simulator.server import batch
from localhost.simulator.server.authentication import tenant_of
from localhost.simulator.server.router import Route
from localhost.simulator.server.routes import VERSIONS, build
from localhost.simulator.world.call_log import CallRecord
from localhost.simulator.world.faults import Verdict
from localhost.simulator.world.world import World

TIMEOUT = 60.0  # seconds; then Graph gives up on a call [d]

Sleep = Callable[[float], Awaitable[None]]


class Pipeline:
    def __init__(self, world: World, sleep: Sleep = asyncio.sleep) -> None:
        self._world = world
        self._sleep = sleep
        self._router = build()

    async def answer(self, call: Call) -> Answer:
        """The answer to one call, from outside or inside a batch.

        Raises:
            DroppedError: the caller shall get none.
        """
        status = 0
        try:
            reply = await self._answer(call)
            status = reply.status
        except GraphError as error:
            status = error.status
            reply = Answer(status, self._body(error, call), dict(error.headers))
        except DroppedError:
            if not call.in_batch:
                raise
            # A batch has no connection per item to drop; its front end would say this. [inf]
            status = 504
            reply = Answer(status, self._body(GraphError(504, "GatewayTimeout", "No answer came in time."), call))
        finally:
            if not call.path.startswith(("/simulator", "/mailbox")):
                self._log(call, status)
        return reply

    async def _answer(self, call: Call) -> Answer:
        if call.verb == "POST" and call.path in {"/v1.0/$batch", "/beta/$batch"}:
            return await self._batch(call)
        route, call.ids, segment = self._router.find(call.verb, call.path)
        if route is None:
            return self._unknown(call, segment)
        call.template = route.template
        if route.plain:
            return route.handler(self._world, call)
        self._identify(call, route)
        verdict = self._world.faults.verdict(call)
        warning = self._world.throttle.check(call, self._world.clock())
        if route.removes and call.user is not None:
            reply = await self._removing(call, route, verdict)
        else:
            reply = await self._run(call, route, verdict)
        reply.headers.update(warning)
        return reply

    def _identify(self, call: Call, route: Route) -> None:
        if not route.family:
            call.tenant = self._world.find_tenant(call.ids.get("tenant", ""))
            return
        call.tenant = tenant_of(self._world, call)
        _check_granted(call.tenant, route)
        if "user" in call.ids:
            call.user = call.tenant.find(call.ids["user"])

    async def _run(self, call: Call, route: Route, verdict: Verdict) -> Answer:
        if verdict.latency:
            await self._sleep(min(verdict.latency, TIMEOUT))
            if verdict.latency >= TIMEOUT:
                raise GraphError(504, "GatewayTimeout", "The request took too long.")
        if verdict.drop == "before":
            raise DroppedError
        if verdict.error is not None and not verdict.applied:
            raise verdict.error
        if "user" in call.ids and call.user is None:
            raise no_user(call.ids["user"])
        reply = route.handler(self._world, call)
        if verdict.drop == "after":
            raise DroppedError
        if verdict.error is not None:
            raise verdict.error
        return reply

    async def _removing(self, call: Call, route: Route, verdict: Verdict) -> Answer:
        """Notices when removals of one user overlap: all but the first get lost. See removal.py."""
        user = call.target
        call.collides = call.collides or (self._world.collisions and user.removing > 0)
        user.removing += 1
        try:
            return await self._run(call, route, verdict)
        finally:
            user.removing -= 1

    async def _batch(self, call: Call) -> Answer:
        call.template = call.path
        call.tenant = tenant_of(self._world, call)
        verdict = self._world.faults.verdict(call)
        if verdict.latency:
            await self._sleep(min(verdict.latency, TIMEOUT))
        if verdict.drop == "before":
            raise DroppedError
        if verdict.error is not None:
            raise verdict.error
        reply = await batch.run(self._world, call, self.answer)
        if verdict.drop == "after":
            raise DroppedError
        return reply

    def _unknown(self, call: Call, segment: str) -> Answer:
        if call.path.lstrip("/").split("/", 1)[0] not in VERSIONS:
            return Answer(404, {"error": "The simulator has no such page."})
        call.template = "unknown"
        call.tenant = tenant_of(self._world, call)
        raise no_segment(segment) if segment else no_verb()

    def _body(self, error: GraphError, call: Call) -> dict[str, Any]:
        if not error.wrapped:
            return error.body or {}
        inner: dict[str, Any] = {
            "date": self._world.clock().strftime("%Y-%m-%dT%H:%M:%S"),
            "request-id": call.request_id,
            "client-request-id": call.headers.get("client-request-id", call.request_id),
        }
        if error.code == "badRequest":
            inner = {"message": error.message} | inner  # the authentication methods' back end repeats it here [i]
        return {"error": {"code": error.code, "message": error.message, "innerError": inner}}

    def _log(self, call: Call, status: int) -> None:
        self._world.calls.record(
            CallRecord(
                self._world.clock(),
                call.tenant.id if call.tenant else None,
                call.verb,
                call.template,
                call.user.id if call.user else None,
                status,
                call.in_batch,
                call.path,
            )
        )


def _check_granted(tenant: Tenant, route: Route) -> None:
    if tenant.granted is not None and route.needs and not route.needs & tenant.granted:
        raise forbidden_methods() if route.family == "methods" else forbidden_directory()
