"""On the real Azure Storage provider, in mid-reset: kills of the worker, of the hub and of both, and two hosts."""

import asyncio
from pathlib import Path

import pytest

from tests.crash.cluster import approving, cluster, ends_true, everybody, not_ended, require_taskhub, until_more

pytestmark = pytest.mark.azure_storage


async def test_the_worker_the_hub_and_both_are_killed_in_mid_reset(tmp_path: Path) -> None:
    async with cluster(tmp_path, require_taskhub(), 1, users=16, latency=300) as it, approving([it.shop]):
        worker, host = it.workers[0], it.shop
        request_id = await host.deliver(await everybody(host), "INC1")
        ended = await until_more(host, request_id, 0)
        await host.kill()
        await worker.start_host()
        ended = await until_more(host, request_id, ended)
        await not_ended(host, request_id)
        await asyncio.to_thread(worker.hub.kill)
        await worker.restart_hub()
        await until_more(host, request_id, ended)
        await not_ended(host, request_id)
        await worker.kill()
        await worker.start()
        await ends_true(it, host, request_id)
        assert await host.stop() == 0
        assert await asyncio.to_thread(worker.hub.stop) == 0


async def test_of_two_hosts_one_is_killed_and_one_is_stopped(tmp_path: Path) -> None:
    """Asked at one and approved at both; the second ends what the first began, and the other way round."""
    async with cluster(tmp_path, require_taskhub(), 2, users=16, latency=300) as it:
        one, two = it.workers
        people = await everybody(one.host)
        async with approving([two.host]):
            first = await one.host.deliver({customer: names[:8] for customer, names in people.items()}, "INC1")
            await until_more(two.host, first, 0)
            await not_ended(two.host, first)
            await one.kill()
            await ends_true(it, two.host, first)
            await one.start()
        async with approving([one.host]):
            second = await two.host.deliver({customer: names[8:] for customer, names in people.items()}, "INC2")
            await until_more(one.host, second, 0)
            await not_ended(one.host, second)
            assert await two.host.stop() == 0
            assert await asyncio.to_thread(two.hub.stop) == 0
            await ends_true(it, one.host, first, second)
