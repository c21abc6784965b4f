"""What a person chose in the console: customers to look at, and users to reset."""

from collections.abc import Mapping
from typing import NamedTuple

# Longer names are cut: a choice shows them, nothing is found by them.
LONGEST_NAME = 120


class ChosenUser(NamedTuple):
    """One chosen user. The names are those that the list showed; only `customer`, a policy key, and `id` count."""

    customer: str
    id: str
    user_principal_name: str = ""
    display_name: str = ""

    @property
    def ref(self) -> str:
        return f"{self.customer}/{self.id}"

    @property
    def name(self) -> str:
        return self.display_name or self.user_principal_name or self.id


class ConsoleChoice(NamedTuple):
    """`customers` are policy keys, some of which may be gone; None: all, those that are added later among them."""

    customers: frozenset[str] | None = None
    users: Mapping[str, ChosenUser] = {}  # by reference


def user_from(text: str) -> ChosenUser | None:
    """Return the user of a form's value, `customer/id`, then user principal name and display name; None for anything else."""
    ref, _, names = text.partition(" ")
    customer, _, user_id = ref.partition("/")
    if not customer or not 0 < len(user_id) <= 100 or not ref.isprintable():
        return None
    name, _, display = names.partition(" ")
    return ChosenUser(customer, user_id, name[:LONGEST_NAME], display[:LONGEST_NAME])
