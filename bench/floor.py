"""The floor: the calls that a checked reset needs, through bare httpx, at the service's concurrency, with nothing around them.

No records, no guards' rules, no look at what a lost call has done: just the same requests, so nothing that does this work is faster.
What fails is made again, at once or, where it was throttled, when Graph says.
"""

import argparse
import asyncio
import json
import resource
import time
from collections.abc import Callable, Coroutine
from typing import Any

import httpx

from bench.world import IN_FLIGHT, tenants
from domain.methods import STANDARD_SCOPE, Method, MethodType, method_of, removal_order
from graph.methods import hardware_part, methods_part, preference_part, removal_path
from graph.transport import AiohttpTransport
from graph.users import VALUES, users_named

_STANDARD = frozenset(STANDARD_SCOPE)
# A user as Graph returns it, and the methods to be removed in their order.
type Planned = tuple[dict[str, Any], list[Method]]

_GROUP, _BATCH, _BATCHES = 20, 20, 8
_ROLES = "/roleManagement/directory"
_PRIVILEGED = (
    "/groups?$filter=isAssignableToRole%20eq%20true&$select=id,displayName&$top=999",
    f"{_ROLES}/roleAssignments?$expand=roleDefinition",
    f"{_ROLES}/roleEligibilityScheduleInstances?$expand=roleDefinition",
)


class Customer:
    def __init__(self, http: httpx.AsyncClient, token: str) -> None:
        self._http = http
        self._headers = {"Authorization": f"Bearer {token}"}
        self._gate = asyncio.Semaphore(_BATCHES)
        self._looked_at: set[str] = set()

    async def call(self, method: str, path: str, body: Any = None) -> Any:
        """Return the JSON of an answer."""
        return await _answered(self._http, method, path, json=body, headers=self._headers)

    async def batch(self, version: str, parts: list[dict[str, Any]]) -> list[Any]:
        async def one(chunk: list[dict[str, Any]]) -> list[Any]:
            left = {str(n): part for n, part in enumerate(chunk)}
            bodies: dict[str, Any] = {}
            while left:
                asked = {"requests": [{"id": n, **part} for n, part in left.items()]}
                async with self._gate:
                    answer = await self.call("POST", f"/{version}/$batch", asked)
                waits = [0.0]
                for item in answer["responses"]:
                    if item["status"] == 429:
                        headers = {name.lower(): value for name, value in item.get("headers", {}).items()}
                        waits.append(float(headers.get("retry-after", "1")))
                    if item["status"] == 429 or item["status"] >= 500:
                        continue
                    bodies[item["id"]] = item.get("body")
                    del left[item["id"]]
                if left:
                    await asyncio.sleep(max(waits))
            return [bodies[str(n)] for n in range(len(chunk))]

        chunks = [parts[start : start + _BATCH] for start in range(0, len(parts), _BATCH)]
        return [body for part in await asyncio.gather(*map(one, chunks)) for body in part]

    async def plan(self, users: list[str]) -> list[Planned]:
        found = await self.named(users)
        ids = [user["id"] for user in found]
        v1, tokens = await asyncio.gather(
            self.batch("v1.0", [_part(methods_part(user)) for user in ids]),
            self.batch("beta", [_part(hardware_part(user)) for user in ids]),
        )
        methods = [
            [m for item in listed["value"] if (m := method_of(item))]
            + [m for item in more["value"] if (m := method_of(item, MethodType.HARDWARE_OATH))]
            for listed, more in zip(v1, tokens, strict=True)
        ]
        several = [user for user, registered in zip(ids, methods, strict=True) if len(registered) > 1]
        answers = await self.batch("beta", [_part(preference_part(user)) for user in several])
        default = "userPreferredMethodForSecondaryAuthentication"
        preferred = {user: answer.get(default) for user, answer in zip(several, answers, strict=True)}
        return [
            (user, removal_order([m for m in registered if m.type in _STANDARD], preferred.get(user["id"])))
            for user, registered in zip(found, methods, strict=True)
        ]

    async def named(self, users: list[str]) -> list[dict[str, Any]]:
        """Return the users of these names, fifteen to a call."""
        chunks = [users[first : first + VALUES] for first in range(0, len(users), VALUES)]
        answers = await self.batch("v1.0", [_part(users_named(chunk)) for chunk in chunks])
        return [user for answer in answers for user in answer["value"]]

    async def privileged(self) -> None:
        """Read who is privileged, once for the tenant; the benchmark's tenants have no role-assignable groups."""
        await self.batch("v1.0", [{"method": "GET", "url": url} for url in _PRIVILEGED])

    async def look_ahead(self, user: dict[str, Any], upcoming: list[dict[str, Any]]) -> None:
        """Read who the next fifteen are by now, unless this user is one of those read before."""
        if user["id"] in self._looked_at:
            return
        chunk = upcoming[:VALUES]
        self._looked_at.update(each["id"] for each in chunk)
        await self.named([each["userPrincipalName"] for each in chunk])

    async def reset(self, user: str, methods: list[Method]) -> None:
        # The policy of the benchmark allows privileged users: they are not asked about again.
        hardware = any(method.type is MethodType.HARDWARE_OATH for method in methods)
        look = _part(methods_part(user))
        tokens = f"/beta/{hardware_part(user).path}"
        if methods:
            await self._both(self.batch("v1.0", [look]), tokens, hardware=hardware)
        refused: list[Method] = []
        for method in methods:
            verb, version, path = removal_path(user, method)
            answer = await self.call(verb, f"/{version}/{path}")
            if "error" in answer:
                refused.append(method)
        for method in refused:
            if method.type is MethodType.PHONE and "voice" not in method.label:
                body = {"userPreferredMethodForSecondaryAuthentication": "sms"}
                await self.call("PATCH", f"/beta/users/{user}/authentication/signInPreferences", body)
            verb, version, path = removal_path(user, method)
            await self.call(verb, f"/{version}/{path}")
        revoke = {
            "method": "POST",
            "url": f"/users/{user}/revokeSignInSessions",
            "headers": {"Content-Type": "application/json"},
            "body": {},
        }
        await self._both(self.batch("v1.0", [revoke, look]), tokens, hardware=hardware)

    async def _both(self, call: Coroutine[Any, Any, Any], tokens: str, *, hardware: bool) -> None:
        await (asyncio.gather(call, self.call("GET", tokens)) if hardware else call)


