"""Read from a form which users an operator selected for a review."""

from urllib.parse import urlencode, urlsplit

from services import Services
from triggers.api.directory import query_from
from triggers.console.layout import Frame
from triggers.http.forms import Form, first_value
from use_cases.select_users import select_all_users


class InvalidSelectionError(Exception):
    """No plan can be made of the selection; `reason` is a code of web.console_labels."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


async def selected_users(services: Services, around: Frame, form: Form) -> dict[str, list[str]]:
    """Return the selected users by customer: those that were checked, or all that match the list's filters.

    Raises: InvalidSelectionError; GraphError where all are wanted and a customer cannot be read.
    """
    if first_value(form, "act") == "all":
        groups = await _all_users(services, around, form)
    else:
        groups = _checked_users(services, form)
    count = sum(len(users) for users in groups.values())
    if count == 0:
        raise InvalidSelectionError("noUserChosen")
    if count > services.policy.limits.targets_per_request:
        raise InvalidSelectionError("tooMany")
    if "scoped" in form and not form.get("method"):
        raise InvalidSelectionError("noMethod")
    return groups


def _checked_users(services: Services, form: Form) -> dict[str, list[str]]:
    groups: dict[str, list[str]] = {}
    for value in dict.fromkeys(form.get("user", [])):
        customer, _, user = value.partition("/")
        if customer in services.policy.customers and user:
            groups.setdefault(customer, []).append(user)
    return groups


async def _all_users(services: Services, around: Frame, form: Form) -> dict[str, list[str]]:
    parameters = {name.removeprefix("q-"): values[0] for name, values in form.items() if name.startswith("q-")}
    customer = parameters.get("customer", "")
    customers = [customer] if customer in around.chosen else around.chosen
    return await select_all_users(services, customers, query_from(parameters))


def with_error(path: str, code: str) -> str:
    """Return the address of a list with the code of an error to show on it."""
    parts = urlsplit(path)
    kept = [part for part in parts.query.split("&") if part and not part.startswith("error=")]
    return f"{parts.path}?{'&'.join([*kept, urlencode({'error': code})])}"
