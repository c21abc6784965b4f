"""Which requests are mailed together: a few at once, many as one mail of the minute, each once."""

from datetime import UTC, datetime, timedelta

from records.approver_mailings import ApproverMailings
from records.store import Store

NOW = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
LEAD = "lead@msp.example"


async def test_one_request_is_mailed_at_once(store: Store) -> None:
    mailings = ApproverMailings(store)
    assert await mailings.add(LEAD, "a", 0, NOW)
    assert (await mailings.take(LEAD, "a", NOW)).send == {"a": 0}


async def test_two_requests_share_a_mail_that_the_first_sends(store: Store) -> None:
    mailings = ApproverMailings(store)
    assert await mailings.add(LEAD, "a", 0, NOW)
    assert not await mailings.add("LEAD@msp.example", "b", 1, NOW)
    assert (await mailings.take(LEAD, "b", NOW)).wait > 0
    assert (await mailings.take(LEAD, "a", NOW)).send == {"a": 0, "b": 1}


async def test_many_requests_wait_for_the_minute_and_one_sends_for_all(store: Store) -> None:
    mailings = ApproverMailings(store)
    names = [f"r{number:02d}" for number in range(60)]
    for second, name in enumerate(names):
        await mailings.add(LEAD, name, 0, NOW + timedelta(seconds=second))
    at = NOW + timedelta(seconds=59)
    assert [(await mailings.take(LEAD, name, at)).wait for name in ("r00", "r59")] == [1.0, 1.0]
    at = NOW + timedelta(seconds=60)
    assert list((await mailings.take(LEAD, "r30", at)).send) == names
    assert not await mailings.add(LEAD, "r00", 0, at)
    assert not (await mailings.take(LEAD, "r00", at)).send
    await mailings.add(LEAD, "later", 0, at)
    assert (await mailings.take(LEAD, "later", at)).send == {"later": 0}  # it is not held up


async def test_mails_of_the_minute_are_limited(store: Store) -> None:
    mailings = ApproverMailings(store)
    for number in range(5):
        await mailings.add(LEAD, str(number), 0, NOW)
        turn = await mailings.take(LEAD, str(number), NOW)
        await mailings.end(LEAD, turn.send, NOW, sent=True)
    await mailings.add(LEAD, "more", 0, NOW)
    assert (await mailings.take(LEAD, "more", NOW)).wait == 60.0
    await mailings.add("second@msp.example", "more", 0, NOW)
    assert (await mailings.take("second@msp.example", "more", NOW)).send == {"more": 0}


async def test_what_a_stopped_sender_took_is_sent_by_another(store: Store) -> None:
    mailings = ApproverMailings(store)
    await mailings.add(LEAD, "a", 0, NOW)
    await mailings.take(LEAD, "a", NOW)
    later = NOW + timedelta(seconds=61)
    assert await mailings.add(LEAD, "a", 0, later)
    assert (await mailings.take(LEAD, "a", later)).send == {"a": 0}