async def _answered(http: httpx.AsyncClient, method: str, path: str, **sent: Any) -> Any:
    """Return the JSON of an answer; a call that is throttled, fails or is cut is made again."""
    while True:
        try:
            answer = await http.request(method, path, **sent)
        except httpx.TransportError:
            continue
        if answer.status_code == 429:
            await asyncio.sleep(float(answer.headers.get("retry-after", "1")))
        elif answer.status_code < 500:
            return answer.json() if answer.content else {}


def _part(part: Any) -> dict[str, Any]:
    shown = {"method": part.method, "url": f"/{part.path}"}
    return shown | ({"headers": dict(part.headers)} if part.headers else {})


async def _windowed[T](items: list[T], width: int, work: Callable[[T], Coroutine[Any, Any, None]]) -> None:
    waiting = iter(items)

    async def worker() -> None:
        for item in waiting:
            await work(item)

    await asyncio.gather(*(worker() for _ in range(width)))


async def run(graph: str, customers: int, users: int, *, on_aiohttp: bool) -> dict[str, float]:
    limits = httpx.Limits(max_connections=256, max_keepalive_connections=256)
    transport = AiohttpTransport(connections=256, timeout=httpx.Timeout(65)) if on_aiohttp else None
    async with httpx.AsyncClient(base_url=graph, timeout=65, limits=limits, transport=transport) as http:
        worlds = tenants(customers, users)
        before, start = _cpu(), time.perf_counter()

        async def of(tenant: Any) -> Customer:
            form = {"grant_type": "client_credentials", "client_id": "x", "client_secret": "x", "scope": "x/.default"}
            answer = await _answered(http, "POST", f"/{tenant.id}/oauth2/v2.0/token", data=form)
            return Customer(http, answer["access_token"])

        callers = await asyncio.gather(*map(of, worlds))
        plans: list[tuple[Customer, list[Planned]]] = []

        async def plan(job: tuple[Customer, list[str]]) -> None:
            plans.append((job[0], await job[0].plan(job[1])))

        groups = [
            (caller, names[first : first + _GROUP])
            for caller, tenant in zip(callers, worlds, strict=True)
            for names in [[user.upn for user in tenant.users.values()]]
            for first in range(0, len(names), _GROUP)
        ]
        await asyncio.gather(_windowed(groups, 40, plan), *(caller.privileged() for caller in callers))
        planned = time.perf_counter()
        by_customer: dict[Customer, list[Planned]] = {}
        for caller, users_of in plans:
            by_customer.setdefault(caller, []).extend(users_of)

        async def customer(job: tuple[Customer, list[Planned]]) -> None:
            caller, planned = job
            users = [user for user, _ in planned]

            async def reset(place: int) -> None:
                await caller.look_ahead(users[place], users[place:])
                await caller.reset(users[place]["id"], planned[place][1])

            await _windowed(list(range(len(planned))), IN_FLIGHT, reset)

        await asyncio.gather(*map(customer, by_customer.items()))
        end = time.perf_counter()
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    return {"plan": planned - start, "reset": end - planned, "cpu": _cpu() - before, "memory": memory}


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("graph")
    parser.add_argument("customers", type=int)
    parser.add_argument("users", type=int)
    parser.add_argument("--aiohttp", action="store_true", help="on the service's own connections instead of httpx's")
    given = parser.parse_args()
    print(json.dumps(asyncio.run(run(given.graph, given.customers, given.users, on_aiohttp=given.aiohttp))))
