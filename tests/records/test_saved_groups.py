"""Saved groups: exact, one person's own, and gone when they were not used for long or a user's data is deleted."""

from datetime import UTC, datetime, timedelta

from domain.console_choice import ChosenUser, ConsoleChoice
from records.console_choices import ConsoleChoices, owner_of
from records.saved_groups import MAX_GROUPS, SavedGroups
from records.store import Store

AT = datetime(2026, 1, 5, 9, tzinfo=UTC)
ADELE, ALEX = ChosenUser("contoso", "1", "adele@contoso.com", "Adele"), ChosenUser("fabrikam", "2")
CHOICE = ConsoleChoice(frozenset({"contoso"}), {user.ref: user for user in (ADELE, ALEX)})


async def test_a_group_of_the_same_name_is_written_over(store: Store) -> None:
    groups = SavedGroups(store)
    assert await groups.save("tech", "Night", CHOICE, AT)
    assert await groups.save("tech", "NIGHT", ConsoleChoice(None, {ALEX.ref: ALEX}), AT)
    (group,) = await groups.all("tech")
    assert (group.name, group.customers, group.users) == ("NIGHT", None, 1)
    assert await groups.read("tech", group.key, AT) == ConsoleChoice(None, {ALEX.ref: ALEX})
    assert await groups.read("else", group.key, AT) is None


async def test_groups_outlast_choices_and_go_when_unused(store: Store) -> None:
    groups, choices = SavedGroups(store), ConsoleChoices(store)
    await groups.save("tech", "Night", CHOICE, AT)
    (group,) = await groups.all("tech")
    later = AT + timedelta(days=300)
    assert await choices.purge(later, AT, later) == 0
    assert await groups.read("tech", group.key, later) == CHOICE
    assert await choices.purge(later, later - timedelta(days=1), later) == 0  # its last use counts
    assert await choices.purge(later, later + timedelta(days=1), later) == 1
    assert await groups.all("tech") == []
    assert await groups.read("tech", group.key, later) is None


async def test_a_deleted_user_leaves_groups_too(store: Store) -> None:
    groups = SavedGroups(store)
    await groups.save("tech", "Night", CHOICE, AT)
    await ConsoleChoices(store).forget("contoso", ["adele@contoso.com"])
    (group,) = await groups.all("tech")
    assert await groups.read("tech", group.key, AT) == ConsoleChoice(frozenset({"contoso"}), {ALEX.ref: ALEX})


async def test_nobody_has_more_groups_than_are_listed(store: Store) -> None:
    groups = SavedGroups(store)
    for n in range(MAX_GROUPS):
        await store.put(f"groups:{owner_of('tech')}", f"{n:032d}", {"name": f"G{n}", "customers": None, "users": 0})
    assert not await groups.save("tech", "One more", CHOICE, AT)
