"""A request's targets as CSV: one line per user and method, safe to open in a spreadsheet."""

import csv
import io
from collections.abc import Iterable, Iterator

from domain.model import iso
from domain.request.reset_request import ResetRequest
from domain.request.target import Target, TargetMethod
from domain.text import without_unseen

COLUMNS = (
    "request", "ticket", "customer", "tenantId", "userPrincipalName", "displayName", "userId", "outcome", "reason",
    "detail", "sessionsRevoked", "endedAt", "followUp", "methodType", "methodLabel", "methodDefault", "methodOutcome",
    "methodDetail", "graphRequestId", "forecast",
)  # fmt: skip

# What spreadsheets take for the start of a formula (OWASP, "CSV Injection"), also in the wide forms of East Asian text.
_FORMULA = tuple("=+-@\t\r\n＝＋－＠")  # noqa: RUF001 - the wide forms are meant
# Excel reads a file as UTF-8 only with this in front.
BYTE_ORDER_MARK = b"\xef\xbb\xbf"


def csv_lines(request: ResetRequest, targets: Iterable[Target], *, header: bool = True) -> Iterator[bytes]:
    """Return the lines of the file, in UTF-8, each with its end; the first has the names of the columns."""
    if header:
        yield csv_line(COLUMNS)
    for target in targets:
        of_user = (
            request.id,
            request.ticket,
            target.customer,
            target.tenant_id,
            target.user_principal_name or target.asked,
            target.display_name,
            target.user_id,
            target.outcome.value,
            target.reason,
            target.detail,
            _flag(target.sessions_revoked),
            iso(target.ended_at) if target.ended_at else "",
            target.follow_up.state if target.follow_up else "",
        )
        for of_method in map(_of_method, target.methods) if target.methods else [("",) * 6]:
            yield csv_line((*of_user, *of_method, target.forecast or ""))


def cell(text: str) -> str:
    """`text` as a cell that no spreadsheet runs, an apostrophe in front makes it text, and that reads as it is written."""
    text = without_unseen(text)
    return f"'{text}" if text.startswith(_FORMULA) or text.lstrip().startswith(_FORMULA) else text


def _of_method(method: TargetMethod) -> tuple[str, ...]:
    return (
        method.type.value,
        method.label,
        _flag(method.is_default),
        method.outcome.value,
        method.detail,
        method.request_id or "",
    )


def _flag(value: object) -> str:
    return "" if value is None else str(value).lower()


def csv_line(cells: Iterable[str]) -> bytes:
    """Return a line of a CSV file, in UTF-8, with its end and cells that no spreadsheet runs."""
    out = io.StringIO()
    csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\r\n").writerow([cell(text) for text in cells])
    return out.getvalue().encode()
