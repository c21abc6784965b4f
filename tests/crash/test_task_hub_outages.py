"""On the real Azure Storage provider, in mid-reset: the storage is away, or somebody terminates the request's orchestration."""

import asyncio
from pathlib import Path

import pytest

from tests.crash.cluster import approving, cluster, ends_true, everybody, not_ended, require_taskhub, until_more

pytestmark = pytest.mark.azure_storage

_AWAY = 20.0


async def test_with_the_storage_away_for_20_seconds_nothing_is_lost(tmp_path: Path) -> None:
    async with cluster(tmp_path, require_taskhub(), 1, users=8, latency=400) as it, approving([it.shop]):
        request_id = await it.shop.deliver(await everybody(it.shop), "INC1")
        await until_more(it.shop, request_id, 0)
        await not_ended(it.shop, request_id)
        await asyncio.to_thread(it.storage.stop)
        await asyncio.sleep(_AWAY)  # the outage itself
        await asyncio.to_thread(it.storage.start)
        await ends_true(it, it.shop, request_id)


async def test_a_request_that_is_terminated_in_mid_reset_is_taken_up_again(tmp_path: Path) -> None:
    async with cluster(tmp_path, require_taskhub(), 1, users=8, latency=400) as it, approving([it.shop]):
        request_id = await it.shop.deliver(await everybody(it.shop), "INC1")
        await until_more(it.shop, request_id, 0)
        await not_ended(it.shop, request_id)
        await asyncio.to_thread(it.workers[0].terminate, request_id)
        await ends_true(it, it.shop, request_id)
