"""A delivery's body as the body of a request, by the JMESPath expressions of its source."""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import jmespath
from jmespath.exceptions import JMESPathError

from domain.addresses import AddressError, address_of, name_of, names_in
from domain.errors import InvalidInputError
from domain.policy.model import Fields

# As many as a policy may allow in one request; an expression that multiplies values stops here.
MOST_USERS = 100_000
# A reason may be a whole ticket description; approvers read the beginning. `domain.request.reset_request` takes no more.
LONGEST_REASON = 2000
# Anything longer is no ticket number, name or key.
LONGEST_TEXT = 1000

_SEPARATORS = re.compile(r"[\s,;]+")
_DIGITS = re.compile(r"[0-9]{1,9}", re.ASCII)
# JMESPath functions trust their arguments: contains() on a text raises TypeError, ceil() of infinity OverflowError.
_EVALUATION_ERRORS = (
    JMESPathError,
    TypeError,
    ValueError,
    ArithmeticError,
    LookupError,
    AttributeError,
    RecursionError,
)

type _Errors = list[dict[str, str]]


class MappingError(InvalidInputError):
    """The body does not give what a field's expression looks for; `errors` names field, expression and finding."""

    reason = "badMapping"


class _UnfitError(Exception):
    """What was found does not fit; the message says what it is."""


def map_delivery(fields: Fields, body: Any) -> dict[str, Any]:
    """Return the request body that `body` (any JSON value) means.

    Optional fields that are not in the delivery are left out; whether values make sense is the request's own check.

    Raises: MappingError with every field that does not fit.
    """
    errors: _Errors = []
    found = {name: value for name, value in _values(fields, body, errors).items() if value is not None}
    plain = (
        "ticket",
        "requester",
        "reason",
        "methods",
        "dryRun",
        "profile",
        "accessPass",
        "phoneOnly",
        "notBefore",
        "waves",
        "stopAbove",
    )
    request: dict[str, Any] = {name: found[name] for name in plain if name in found}
    if "users" in found:
        customers = found.get("customer")
        if fields.customer is None or customers:
            try:
                request["targets"] = _grouped(customers, found["users"])
            except _UnfitError as problem:
                errors.append(_error("users", fields.users, str(problem)))
    elif "targets" in found:
        request["targets"] = found["targets"]
    if errors:
        raise MappingError("The delivery does not fit the fields of its source", errors)
    return request


def is_accepted(expression: str | None, body: Any) -> bool:
    """Return whether a source's `accept` is true for a delivery; without one every delivery is accepted.

    Raises: MappingError where it cannot be worked out.
    """
    if expression is None:
        return True
    try:
        return jmespath.search(expression, body) is True
    except _EVALUATION_ERRORS as error:
        what = _error("accept", expression, f"could not be worked out ({type(error).__name__})")
        raise MappingError("The delivery does not fit what its source accepts", [what]) from None


def _values(fields: Fields, body: Any, errors: _Errors) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for attribute, field in Fields.model_fields.items():
        name, expression = field.alias or attribute, getattr(fields, attribute)
        if expression is None:
            continue
        try:
            found = jmespath.search(expression, body)
            values[name] = None if found is None and name not in _NEEDED else _READERS[name](found)
        except _EVALUATION_ERRORS as error:
            errors.append(_error(name, expression, f"could not be worked out ({type(error).__name__})"))
        except _UnfitError as problem:
            errors.append(_error(name, expression, str(problem)))
    return values


def _error(name: str, expression: str | None, what: str) -> dict[str, str]:
    return {"pointer": f"/{name}", "detail": f"{name}: the expression {expression!r} {what}"}


def _text(value: Any) -> str:
    """Return a text or number as text. A boolean, list or object here is a wrong expression."""
    if isinstance(value, bool) or not isinstance(value, (str, int)):
        raise _UnfitError(f"found {_kind(value)}, not text")
    # Python refuses to write out an integer of thousands of digits; no ticket number has more than 64 bits.
    if value.bit_length() > 64 if isinstance(value, int) else len(value) > LONGEST_TEXT:
        raise _UnfitError("found more text than fits")
    text = str(value).strip()
    if not text:
        raise _UnfitError("found an empty text")
    return text


def _optional_text(value: Any) -> str | None:
    return None if isinstance(value, str) and not value.strip() else _text(value)


def _reason(value: Any) -> str | None:
    return value.strip()[:LONGEST_REASON] if isinstance(value, str) else _text(value)


