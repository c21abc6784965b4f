"""Read users out of a pasted list or a CSV file: one line may be an address, a name, or cells with customer and user."""

import csv
from collections.abc import Callable, Iterator, Sequence
from io import StringIO
from typing import NamedTuple

from domain.addresses import AddressError, names_in
from domain.text import clean
from languages import Message

MAX_LINES = 10_000
# Names of columns, as Entra, Microsoft 365 and ticketing systems export them, without spaces and in lower case.
_USER = ("user", "userprincipalname", "upn", "mail", "email", "emailaddress", "userid", "objectid", "id")
_CUSTOMER = ("customer", "tenant", "tenantid", "company")
_SHOWN = 200


class TooManyLinesError(ValueError):
    """The list has more lines than are looked up at once."""


class BulkEntry(NamedTuple):
    """One user of the list. `customer` is a policy key, "" where the line names none; `problem` says why there is no `name`."""

    line: int
    text: str
    name: str = ""
    customer: str = ""
    problem: str = ""


def read_lines(text: str, find_customer: Callable[[str], str | None]) -> list[BulkEntry]:
    """Return the users of `text` in its order; a line that cannot be read is an entry with its problem.

    `find_customer` returns the policy key of a key, tenant id or domain. Raises: TooManyLinesError.
    """
    lines = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n").split("\n")
    filled = [line for line in lines if line.strip()]
    if len(filled) > MAX_LINES:
        raise TooManyLinesError(
            Message(
                "the list has %(filled)s lines; %(max_lines)s at once are the most",
                filled=f"{len(filled):,}",
                max_lines=f"{MAX_LINES:,}",
            )
        )
    columns = _header(filled[0]) if filled else None
    entries: list[BulkEntry] = []
    for number, line in enumerate(lines, 1):
        if not line.strip() or (columns and line is filled[0]):
            continue
        entries += _of_cells(number, line, columns, find_customer) if columns else _of_line(number, line, find_customer)
    return entries


class _Columns(NamedTuple):
    delimiter: str
    user: int
    customer: int | None


def _header(line: str) -> _Columns | None:
    """Return where user and customer stand, if the line is the header of a CSV file."""
    for delimiter in (",", ";", "\t"):
        names = [cell.strip().casefold().replace(" ", "").replace("_", "") for cell in _cells(line, delimiter)]
        user = next((names.index(name) for name in _USER if name in names), None)
        if user is not None and not any("@" in name for name in names):
            return _Columns(delimiter, user, next((names.index(name) for name in _CUSTOMER if name in names), None))
    return None


def _cells(line: str, delimiter: str) -> list[str]:
    return next(iter(csv.reader(StringIO(line), delimiter=delimiter)), [])


def _of_cells(
    number: int, line: str, columns: _Columns, find_customer: Callable[[str], str | None]
) -> Iterator[BulkEntry]:
    cells = [cell.strip() for cell in _cells(line, columns.delimiter)]
    user = cells[columns.user] if columns.user < len(cells) else ""
    named = cells[columns.customer] if columns.customer is not None and columns.customer < len(cells) else ""
    customer = find_customer(named) if named else ""
    if customer is None:
        yield _wrong(number, line, "unknownCustomer")
    elif not user:
        yield _wrong(number, line, "noUser")
    else:
        yield from _named(number, line, user, customer)


def _of_line(number: int, line: str, find_customer: Callable[[str], str | None]) -> Iterator[BulkEntry]:
    for delimiter in ("\t", ";", ","):
        cells: Sequence[str] = [cell.strip() for cell in line.split(delimiter)]
        if len(cells) == 2 and "@" not in cells[0] and (customer := find_customer(cells[0])):
            yield from _named(number, line, cells[1], customer)
            return
    yield from _named(number, line, line, "")


def _named(number: int, line: str, text: str, customer: str) -> Iterator[BulkEntry]:
    try:
        names = names_in(text)
    except AddressError:
        names = []
    if not names:
        yield _wrong(number, line, "notAUser")
    for name in names:
        yield BulkEntry(number, clean(line, _SHOWN), name, customer)


def _wrong(number: int, line: str, problem: str) -> BulkEntry:
    return BulkEntry(number, clean(line, _SHOWN), problem=problem)
