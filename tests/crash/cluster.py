"""Several hosts on one task hub of the real Azure Storage provider, each with its `taskhub` beside it, over one Azurite."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import grpc

from localhost.durable.vendor_adapter import pb
from records.tables import TableStore
from tests.azurite import ALL_SERVICES, Azurite
from tests.crash.invariants import check, check_audit
from tests.crash.service import CUSTOMERS, Shop, free_port, shop
from tests.task_hub import TaskHubProcess
from tests.tools import require_tool

_HUB = "mfareset"


def require_taskhub() -> str:
    return require_tool("taskhub", "Recovery on the real Azure Storage provider")


@dataclass
class Worker:
    """A host and the instance of the task hub that it takes its work from, as in one instance of a Functions app."""

    host: Shop
    hub: TaskHubProcess

    async def start(self) -> None:
        address = await asyncio.to_thread(self.hub.start)
        self.host.flags = ("--task-hub", address)
        await self.start_host()

    async def start_host(self) -> None:
        assert await self.host.start(), self.host.log()[-3000:]

    async def kill(self) -> None:
        await self.host.kill()
        await asyncio.to_thread(self.hub.kill)

    async def restart_hub(self) -> None:
        await asyncio.to_thread(self.hub.start)

    def terminate(self, instance_id: str) -> None:
        """End one orchestration and nothing else, as an operator may."""
        with grpc.insecure_channel(self.hub.address) as channel:
            terminate: Any = channel.unary_unary("/TaskHubSidecarService/TerminateInstance")
            terminate(pb.TerminateRequest(instanceId=instance_id).SerializeToString(), timeout=30)


@dataclass
class Cluster:
    storage: Azurite
    workers: list[Worker]

    @property
    def shop(self) -> Shop:
        """The first host with the ticket system and the tenants that all share."""
        return self.workers[0].host


@asynccontextmanager
async def cluster(
    folder: Path,
    taskhub: str,
    count: int,
    *,
    users: int,
    latency: int,
    policy: Mapping[str, str] | None = None,
    **options: int,
) -> AsyncIterator[Cluster]:
    """`count` workers, started; `options` are taskhub's. Everything is killed at the end.

    `policy`: what is replaced in the shop's policy, and by what.
    """
    storage = Azurite(folder, in_memory=False, services=ALL_SERVICES)
    await asyncio.to_thread(storage.start)
    workers: list[Worker] = []
    try:
        async with shop(folder, users=users, latency=latency) as first:
            text = (folder / "policy.toml").read_text("utf-8")
            for before, after in (policy or {}).items():
                text = text.replace(before, after)
            (folder / "policy.toml").write_text(text, "utf-8")
            first.settings = {"RECORDS": "tables", "AzureWebJobsStorage": storage.connection}
            for number in range(count):
                host = first if number == 0 else _another(first, folder / f"host{number}")
                hub = TaskHubProcess(taskhub, storage, _HUB, host.folder, worker_id=f"worker{number}", **options)
                workers.append(Worker(host, hub))
                await workers[-1].start()
            yield Cluster(storage, workers)
    finally:
        for worker in workers:
            await _end(worker.host)
            worker.hub.close()
        await asyncio.to_thread(storage.stop)


def _another(first: Shop, folder: Path) -> Shop:
    folder.mkdir()
    shutil.copy(first.folder / "policy.toml", folder)
    return replace(first, folder=folder, port=free_port(), host=None)


async def _end(host: Shop) -> None:
    if host.host is not None and host.host.returncode is None:
        await host.kill()


# --- what happens to a request meanwhile ---


async def everybody(it: Shop) -> dict[str, list[str]]:
    return {customer: it.upns(customer) for customer in CUSTOMERS}


async def until_more(it: Shop, request_id: str, than: int, seconds: float = 180) -> int:
    """How many targets were reset, once they are more than `than`."""

    async def reset() -> int:
        return int((await it.get(f"/api/reset-requests/{request_id}"))["totals"].get("reset", 0))

    async with asyncio.timeout(seconds):
        while (now := await reset()) <= than:  # noqa: ASYNC110 - another process is looked at
            await asyncio.sleep(0.2)
    return now


async def not_ended(it: Shop, request_id: str) -> None:
    assert not (await it.get(f"/api/reset-requests/{request_id}"))["endedAt"], "too early: it was to be in mid-reset"


async def ends_true(it: Cluster, host: Shop, *requests: str) -> None:
    """All requests of this cluster end, and what they say is what the directory holds."""
    for request_id in requests:
        await host.ended(request_id, 600)
        await host.called_back_in_full(request_id, 120)
    outcomes = await check(host, requests)
    assert outcomes["reset"] > 0
    assert not outcomes["failed"], outcomes
    await check_audit(host, requests, TableStore.connect(connection_string=it.storage.connection))


@asynccontextmanager
async def approving(hosts: Iterable[Shop]) -> AsyncIterator[None]:
    tasks = [asyncio.create_task(host.approve_all()) for host in hosts]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
