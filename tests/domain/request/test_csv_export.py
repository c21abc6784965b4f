"""The CSV of a request: whole, and safe to open."""

import csv
import io
from datetime import UTC, datetime

import pytest

from domain.methods import STANDARD_SCOPE, MethodType
from domain.outcomes import MethodOutcome, TargetOutcome
from domain.request.csv_export import COLUMNS, cell, csv_lines
from domain.request.reset_request import ResetRequest
from domain.request.target import Target, TargetMethod

AT = datetime(2026, 1, 5, 9, 30, tzinfo=UTC)
REQUEST = ResetRequest(
    id="r-1", created_at=AT, source="api", ticket="=1+1", methods=list(STANDARD_SCOPE), target_count=2, ranges=[]
)
PHONE = TargetMethod(type=MethodType.PHONE, id="p", label="mobile •••21", outcome=MethodOutcome.DELETED)
APP = TargetMethod(type=MethodType.MICROSOFT_AUTHENTICATOR, id="a", label='He said "hi", twice\nand left')


def rows(*targets: Target) -> list[dict[str, str]]:
    text = b"".join(csv_lines(REQUEST, targets)).decode()
    return list(csv.DictReader(io.StringIO(text, newline="")))


def test_one_line_per_user_and_method_and_one_for_who_has_none() -> None:
    adele = Target(number=0, customer="contoso", asked="adele@contoso.com", methods=[PHONE, APP], ended_at=AT)
    lynne = Target(number=1, customer="contoso", asked="lynne@contoso.com", outcome=TargetOutcome.ALREADY_CLEAR)
    found = rows(adele, lynne)
    assert [(row["userPrincipalName"], row["methodType"]) for row in found] == [
        ("adele@contoso.com", "phone"),
        ("adele@contoso.com", "microsoftAuthenticator"),
        ("lynne@contoso.com", ""),
    ]
    assert found[0]["methodOutcome"] == "deleted"
    assert found[0]["endedAt"] == "2026-01-05T09:30:00.000Z"
    assert found[1]["methodLabel"] == 'He said "hi", twice\nand left'
    assert tuple(found[0]) == COLUMNS


@pytest.mark.parametrize(
    "text",
    ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", " =1", "=cmd|' /C calc'!A0", "＝1", "＠x"],  # noqa: RUF001
)
def test_no_cell_is_a_formula(text: str) -> None:
    target = Target(number=0, customer="contoso", asked="x", display_name=text, detail=text)
    (row,) = rows(target)
    assert row["displayName"] == f"'{text}"
    assert row["ticket"] == "'=1+1"


@pytest.mark.parametrize("text", ["", "Adele", "1-2", "a=b", "adele@contoso.com"])
def test_other_cells_are_as_they_are(text: str) -> None:
    assert cell(text) == text
