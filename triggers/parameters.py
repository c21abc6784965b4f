"""Numbers that callers give in a query or a form: read in one place, so that no door takes one that another refuses."""

from collections.abc import Mapping, Sequence

import azure.functions as func

from domain.errors import InvalidInputError


def wrong(name: str, detail: str) -> InvalidInputError:
    """What is answered to a query parameter that says nothing we know."""
    return InvalidInputError(f"{name} is not known.", [{"pointer": f"/query/{name}", "detail": detail}])


def number(req: func.HttpRequest, name: str, *, digits: int = 9) -> int | None:
    """A whole number from 0 on, None where it is not given. Raises InvalidInputError."""
    text = req.params.get(name, "")
    if not text:
        return None
    if not _is_number(text, digits):
        raise wrong(name, "must be a whole number")
    return int(text)


def limit(req: func.HttpRequest, usual: int, most: int) -> int:
    """How many to show on one page: `limit` as far as it is from 1 to `most`."""
    return max(1, min(number(req, "limit") or usual, most))


def ticked(form: Mapping[str, Sequence[str]], name: str = "without") -> frozenset[int]:
    """The numbers of the targets that were ticked; what is no number is nobody's."""
    return frozenset(int(text) for text in form.get(name, ()) if _is_number(text, 9))


def _is_number(text: str, digits: int) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= digits
