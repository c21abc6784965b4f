"""What the host depends on is away for a while in the middle of a run: Table Storage, then the Service Bus."""

import asyncio
import json
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from azure.servicebus import ServiceBusMessage
from azure.servicebus.aio import ServiceBusClient

from records.tables import TableStore
from tests.azurite import Azurite, NoAzuriteError
from tests.crash.invariants import check, check_audit
from tests.crash.service import CUSTOMERS, ROOT, Shop, free_port, shop


@asynccontextmanager
async def approving(it: Shop) -> AsyncIterator[None]:
    approver = asyncio.create_task(it.approve_all())
    try:
        yield
    finally:
        approver.cancel()
        await asyncio.gather(approver, return_exceptions=True)


async def until_logged(it: Shop, words: str) -> None:
    async with asyncio.timeout(60):
        while words not in it.log():  # noqa: ASYNC110 - another process is looked at
            await asyncio.sleep(0.1)


async def test_with_table_storage_away_for_a_while_nothing_is_lost(tmp_path: Path) -> None:
    try:
        store = Azurite(tmp_path, in_memory=False)
        await asyncio.to_thread(store.start)
    except NoAzuriteError as why:
        pytest.skip(f"Table Storage was not tested: {why}")
    try:
        async with shop(tmp_path, users=5, latency=60) as it, approving(it):
            it.settings = {"RECORDS": "tables", "AzureWebJobsStorage": store.connection}
            assert await it.start(), it.log()
            request_id = await it.deliver({customer: it.upns(customer) for customer in CUSTOMERS}, "INC1")
            await it.until(request_id, "resetting")
            await asyncio.to_thread(store.stop)
            await until_logged(it, "StoreUnavailableError")
            await asyncio.to_thread(store.start)
            await it.ended(request_id)
            await it.called_back_in_full(request_id)
            outcomes = await check(it, [request_id])
            assert outcomes["reset"] > 0
            assert await it.stop() == 0
            await check_audit(it, [request_id], TableStore.connect(connection_string=store.connection))
    finally:
        await asyncio.to_thread(store.stop)


async def _broker(folder: Path, port: int) -> tuple[Process, str]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.crash.broker", str(port), str(folder / "bus.sqlite"), "a2V5" * 8),
        cwd=ROOT,
        stdout=PIPE,
    )
    assert process.stdout is not None
    connection = (await process.stdout.readline()).decode().removeprefix("ready ").strip()
    assert connection, "the broker did not start"
    return process, connection


async def _ask(connection: str, name: str, customer: str, user: str) -> None:
    body = {"targets": [{"customer": customer, "users": [user]}], "requester": "tech@msp.example", "ticket": name}
    async with (
        ServiceBusClient.from_connection_string(connection) as bus,
        bus.get_queue_sender("reset-requests") as sender,
    ):
        await sender.send_messages(ServiceBusMessage(json.dumps(body), message_id=name))


async def _requests(it: Shop, count: int) -> list[str]:
    """By their tickets' order, when there are so many."""
    async with asyncio.timeout(60):
        while len(found := (await it.get("/api/reset-requests"))["value"]) < count:  # noqa: ASYNC110
            await asyncio.sleep(0.1)
        return [each["id"] for each in sorted(found, key=lambda each: str(each["ticket"]))]


async def _events(connection: str, request_id: str) -> list[str]:
    """All that the topic got of a request, up to its end and what came after."""
    seen: list[str] = []
    async with (
        ServiceBusClient.from_connection_string(connection) as bus,
        bus.get_subscription_receiver("reset-outcomes", "everything", session_id=request_id) as receiver,
        asyncio.timeout(60),
    ):
        while "completed" not in seen:
            for message in await receiver.receive_messages(10, max_wait_time=1):
                seen.append(json.loads(str(message))["type"].rpartition(".")[2])
                await receiver.complete_message(message)
        seen += [str(message) for message in await receiver.peek_messages(10)]
    return seen


async def test_with_the_service_bus_killed_for_a_while_every_event_goes_out_once(tmp_path: Path) -> None:
    pytest.importorskip("proton", reason="python-qpid-proton is not installed")
    port = free_port()
    broker, connection = await _broker(tmp_path, port)
    try:
        async with shop(tmp_path, users=5, latency=60) as it, approving(it):
            it.settings = {"ServiceBusConnection": connection}
            assert await it.start(), it.log()
            await _ask(connection, "INC1", "contoso", it.upns("contoso")[-1])
            (first,) = await _requests(it, 1)
            await it.until(first, "resetting")
            # Whether the host has it by then or not: it is made once.
            await _ask(connection, "INC2", "fabrikam", it.upns("fabrikam")[-1])
            broker.kill()
            await broker.wait()
            await until_logged(it, "was not published")
            broker, connection = await _broker(tmp_path, port)
            await _ask(connection, "INC3", "tailspin", it.upns("tailspin")[-1])
            requests = await _requests(it, 3)
            for request_id in requests:
                await it.ended(request_id)
                assert await _events(connection, request_id) == ["accepted", "awaitingApproval", "decided", "completed"]
            assert len(await _requests(it, 3)) == 3
            outcomes = await check(it, requests, callbacks=False)
            assert outcomes.total() == 3
            assert await it.stop() == 0
            await check_audit(it, requests)
    finally:
        if broker.returncode is None:
            broker.kill()
            await broker.wait()
