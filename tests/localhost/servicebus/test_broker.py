"""The broker over TCP with Azure's own client: what is sent arrives, and each settlement does what it says."""

import asyncio
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from azure.servicebus import NEXT_AVAILABLE_SESSION, ServiceBusClient, ServiceBusMessage, ServiceBusReceiveMode
from azure.servicebus.exceptions import (
    MessageLockLostError,
    MessageSizeExceededError,
    OperationTimeoutError,
    ServiceBusAuthenticationError,
    ServiceBusError,
    SessionCannotBeLockedError,
)

from tests.localhost.servicebus.conftest import LAYOUT, NEVER, SOON, Bus, none, one, said

pytest.importorskip("proton", reason="python-qpid-proton is not installed")


async def test_message_arrives_with_all_that_it_said(bus: Bus) -> None:
    sent = ServiceBusMessage(
        b"hello",
        message_id="m1",
        correlation_id="c1",
        reply_to="answers",
        content_type="application/json",
        subject="greeting",
        application_properties={"source": "a pipeline", "number": 7},
    )
    await bus.send("orders", sent)
    async with bus.receiver("orders") as receiver:
        got = await one(receiver)
        assert (said(got), got.message_id, got.correlation_id, got.reply_to) == ("hello", "m1", "c1", "answers")
        assert (got.content_type, got.subject, got.sequence_number) == ("application/json", "greeting", 1)
        assert got.application_properties == {b"source": b"a pipeline", b"number": 7}
        assert got.enqueued_time_utc == bus.clock.now().replace(microsecond=bus.clock.now().microsecond // 1000 * 1000)
        await receiver.complete_message(got)
        assert await none(receiver)


async def test_several_sent_as_one_arrive_one_by_one_and_in_order(bus: Bus) -> None:
    async with bus.client.get_queue_sender("orders") as sender:
        await sender.send_messages([ServiceBusMessage(f"{n}", message_id=f"m{n}") for n in range(5)])
    async with bus.receiver("orders") as receiver:
        assert [said(await one(receiver)) for _ in range(5)] == ["0", "1", "2", "3", "4"]


async def test_a_received_message_is_locked_until_it_is_abandoned(bus: Bus) -> None:
    await bus.send("orders", ServiceBusMessage("a"))
    async with bus.receiver("orders") as first, bus.receiver("orders") as second:
        got = await one(first)
        assert await none(second)
        await first.abandon_message(got)
        again = await one(second)
        assert (said(again), again.delivery_count) == ("a", 1)


async def test_abandoned_too_often_is_dead_lettered(bus: Bus) -> None:
    await bus.send("orders", ServiceBusMessage("a"))
    async with bus.receiver("orders") as receiver:
        for _ in range(3):
            await receiver.abandon_message(await one(receiver))
        assert await none(receiver)
    async with bus.dead_letters("orders") as receiver:
        assert (await one(receiver)).dead_letter_reason == "MaxDeliveryCountExceeded"


async def test_dead_letter_keeps_the_message_its_reason_and_description(bus: Bus) -> None:
    await bus.send("orders", ServiceBusMessage("bad", message_id="m1", application_properties={"kept": "yes"}))
    async with bus.receiver("orders") as receiver:
        await receiver.dead_letter_message(await one(receiver), reason="invalid", error_description="It has no users.")
        assert await none(receiver)
    async with bus.dead_letters("orders") as receiver:
        got = await one(receiver)
        assert (said(got), got.message_id) == ("bad", "m1")
        assert got.application_properties is not None
        assert got.application_properties[b"kept"] == b"yes"
        assert (got.dead_letter_reason, got.dead_letter_error_description) == ("invalid", "It has no users.")
        await receiver.complete_message(got)
        assert await none(receiver)


async def test_a_lost_lock_is_redelivered_and_its_holder_gets_an_error(bus: Bus) -> None:
    await bus.send("orders", ServiceBusMessage("a"))
    async with bus.receiver("orders") as first, bus.receiver("orders") as second:
        got = await one(first)
        bus.clock.advance(61)
        again = await one(second)
        assert again.delivery_count == 1
        with pytest.raises(MessageLockLostError):
            await first.complete_message(got)
        await second.complete_message(again)
        assert await none(second)


async def test_renewed_lock_lasts(bus: Bus) -> None:
    await bus.send("orders", ServiceBusMessage("a"))
    async with bus.receiver("orders") as first, bus.receiver("orders") as second:
        got = await one(first)
        bus.clock.advance(50)
        until = await first.renew_message_lock(got)
        assert until is not None
        assert until > datetime.now(UTC) + timedelta(seconds=90)
        bus.clock.advance(50)
        assert await none(second)
        await first.complete_message(got)


async def test_same_message_id_is_taken_once_within_the_window(bus: Bus) -> None:
    await bus.send("orders", ServiceBusMessage("a", message_id="m1"), ServiceBusMessage("again", message_id="m1"))
    async with bus.receiver("orders") as receiver:
        await receiver.complete_message(await one(receiver))
        assert await none(receiver)
        bus.clock.advance(601)
        await bus.send("orders", ServiceBusMessage("later", message_id="m1"))
        assert said(await one(receiver)) == "later"


async def test_receive_and_delete_leaves_nothing(bus: Bus) -> None:
    await bus.send("orders", ServiceBusMessage("a"))
    async with bus.receiver("orders", receive_mode=ServiceBusReceiveMode.RECEIVE_AND_DELETE) as receiver:
        assert said(await one(receiver)) == "a"
    async with bus.receiver("orders") as receiver:
        assert await none(receiver)


async def test_deferred_is_had_by_its_number_only(bus: Bus) -> None:
    await bus.send("orders", ServiceBusMessage("a"))
    async with bus.receiver("orders") as receiver:
        got = await one(receiver)
        number = got.sequence_number
        assert number is not None
        await receiver.defer_message(got)
        assert await none(receiver)
        (deferred,) = await receiver.receive_deferred_messages([number])
        assert said(deferred) == "a"
        await receiver.complete_message(deferred)
        assert await receiver.peek_messages() == []


async def test_peeking_takes_nothing(bus: Bus) -> None:
    await bus.send("orders", *(ServiceBusMessage(f"{n}") for n in range(3)))
    async with bus.receiver("orders") as receiver:
        assert [said(m) for m in await receiver.peek_messages(2)] == ["0", "1"]
        assert [said(m) for m in await receiver.peek_messages(2)] == ["2"]
        assert said(await one(receiver)) == "0"


async def test_scheduled_message_comes_at_its_time_unless_taken_back(bus: Bus) -> None:
    at = bus.clock.now() + timedelta(hours=1)
    async with bus.client.get_queue_sender("orders") as sender:
        await sender.schedule_messages([ServiceBusMessage("later")], at)
        (number,) = await sender.schedule_messages([ServiceBusMessage("never")], at)
        await sender.cancel_scheduled_messages(number)
    async with bus.receiver("orders") as receiver:
        assert await none(receiver)
        bus.clock.advance(3601)
        assert said(await one(receiver)) == "later"
        assert await none(receiver)


async def test_message_whose_time_is_over_is_dead_lettered(bus: Bus) -> None:
    await bus.send("orders", ServiceBusMessage("a", time_to_live=timedelta(minutes=1)))
    bus.clock.advance(61)
    async with bus.receiver("orders") as receiver:
        assert await none(receiver)
    async with bus.dead_letters("orders") as receiver:
        assert (await one(receiver)).dead_letter_reason == "TTLExpiredException"


async def test_session_keeps_its_order_and_has_one_receiver(bus: Bus) -> None:
    for n in range(3):
        await bus.send(
            "parcels", ServiceBusMessage(f"a{n}", session_id="a"), ServiceBusMessage(f"b{n}", session_id="b")
        )
    async with bus.receiver("parcels", session_id="b") as receiver:
        got = await one(receiver)
        await receiver.abandon_message(got)  # what is given back comes first again
        assert [said(await one(receiver)) for _ in range(3)] == ["b0", "b1", "b2"]
        with pytest.raises(SessionCannotBeLockedError):
            async with bus.receiver("parcels", session_id="b"):
                pass
    async with bus.receiver("parcels", session_id="b") as receiver:
        assert said(await one(receiver)) == "b0"  # closing gave them back


async def test_the_next_session_is_one_that_is_free(bus: Bus) -> None:
    await bus.send("parcels", ServiceBusMessage("a", session_id="a"), ServiceBusMessage("b", session_id="b"))
    async with bus.receiver("parcels", session_id=NEXT_AVAILABLE_SESSION, max_wait_time=SOON) as first:
        assert first.session.session_id == "a"
        async with bus.receiver("parcels", session_id=NEXT_AVAILABLE_SESSION, max_wait_time=SOON) as second:
            assert second.session.session_id == "b"
            await second.session.set_state(b"half way")
            assert await second.session.get_state() == b"half way"


async def test_session_that_never_comes_ends_the_wait(bus: Bus) -> None:
    async def wait() -> None:
        async with bus.receiver("parcels", session_id=NEXT_AVAILABLE_SESSION, max_wait_time=5):
            pass

    waiting = asyncio.ensure_future(wait())
    while not waiting.done():  # time passes for the broker alone
        bus.clock.advance(1)
        await asyncio.wait([waiting], timeout=0.05)
    with pytest.raises(OperationTimeoutError):
        waiting.result()


async def test_every_subscription_gets_its_own(bus: Bus) -> None:
    await bus.publish("news", ServiceBusMessage("a", session_id="s"), ServiceBusMessage("b", session_id="s"))
    async with bus.client.get_subscription_receiver("news", "all") as receiver:
        for _ in range(2):
            await receiver.complete_message(await one(receiver))
        assert await none(receiver)
    async with bus.client.get_subscription_receiver("news", "ordered", session_id="s") as receiver:
        assert [said(await one(receiver)) for _ in range(2)] == ["a", "b"]


async def test_what_does_not_exist_is_not_found(bus: Bus) -> None:
    with pytest.raises(ServiceBusError, match="there is no queue or topic nowhere"):
        await bus.send("nowhere", ServiceBusMessage("a"))


async def test_wrong_key_opens_nothing(bus: Bus) -> None:
    wrong = bus.connection_string.replace("SharedAccessKey=", "SharedAccessKey=x")
    with (
        ServiceBusClient.from_connection_string(wrong, retry_total=0) as client,
        pytest.raises(ServiceBusAuthenticationError),
        client.get_queue_receiver("orders") as receiver,
    ):
        receiver.receive_messages(max_wait_time=NEVER)


async def test_message_of_more_than_256_kib_is_refused(bus: Bus) -> None:
    with pytest.raises(MessageSizeExceededError):
        await bus.send("orders", ServiceBusMessage(b"x" * 300_000))


def test_restart_loses_nothing_that_was_not_settled(tmp_path: Path) -> None:
    from localhost.servicebus.server import RunningBus, service_bus  # noqa: PLC0415 - Proton may be missing

    def started() -> AbstractContextManager[RunningBus]:
        return service_bus(layout=LAYOUT, data=tmp_path / "bus.sqlite")

    with started() as running, ServiceBusClient.from_connection_string(running.connection_string) as client:
        with client.get_queue_sender("orders") as sender:
            for text in ("done", "left", "left"):
                sender.send_messages(ServiceBusMessage(text, message_id=text))
        with client.get_queue_receiver("orders") as receiver:
            for message in receiver.receive_messages(2, max_wait_time=SOON):
                if str(message) == "done":
                    receiver.complete_message(message)
    with started() as running, ServiceBusClient.from_connection_string(running.connection_string) as client:
        with client.get_queue_sender("orders") as sender:
            sender.send_messages(ServiceBusMessage("left", message_id="left"))  # still known
            sender.send_messages(ServiceBusMessage("next", message_id="next"))
        with client.get_queue_receiver("orders") as receiver:
            found = receiver.receive_messages(2, max_wait_time=SOON)
            assert [(str(message), message.sequence_number) for message in found] == [("left", 2), ("next", 3)]
