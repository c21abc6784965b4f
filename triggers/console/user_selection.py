"""Read from a form which users an operator chose, and keep the choice."""

from collections.abc import Iterable, Mapping

from domain.api.options import options_of
from domain.console_choice import ChosenUser, ConsoleChoice, user_from
from services import Services
from triggers.api.directory import query_from
from triggers.console.layout import Frame
from triggers.http.forms import Form, first_value
from use_cases.select_users import select_all_users


class InvalidSelectionError(Exception):
    """The choice cannot be kept, or no plan can be made of it; `reason` is a code of web.console_labels."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


async def save_page(services: Services, around: Frame, form: Form) -> ConsoleChoice:
    """Keep what is ticked on the page at hand, and return the whole choice.

    The form names every user that the page shows, so only those change: what was chosen on other pages, under other filters and
    of other customers stays.

    Raises: InvalidSelectionError where that would be more users than a request may have; nothing was changed then.
    """
    shown = {user.ref: user for user in map(user_from, form.get("shown", [])) if user}
    ticked = {user.ref: user for user in map(user_from, form.get("user", [])) if user}
    into = [shown.get(ref, user) for ref, user in ticked.items() if user.customer in around.names]
    return await _change(services, around, out=shown.keys() - ticked.keys(), into=into)


async def choose_matching(services: Services, around: Frame, form: Form) -> ConsoleChoice:
    """Add every user who matches the list's filters, on whatever page.

    Raises: InvalidSelectionError; GraphError where a customer cannot be read.
    """
    parameters = {name.removeprefix("q-"): values[0] for name, values in form.items() if name.startswith("q-")}
    customer = parameters.get("customer", "")
    customers = [customer] if customer in around.chosen else around.chosen
    found = await select_all_users(services, customers, query_from(parameters))
    if not found:
        raise InvalidSelectionError("noUserMatches")
    return await _change(services, around, into=found)


async def add_users(services: Services, around: Frame, users: Iterable[ChosenUser]) -> ConsoleChoice:
    """Add users to the choice, those of customers that this person may see. Raises: InvalidSelectionError."""
    return await _change(services, around, into=[user for user in users if user.customer in around.names])


async def remove_users(services: Services, around: Frame, refs: Iterable[str]) -> ConsoleChoice:
    return await services.console_choices.change_users(around.operator.caller.identity, out=refs, at=services.now())


async def _change(
    services: Services, around: Frame, *, out: Iterable[str] = (), into: Iterable[ChosenUser]
) -> ConsoleChoice:
    into = list(into)
    left = (set(around.picks) - set(out)) | {user.ref for user in into}
    if into and len(left) > services.policy.limits.targets_per_request:
        raise InvalidSelectionError("tooMany")
    person = around.operator.caller.identity
    return await services.console_choices.change_users(person, out=out, into=into, at=services.now())


async def users_to_review(services: Services, around: Frame, form: Form) -> dict[str, list[str]]:
    """Return the users that a plan is asked for, by customer: one row's, the form's own, or all that are chosen.

    Raises: InvalidSelectionError.
    """
    act = first_value(form, "act")
    one = user_from(act.removeprefix("one:")) if act.startswith("one:") else None
    if one or "only" in form:
        users = [one] if one else [user for user in map(user_from, form.get("user", [])) if user]
    else:
        users = list(around.with_choice(await save_page(services, around, form)).picked)  # in the order of the drawer
    groups: dict[str, list[str]] = {}
    for user in users:
        if user.customer in around.names:
            groups.setdefault(user.customer, []).append(user.id)
    _check(services, groups, form, scoped=is_scoped(form))
    return groups


def is_scoped(form: Form) -> bool:
    """Return whether the form names the methods; else the standard scope counts, as far as each customer allows it."""
    return "scoped" in form and not first_value(form, "act").startswith("one:")


def _check(services: Services, groups: Mapping[str, list[str]], form: Form, *, scoped: bool) -> None:
    count = sum(map(len, groups.values()))
    if count == 0:
        raise InvalidSelectionError("noUserChosen")
    if count > services.policy.limits.targets_per_request:
        raise InvalidSelectionError("tooMany")
    if not options_of(services.policy, list(groups)).actions:
        raise InvalidSelectionError("notOffered")
    if scoped and not form.get("method"):
        raise InvalidSelectionError("noMethod")
