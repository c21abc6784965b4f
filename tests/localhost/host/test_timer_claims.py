"""One host of several runs a timer that falls due, on the tables that they share."""

import asyncio
import uuid
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest
from azure.data.tables.aio import TableClient

from localhost.host.timer_claims import SharedTimers

DUE = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)


@pytest.fixture
async def hosts(azurite: str) -> AsyncIterator[list[SharedTimers]]:
    name = f"t{uuid.uuid4().hex}"
    tables = [TableClient.from_connection_string(azurite, name) for _ in range(3)]
    yield [SharedTimers(table, "hub") for table in tables]
    for table in tables:
        await table.close()


async def claim(hosts: list[SharedTimers], due: datetime) -> int:
    return sum(await asyncio.gather(*(host.claim("reconcile", due) for host in hosts)))


async def test_each_occurrence_is_one_hosts(hosts: list[SharedTimers]) -> None:
    for number in range(3):
        assert await claim(hosts, DUE + timedelta(minutes=number)) == 1


async def test_an_occurrence_that_is_past_is_not_run_again(hosts: list[SharedTimers]) -> None:
    assert await hosts[0].claim("reconcile", DUE)
    assert not await hosts[1].claim("reconcile", DUE)
    assert not await hosts[1].claim("reconcile", DUE - timedelta(minutes=1))
    assert await hosts[1].claim("retention", DUE)


async def test_hubs_of_one_account_have_their_own_timers(hosts: list[SharedTimers]) -> None:
    other = SharedTimers(hosts[0]._table, "other")
    assert await hosts[0].claim("reconcile", DUE)
    assert await other.claim("reconcile", DUE)


async def test_without_the_storage_no_host_runs_it(caplog: pytest.LogCaptureFixture) -> None:
    gone = "DefaultEndpointsProtocol=http;AccountName=a;AccountKey=c2VjcmV0;TableEndpoint=http://127.0.0.1:9/a;"
    async with TableClient.from_connection_string(gone, "timers", retry_total=0) as table:
        assert not await SharedTimers(table, "hub").claim("reconcile", DUE)
    assert "its claim cannot be written" in caplog.text
