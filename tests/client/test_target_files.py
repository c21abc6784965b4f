"""Targets from files."""

import json
from pathlib import Path

import pytest

from mfa_reset_client.models import CustomerTargets
from mfa_reset_client.target_files import TargetFileError, read_targets, remove_duplicates

ADELE_AND_ALEX = [
    CustomerTargets(customer="contoso", users=["adele@contoso.com"]),
    CustomerTargets(customer="fabrikam", users=["alex@fabrikam.com"]),
]
JSON = json.dumps([group.to_json() for group in ADELE_AND_ALEX])


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.csv", "customer,user\ncontoso,adele@contoso.com\nfabrikam,alex@fabrikam.com\n"),
        ("a.csv", "\ufeffUser Principal Name;Left on;Customer\r\nadele@contoso.com;1 May;contoso\r\n\r\nalex@fabrikam.com;;fabrikam"),
        ("a.txt", 'customer,user\n"contoso", adele@contoso.com \nfabrikam,alex@fabrikam.com\n,\n'),
        ("a.json", JSON),
        ("a.JSON", f'{{"targets":{JSON}}}'),
    ],
)  # fmt: skip
def test_csv_and_json_files(tmp_path: Path, name: str, text: str) -> None:
    path = tmp_path / name
    path.write_text(text, "utf-8")
    assert read_targets(path) == ADELE_AND_ALEX


@pytest.mark.parametrize(
    ("name", "text", "mistakes"),
    [
        ("a.csv", "", ["a.csv line 1"]),
        ("a.csv", "name,user\n", ["a.csv line 1"]),
        ("a.csv", "customer,user\n", ["contains no users"]),
        ("a.csv", "customer,user\ncontoso,\n,x\nc,y\n", ["line 2: no user", "line 3: no customer"]),
        ("a.json", "{", ["is not JSON"]),
        ("a.json", "[]", ["contains no users"]),
        ("a.json", '{"targets":[{"customer":"c","users":[1]}]}', ["/targets/0/users/0"]),
        ("a.json", '{"targets":[], "reason":"x"}', ["/reason"]),
        ("a.json", '[{"customer":"c","users":["u"],"user":"v"}]', ["/0/user: unknown field"]),
        ("absent.csv", None, ["cannot be read"]),
    ],
)
def test_every_mistake_is_reported_with_its_place(
    tmp_path: Path, name: str, text: str | None, mistakes: list[str]
) -> None:
    path = tmp_path / name
    if text is not None:
        path.write_text(text)
    with pytest.raises(TargetFileError) as caught:
        read_targets(path)
    assert len(caught.value.mistakes) == len(mistakes)
    for mistake, reported in zip(mistakes, caught.value.mistakes, strict=True):
        assert mistake in reported


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_encodings_of_windows(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes("customer,user\r\ncontoso,søren@contoso.com\r\n".encode(encoding))
    assert read_targets(path) == [CustomerTargets(customer="contoso", users=["søren@contoso.com"])]


def test_another_encoding_is_named(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes("customer,user\r\ncontoso,søren@contoso.com\r\n".encode("cp1252"))
    with pytest.raises(TargetFileError, match="save it as CSV UTF-8"):
        read_targets(path)


def test_only_some_of_many_mistakes_are_reported() -> None:
    assert str(TargetFileError(["x"] * 30)).splitlines()[-1] == "... and 10 more"


def test_duplicates_are_removed() -> None:
    groups = [
        CustomerTargets(customer="contoso", users=["adele@contoso.com", "alex@contoso.com"]),
        CustomerTargets(customer="Contoso ", users=["ADELE@contoso.com", "kim@contoso.com"]),
    ]
    kept, duplicates = remove_duplicates(groups)
    users = ["adele@contoso.com", "alex@contoso.com", "kim@contoso.com"]
    assert kept == [CustomerTargets(customer="contoso", users=users)]
    assert duplicates == 1
