"""The table of docs/index.md: each part around a reset is off by default, has a page with a picture, and is everywhere it is said to be."""

import re

import pytest
import typer

from domain.policy.model import Policy
from mfa_reset_client.cli import app
from tests.system import ROOT
from triggers.api.openapi_document import description
from web.console_labels import EVENT

_SECTION = (ROOT / "docs/index.md").read_text("utf-8").partition("## Around a reset")[2]
ROWS = [
    [cell.strip() for cell in line.strip("|").split("|")] for line in _SECTION.splitlines() if line.startswith("| [")
]
OFF = {
    "verification.required": "never",
    "bootstrap.accessPass": "never",
    "profiles.compromised": None,
    "followUp.after": None,
    "reconciliation.enabled": False,
}


def named(cell: str) -> list[str]:
    return re.findall(r"`([^`]+)`", cell)


def test_every_part_is_in_the_table_once() -> None:
    pages = [re.findall(r"\(([a-z-]+\.md)\)", row[0]) for row in ROWS]
    known = "verification forecast bootstrap containment phone-numbers follow-up reconciliation"
    assert pages == [[f"{name}.md"] for name in known.split()]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0])
def test_each_has_a_page_with_a_picture(row: list[str]) -> None:
    (page,) = re.findall(r"\(([a-z-]+\.md)\)", row[0])
    text = (ROOT / "docs" / page).read_text("utf-8")
    pictures = re.findall(r"!\[[^\]]+\]\((pictures/[a-z-]+\.png)\)", text)
    assert pictures
    assert all((ROOT / "docs" / picture).is_file() for picture in pictures)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0])
def test_each_is_off_unless_the_policy_or_a_request_asks_for_it(row: list[str]) -> None:
    if row[1] == "always on":
        assert "forecast" in row[0]
        return
    (key,) = named(row[1])
    if "of a request" in row[1]:
        assert _schemas()["NewResetRequest"]["properties"][key]["default"] is None
        return
    table, _, own = key.partition(".")
    part = next(each for each in Policy.model_fields.values() if each.alias == table).get_default(
        call_default_factory=True
    )
    assert part.model_dump(by_alias=True)[own] == OFF[key]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0])
def test_each_is_in_the_api_the_clients_and_the_audit(row: list[str]) -> None:
    paths, schemas = description()["paths"], _schemas()
    for name in named(row[2]):
        kind, _, field = name.partition(".")
        assert name in paths if name.startswith("/") else field in schemas[kind]["properties"], name
    commands = set(typer.main.get_command(app).commands)  # type: ignore[attr-defined]
    assert set(named(row[3])) <= commands
    functions = {path.stem for path in (ROOT / "powershell/MfaReset/Public").glob("*.ps1")}
    assert set(named(row[4])) <= functions
    assert set(named(row[5])) <= EVENT.keys()
    assert all(named(cell) for cell in row[2:])


def _schemas() -> dict[str, dict[str, dict[str, dict[str, object]]]]:
    schemas: dict[str, dict[str, dict[str, dict[str, object]]]] = description()["components"]["schemas"]
    return schemas
