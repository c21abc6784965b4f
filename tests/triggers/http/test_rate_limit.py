"""The rate limiter counts the last minute, and keeps in memory only the keys of the last minute."""

from datetime import UTC, datetime, timedelta

from triggers.http.rate_limit import RateLimiter

START = datetime(2026, 3, 4, 5, 6, tzinfo=UTC)


def test_call_is_allowed_again_once_the_earlier_ones_are_a_minute_old() -> None:
    limiter = RateLimiter()
    assert [limiter.allow("a", 2, START + timedelta(seconds=n)) for n in (0, 10, 20)] == [True, True, False]
    assert limiter.allow("b", 2, START + timedelta(seconds=20))
    assert [limiter.allow("a", 2, START + timedelta(seconds=n)) for n in (60, 61)] == [True, False]
    assert limiter.allow("a", 2, START + timedelta(seconds=70))


def test_keys_without_a_call_in_the_last_minute_take_no_memory() -> None:
    limiter = RateLimiter()
    for number in range(10_000):
        limiter.allow(f"request {number}", 1, START + timedelta(seconds=number))
    assert len(limiter) <= 2 * 60
    assert limiter.allow("request 9999", 1, START + timedelta(seconds=9_999)) is False


def test_refused_calls_are_not_kept() -> None:
    limiter = RateLimiter()
    for number in range(100):
        assert limiter.allow(f"{number}", 0, START) is False
    limiter.allow("last", 1, START + timedelta(minutes=1))
    assert len(limiter) == 1