def _users(value: Any) -> list[str]:
    """Return one or more user names, as `_texts`, out of the forms that mails and tickets write them in."""
    try:
        if isinstance(value, str):
            return _some([_text(name) for name in names_in(value)])
        return [name_of(text) for text in _texts(value)]
    except AddressError as error:
        raise _UnfitError(f"found a text that is no list of users: {error}") from None


def _person(value: Any) -> str:
    """Return the one mail address in a text, out of the forms that mails and tickets write it in."""
    try:
        return address_of(_text(value))
    except AddressError as error:
        raise _UnfitError(f"found no person: {error}") from None


def _texts(value: Any) -> list[str]:
    """Return one or more names: a list of texts, or one text with commas, semicolons or white space between them."""
    if isinstance(value, str):
        return _some([_text(name) for name in _SEPARATORS.split(value) if name])
    return _some([_text(item) for item in value] if isinstance(value, list) else [_text(value)])


def _some(names: list[str]) -> list[str]:
    if not names:
        raise _UnfitError("found nothing in it")
    if len(names) > MOST_USERS:
        raise _UnfitError(f"found more than {MOST_USERS} names")
    return names


def _flag(value: Any) -> bool:
    if isinstance(value, str) and value.strip().lower() in {"true", "false"}:
        return value.strip().lower() == "true"
    if not isinstance(value, bool):
        raise _UnfitError(f"found {_kind(value)}, not true or false")
    return value


def _numbers(value: Any) -> list[int] | None:
    """Return whole numbers: a list, one number, or one text with commas, semicolons or white space between them."""
    if isinstance(value, str):
        value = [part for part in _SEPARATORS.split(value) if part]
        if not value:
            return None
    return [_number(item) for item in value] if isinstance(value, list) else [_number(value)]


def _number(value: Any) -> int:
    text = value if isinstance(value, str) else _text(value)
    if not _DIGITS.fullmatch(text.strip()):
        raise _UnfitError("found a text that is no whole number")
    return int(text)


def _optional_number(value: Any) -> int | None:
    return None if isinstance(value, str) and not value.strip() else _number(value)


def _targets(value: Any) -> list[dict[str, Any]]:
    groups: dict[str, list[str]] = {}
    for group in value if isinstance(value, list) else [value]:
        if not isinstance(group, dict) or group.keys() != {"customer", "users"}:
            raise _UnfitError(f"found {_kind(group)}, not an object with customer and users")
        groups.setdefault(_text(group["customer"]), []).extend(_users(group["users"]))
    if not groups:
        raise _UnfitError("found an empty list")
    if sum(map(len, groups.values())) > MOST_USERS:
        raise _UnfitError(f"found more than {MOST_USERS} names")
    return _as_targets(groups)


def _as_targets(groups: Mapping[str, list[str]]) -> list[dict[str, Any]]:
    return [{"customer": customer, "users": names} for customer, names in groups.items()]


def _grouped(customers: Sequence[str] | None, users: Sequence[str]) -> list[dict[str, Any]]:
    """Return users by customer. One customer has all users; several must be as many as the users, each with its own.

    Without customers the domain of each user's name says it: a domain names a customer as well as its key does.
    """
    if customers is None:
        customers = [_domain(user) for user in users]
    elif len(customers) == 1:
        customers = list(customers) * len(users)
    elif len(customers) != len(users):
        raise _UnfitError(f"found {len(users)} users for {len(customers)} customers; map `targets` instead")
    groups: dict[str, list[str]] = {}
    for customer, user in zip(customers, users, strict=True):
        groups.setdefault(customer, []).append(user)
    return _as_targets(groups)


def _domain(user: str) -> str:
    _, at, domain = user.rpartition("@")
    if not at or not domain:
        raise _UnfitError("found a user without a domain; map `customer` too")
    return domain.lower()


def _kind(value: Any) -> str:
    match value:
        case None:
            return "nothing"
        case bool():
            return "true or false"
        case int() | float():
            return "a number"
        case str():
            return "text"
        case list():
            return "a list"
        case _:
            return "an object"


# The rule that requesters cannot approve their own requests needs a requester, so a mapped one is required.
_NEEDED = frozenset({"requester", "customer", "users", "targets"})
_READERS: Mapping[str, Callable[[Any], Any]] = {
    "ticket": _optional_text,
    "requester": _person,
    "reason": _reason,
    "customer": _texts,
    "users": _users,
    "methods": _texts,
    "targets": _targets,
    "dryRun": _flag,
    "profile": _optional_text,
    "accessPass": _flag,
    "phoneOnly": _optional_text,
    "notBefore": _optional_text,
    "waves": _numbers,
    "stopAbove": _optional_number,
}
