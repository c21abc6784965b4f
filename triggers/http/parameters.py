"""Read numbers and limits from a query or a form, the same way for every endpoint."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta

import azure.functions as func

from domain.errors import InvalidInputError
from languages import Message
from triggers.http.forms import Form


def invalid_parameter(name: str, detail: str) -> InvalidInputError:
    """Return the problem of a query parameter whose value is not valid."""
    return InvalidInputError(
        Message("The query parameter %(name)s is not valid.", name=name),
        [{"pointer": f"/query/{name}", "detail": detail}],
    )


def parse_unsigned(text: str, digits: int = 9) -> int | None:
    """Return the whole number in `text`, from 0 on and of at most so many digits; None where it is not one."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= digits else None


def number(req: func.HttpRequest, name: str, *, digits: int = 9) -> int | None:
    """Return the whole number in a query parameter, None where it is absent. Raises: InvalidInputError."""
    text = req.params.get(name, "")
    if not text:
        return None
    if (found := parse_unsigned(text, digits)) is None:
        raise invalid_parameter(name, Message("must be a whole number"))
    return found


def given(req: func.HttpRequest, names: Iterable[str], longest: int = 200) -> dict[str, str]:
    """Return those of the query parameters `names` that have a value, cut to `longest` characters."""
    return {name: req.params[name][:longest] for name in names if req.params.get(name)}


def limit(req: func.HttpRequest, default: int, maximum: int) -> int:
    """Return the page size that the parameter `limit` asks for, from 1 to `maximum`."""
    return max(1, min(number(req, "limit") or default, maximum))


def first_day(req: func.HttpRequest, name: str) -> datetime | None:
    """Return the beginning of the day in a query parameter, in UTC; None where it is absent. Raises: InvalidInputError."""
    text = req.params.get(name, "")
    if not text:
        return None
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise invalid_parameter(name, Message("must be a date such as 2026-11-24")) from None
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def last_day(req: func.HttpRequest, name: str) -> datetime | None:
    """Return the end of the day in a query parameter, as `first_day` does its beginning."""
    day = first_day(req, name)
    if day is None or day.date() == date.max:
        return None
    return day + timedelta(days=1)


def page_number(req: func.HttpRequest, digits: int = 9) -> int:
    """Return the page that the parameter `page` asks for, the first where it is absent or not a number."""
    return 1 if (found := parse_unsigned(req.params.get("page", "1"), digits)) is None else found


def selected_numbers(form: Form, name: str = "without") -> frozenset[int]:
    """Return the target numbers of the checkboxes that were selected; values that are not numbers are ignored."""
    return frozenset(found for text in form.get(name, ()) if (found := parse_unsigned(text)) is not None)
