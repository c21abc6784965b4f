"""Read targets from CSV and JSON files. All mistakes are reported at once, each with its place."""

import codecs
import csv
import json
from collections.abc import Iterable, Sequence
from io import StringIO
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from mfa_reset_client.messages import Message, file_error
from mfa_reset_client.models import CustomerTargets

_TARGETS = TypeAdapter(list[CustomerTargets])
_USER_COLUMNS = ("user", "userprincipalname", "upn", "userid")
_MAX_REPORTED = 20


class TargetFileError(ValueError):
    """The file cannot be read as targets; `mistakes` has one line per mistake, `reported` no more of them than a person reads."""

    def __init__(self, mistakes: Sequence[str]) -> None:
        left = len(mistakes) - _MAX_REPORTED
        more = [Message("... and %(number)s more", number=left)] if left > 0 else []
        self.mistakes = list(mistakes)
        self.reported = [*mistakes[:_MAX_REPORTED], *more]
        super().__init__("\n".join(self.reported))


def read_targets(path: Path) -> list[CustomerTargets]:
    """Return the targets in a .json file ({"targets": [...]} or the list alone) or a CSV file with columns customer and user.

    Raises:
        TargetFileError: The file cannot be read, or has mistakes.
    """
    text = _read(path)
    groups = _of_json(text, path.name) if path.suffix.lower() == ".json" else _of_csv(text, path.name)
    if not groups:
        raise TargetFileError([Message("%(file)s contains no users", file=path.name)])
    return groups


def read_text(path: Path) -> str:
    """Return the text of a list of users. Raises: TargetFileError."""
    return _read(path)


def to_csv(rows: Iterable[tuple[str, str]]) -> str:
    """Return customers and users as a CSV file that `read_targets` reads."""
    out = StringIO()
    csv.writer(out, lineterminator="\n").writerows([("customer", "user"), *rows])
    return out.getvalue()


def remove_duplicates(groups: list[CustomerTargets]) -> tuple[list[CustomerTargets], int]:
    """Return one group per customer with each user once, and the number of duplicates removed."""
    by_customer: dict[str, dict[str, str]] = {}
    names: dict[str, str] = {}
    given = 0
    for group in groups:
        customer = group.customer.strip()
        users = by_customer.setdefault(names.setdefault(customer.casefold(), customer), {})
        for user in group.users:
            users.setdefault(user.strip().casefold(), user.strip())
            given += 1
    kept = [CustomerTargets(customer=name, users=list(users.values())) for name, users in by_customer.items()]
    return kept, given - sum(len(group.users) for group in kept)


def _read(path: Path) -> str:
    try:
        content = path.read_bytes()
        # Excel begins a UTF-8 file with a byte order mark; Windows PowerShell redirects text as UTF-16.
        is_utf16 = content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
        return content.decode("utf-16" if is_utf16 else "utf-8-sig")
    except OSError as error:
        message = Message("%(file)s cannot be read: %(reason)s", file=path.name, reason=file_error(error))
        raise TargetFileError([message]) from None
    except UnicodeDecodeError:
        raise TargetFileError(
            [Message("%(file)s is not UTF-8; in Excel, save it as CSV UTF-8", file=path.name)]
        ) from None


def _of_json(text: str, name: str) -> list[CustomerTargets]:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise TargetFileError([Message("%(file)s is not JSON: %(reason)s", file=name, reason=str(error))]) from None
    at = ""
    if isinstance(value, dict):
        extra = sorted(value.keys() - {"targets"})
        if extra:  # it would be ignored silently
            raise TargetFileError(
                [
                    Message(
                        "%(place)s: not allowed in the file, which holds only targets; use the option",
                        place=f"{name} /{key}",
                    )
                    for key in extra
                ]
            )
        value, at = value.get("targets"), "/targets"
    try:
        groups = _TARGETS.validate_python(value, strict=True)
    except ValidationError as error:
        raise TargetFileError(
            [
                f"{name} {at}{''.join(f'/{part}' for part in mistake['loc'])}: {mistake['msg']}"
                for mistake in error.errors(include_url=False, include_input=False)
            ]
        ) from None
    extras = [
        Message("%(place)s: unknown field", place=f"{name} {at}/{number}/{key}")
        for number, group in enumerate(groups)
        for key in (group.model_extra or {})
    ]
    if extras:
        raise TargetFileError(extras)
    return groups


def _of_csv(text: str, name: str) -> list[CustomerTargets]:
    head = text.split("\n", 1)[0]
    rows = csv.reader(StringIO(text), delimiter=";" if ";" in head and "," not in head else ",")
    columns = [column.strip().casefold().replace(" ", "") for column in next(rows, [])]
    user_column = next((column for column in _USER_COLUMNS if column in columns), None)
    if "customer" not in columns or user_column is None:
        raise TargetFileError(
            [Message("%(file)s line 1: the header must name the columns customer and user", file=name)]
        )
    customer_at, user_at = columns.index("customer"), columns.index(user_column)
    groups: dict[str, list[str]] = {}
    mistakes: list[str] = []
    for row in rows:
        if not any(cell.strip() for cell in row):
            continue
        customer, user = (row[at].strip() if at < len(row) else "" for at in (customer_at, user_at))
        if not customer or not user:
            missing = Message("no user") if customer else Message("no customer")
            mistakes.append(
                Message("%(file)s line %(line)s: %(missing)s", file=name, line=rows.line_num, missing=missing)
            )
        else:
            groups.setdefault(customer, []).append(user)
    if mistakes:
        raise TargetFileError(mistakes)
    return [CustomerTargets(customer=customer, users=users) for customer, users in groups.items()]
