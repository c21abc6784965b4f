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
    if (found := whole(text, digits)) is None:
        raise wrong(name, "must be a whole number")
    return found


def limit(req: func.HttpRequest, usual: int, most: int) -> int:
    """How many to show on one page: `limit` as far as it is from 1 to `most`."""
    return max(1, min(number(req, "limit") or usual, most))


def ticked(form: Mapping[str, Sequence[str]], name: str = "without") -> frozenset[int]:
    """The numbers of the targets that were ticked; what is no number is nobody's."""
    return frozenset(found for text in form.get(name, ()) if (found := whole(text)) is not None)


def whole(text: str, digits: int = 9) -> int | None:
    """The whole number that a text is, from 0 on and of at most so many digits; None where it is none."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= digits else None


def page_number(req: func.HttpRequest, digits: int = 9) -> int:
    """The page that is asked for; the first where it says none."""
    return 1 if (found := whole(req.params.get("page", "1"), digits)) is None else found
