"""What a person chose is exact at any number, one person's own, and goes with retention and with the user's data."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from domain.console_choice import ChosenUser, ConsoleChoice, user_from
from records.console_choices import PEOPLE, ConsoleChoices, bucket_of
from records.store import Store

AT = datetime(2026, 1, 5, 9, tzinfo=UTC)
TECH, OTHER = "tenant/tech", "tenant/other"


def users(many: int, customer: str = "contoso") -> list[ChosenUser]:
    return [ChosenUser(customer, f"id-{n}", f"user{n}@contoso.com", f"User {n}") for n in range(many)]


@pytest.mark.parametrize("many", [0, 1, 109, 2001, 5000])
async def test_exactly_the_chosen_customers_are_kept(store: Store, many: int) -> None:
    choices = ConsoleChoices(store)
    keys = [f"a-customer-with-a-long-name-{n:05d}" for n in range(many)]
    await choices.choose_customers(TECH, [f"before-{n}" for n in range(2500)], AT)
    await choices.choose_customers(TECH, keys, AT)
    assert (await choices.read(TECH)).customers == frozenset(keys)


async def test_all_is_a_choice_of_its_own(store: Store) -> None:
    choices = ConsoleChoices(store)
    assert await choices.read(TECH) == ConsoleChoice(None, {})
    await choices.choose_customers(TECH, ["contoso"], AT)
    await choices.choose_customers(TECH, None, AT)
    assert (await choices.read(TECH)).customers is None


async def test_users_are_added_and_removed_each_by_itself(store: Store) -> None:
    choices = ConsoleChoices(store)
    made = users(300)
    await choices.change_users(TECH, into=made, at=AT)
    await choices.change_users(OTHER, into=made[:1], at=AT)
    after = await choices.change_users(TECH, out=[made[0].ref, "contoso/nobody"], into=[made[1]], at=AT)
    assert after.users == {user.ref: user for user in made[1:]}
    assert set((await choices.read(OTHER)).users) == {made[0].ref}
    await choices.clear_users(TECH, AT)
    assert (await choices.read(TECH)).users == {}


async def test_windows_of_one_person_do_not_take_back_each_others_ticks(store: Store) -> None:
    choices = ConsoleChoices(store)
    # Those that share one row, which every window writes.
    made = [user for user in users(4000) if bucket_of(user.ref) == bucket_of("contoso/id-0")]
    assert len(made) > 8
    await asyncio.gather(*(choices.change_users(TECH, into=[user], at=AT) for user in made))
    assert set((await choices.read(TECH)).users) == {user.ref for user in made}


async def test_as_many_users_as_a_request_may_have_with_the_longest_names(store: Store) -> None:
    choices = ConsoleChoices(store)
    made = [ChosenUser("c" * 60, f"{n:036d}", "ü" * 120, "漢" * 120) for n in range(2000)]
    await choices.change_users(TECH, into=made, at=AT)
    assert len((await choices.read(TECH)).users) == 2000


async def test_ten_thousand_chosen_users_are_exactly_those(store: Store) -> None:
    choices = ConsoleChoices(store)
    made = users(10_000)
    await choices.change_users(TECH, into=made, at=AT)
    after = await choices.change_users(TECH, out=[made[-1].ref], at=AT)
    assert after.users.keys() == {user.ref for user in made[:-1]}


async def test_choices_go_when_they_were_not_changed_for_long(store: Store) -> None:
    choices = ConsoleChoices(store)
    await choices.change_users(TECH, into=users(300), at=AT)
    await choices.choose_customers(OTHER, ["contoso"], AT + timedelta(days=2))
    assert await choices.purge(AT + timedelta(days=1), AT, AT) == 1
    assert await choices.read(TECH) == ConsoleChoice(None, {})
    assert (await choices.read(OTHER)).customers == frozenset({"contoso"})
    assert len(await store.scan(PEOPLE)) == 1


async def test_a_user_is_taken_out_of_everybodys_choice(store: Store) -> None:
    choices = ConsoleChoices(store)
    for person in (TECH, OTHER):
        await choices.change_users(person, into=[*users(3), *users(1, "fabrikam")], at=AT)
    await choices.forget("contoso", ["USER0@contoso.com", "id-2"])
    for person in (TECH, OTHER):
        assert set((await choices.read(person)).users) == {"contoso/id-1", "fabrikam/id-0"}


@pytest.mark.parametrize("text", ["", "contoso", "contoso/", "/id", f"contoso/{'x' * 101}", "contoso/\x00"])
def test_what_names_no_user_is_none(text: str) -> None:
    assert user_from(text) is None


def test_a_forms_value_is_read_with_its_names() -> None:
    assert user_from("contoso/1 adele@contoso.com Adele van der Berg") == ChosenUser(
        "contoso", "1", "adele@contoso.com", "Adele van der Berg"
    )
