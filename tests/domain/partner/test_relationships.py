"""Which relationship ends when, and whether that takes anything away."""

from datetime import UTC, datetime, timedelta

import pytest

from domain.partner.relationships import Relationship, endings, last_end

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
MONTH = timedelta(days=30)


def one(
    name: str = "a", days: float | None = 365, status: str = "active", *, extends: bool = False, roles: str = "helpdesk"
) -> Relationship:
    ends_at = None if days is None else NOW + timedelta(days=days)
    return Relationship(name, name, "t1", "Contoso", status, ends_at, extends, frozenset(roles.split()))


def found(*relationships: Relationship) -> list[tuple[str, int, bool]]:
    return [(end.relationship.name, len(end.roles), end.is_last) for end in endings(relationships, NOW, MONTH)]


@pytest.mark.parametrize(("days", "warned"), [(29, True), (30, True), (30.01, False), (-1, True), (None, False)])
def test_30_days_before_its_end_a_relationship_is_warned_about(days: float | None, *, warned: bool) -> None:
    assert bool(found(one(days=days))) is warned


def test_one_that_extends_itself_does_not_end_unless_somebody_ended_it() -> None:
    assert found(one(days=5, extends=True)) == []
    assert found(one(days=300, status="terminationRequested", extends=True)) == [("a", 1, True)]
    assert found(one(days=300, status="terminating")) == [("a", 1, True)]
    assert found(one(days=-1, status="expiring")) == [("a", 1, True)]


@pytest.mark.parametrize(
    "status", ["created", "approvalPending", "approved", "activating", "terminated", "expired", "new"]
)
def test_what_does_not_run_does_not_end(status: str) -> None:
    assert found(one(days=5, status=status)) == []


def test_roles_that_another_relationship_has_are_not_lost() -> None:
    assert found(one("old", 5, roles="helpdesk user"), one("next", roles="helpdesk user groups")) == []
    assert found(one("old", 5, roles="helpdesk user"), one("next", roles="helpdesk")) == [("old", 1, False)]
    # One that ends as well stands in for nothing.
    assert found(one("old", 5), one("too", 9)) == [("old", 1, True), ("too", 1, True)]
    assert found(one("old", 5), one("next", status="approvalPending")) == [("old", 1, True)]


def test_the_last_end_is_that_of_what_is_over() -> None:
    over = [one("a", -90, "expired"), one("b", -20, "terminated"), one("c", 5), one("d", None, "expired")]
    assert last_end(over) == NOW - timedelta(days=20)
    assert last_end([one()]) is None
