"""What a sender and a customer were asked for: sliding windows, repeats, limits, and when there is room again."""

from datetime import UTC, datetime, timedelta

import pytest

from domain.request.usage import (
    Ask,
    Usage,
    UsageTerms,
    count,
    customer_key,
    recent_users,
    refusal,
    sender_key,
)

NOW = datetime(2026, 1, 5, 9, 0, 30, tzinfo=UTC)
HOUR = timedelta(hours=1)
TERMS = UsageTerms(users_per_hour=100, open_requests=3, window=HOUR)


def empty(*customers: str) -> dict[str, Usage]:
    return {key: Usage.from_value({}) for key in ("source:desk", *map(customer_key, customers))}


def ask(name: str, **users: int) -> Ask:
    return Ask(name, "source:desk", users)


def test_a_request_in_parts_is_seen_as_the_whole() -> None:
    counts = empty("contoso", "fabrikam")
    for number in range(3):
        count(ask(f"r{number}", contoso=10, fabrikam=5), counts, NOW + timedelta(minutes=number))
    seen = recent_users(ask("r3", contoso=1, fabrikam=0), counts, TERMS, NOW + timedelta(minutes=3))
    assert (seen.by_sender, seen.by_customer) == (45, {"contoso": 30, "fabrikam": 15})


@pytest.mark.parametrize(("later", "left"), [(59, 30), (60, 30), (61, 20), (62, 10), (63, 0)])
def test_the_window_slides_by_the_minute(later: int, left: int) -> None:
    counts = empty("contoso")
    for number in range(3):
        count(ask(f"r{number}", contoso=10), counts, NOW + timedelta(minutes=number))
    assert counts["source:desk"].users(NOW + timedelta(minutes=later), HOUR) == left


def test_a_repeat_counts_once_and_does_not_see_itself() -> None:
    counts = empty("contoso")
    for _ in range(3):
        count(ask("r", contoso=60), counts, NOW)
    assert counts["source:desk"].users(NOW, HOUR) == 60
    assert recent_users(ask("r", contoso=60), counts, TERMS, NOW).by_sender == 0
    assert refusal(ask("r", contoso=60), counts, TERMS, NOW) is None  # though 60 more would be too many


def test_a_repeat_of_an_ended_request_does_not_count_as_open() -> None:
    counts = empty("contoso")
    count(ask("r", contoso=1), counts, NOW)
    counts["source:desk"].open_ids.clear()
    count(ask("r", contoso=1), counts, NOW)
    assert not counts["source:desk"].open_ids


def test_a_customer_is_limited_whoever_asks() -> None:
    counts = empty("contoso")
    count(ask("r", contoso=60), counts, NOW)
    other = counts | {"source:else": Usage.from_value({})}
    refused = refusal(Ask("s", "source:else", {"contoso": 41}), other, TERMS, NOW)
    assert refused is not None
    assert (refused.limit, refused.name, refused.used) == ("usersPerHour", "contoso", 60)
    assert refusal(Ask("s", "source:else", {"contoso": 40}), other, TERMS, NOW) is None


def test_a_sender_is_limited_over_its_customers() -> None:
    counts = empty("contoso", "fabrikam")
    count(ask("r", contoso=60), counts, NOW)
    refused = refusal(ask("s", fabrikam=41), counts, TERMS, NOW)
    assert refused is not None
    assert (refused.limit, refused.name) == ("usersPerHour", "")


def test_there_is_room_when_enough_has_left_the_window() -> None:
    counts = empty("contoso")
    count(ask("a", contoso=30), counts, NOW)
    count(ask("b", contoso=70), counts, NOW + timedelta(minutes=10))
    at = NOW + timedelta(minutes=20)
    refused = refusal(ask("c", contoso=31), counts, TERMS, at)
    assert refused is not None
    then = at + timedelta(seconds=refused.retry_after)
    assert then > NOW + timedelta(minutes=70)  # the first thirty are not enough
    assert refusal(ask("c", contoso=31), counts, TERMS, then) is None
    assert refusal(ask("c", contoso=31), counts, TERMS, then - timedelta(minutes=1)) is not None


def test_open_requests_are_limited() -> None:
    counts = empty("contoso")
    for number in range(3):
        count(ask(f"r{number}", contoso=0), counts, NOW)
    refused = refusal(ask("s", contoso=0), counts, TERMS, NOW)
    assert refused is not None
    assert (refused.limit, refused.allowed) == ("openRequests", 3)


def test_what_is_kept_stays_small() -> None:
    counts = empty("contoso")
    for number in range(3000):
        count(ask(f"r{number}", contoso=1), counts, NOW + timedelta(minutes=number))
    usage = counts[customer_key("contoso")]
    assert len(usage.minutes) <= 24 * 60 + 1
    assert len(usage.known) == 500
    again = Usage.from_value(usage.to_value())
    assert again.users(NOW + timedelta(minutes=2999), HOUR) == usage.users(NOW + timedelta(minutes=2999), HOUR) == 61


def test_a_caller_is_counted_without_their_name() -> None:
    assert sender_key("helpdesk", "") == "source:helpdesk"
    assert "tech" not in sender_key("api", "test:tech@msp.example")
    assert sender_key("api", "a") == sender_key("console", "a") != sender_key("api", "b")
