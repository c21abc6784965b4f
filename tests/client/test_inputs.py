"""Targets out of files."""

import json
from pathlib import Path

import pytest

from mfa_reset_client.inputs import BadFileError, read_targets, without_repeats
from mfa_reset_client.models import TargetsOfCustomer

ADELE_AND_ALEX = [
    TargetsOfCustomer(customer="contoso", users=["adele@contoso.com"]),
    TargetsOfCustomer(customer="fabrikam", users=["alex@fabrikam.com"]),
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
def test_files_as_people_have_them(tmp_path: Path, name: str, text: str) -> None:
    path = tmp_path / name
    path.write_text(text, "utf-8")
    assert read_targets(path) == ADELE_AND_ALEX


@pytest.mark.parametrize(
    ("name", "text", "mistakes"),
    [
        ("a.csv", "", ["a.csv line 1"]),
        ("a.csv", "name,user\n", ["a.csv line 1"]),
        ("a.csv", "customer,user\n", ["names no user"]),
        ("a.csv", "customer,user\ncontoso,\n,x\nc,y\n", ["line 2: has no user", "line 3: has no customer"]),
        ("a.json", "{", ["is not JSON"]),
        ("a.json", "[]", ["names no user"]),
        ("a.json", '{"targets":[{"customer":"c","users":[1]}]}', ["/targets/0/users/0"]),
        ("a.json", '{"targets":[], "reason":"x"}', ["/reason"]),
        ("a.json", '[{"customer":"c","users":["u"],"user":"v"}]', ["/0/user: is not known"]),
        ("absent.csv", None, ["cannot be read"]),
    ],
)
def test_every_mistake_has_its_place(tmp_path: Path, name: str, text: str | None, mistakes: list[str]) -> None:
    path = tmp_path / name
    if text is not None:
        path.write_text(text)
    with pytest.raises(BadFileError) as caught:
        read_targets(path)
    assert len(caught.value.mistakes) == len(mistakes)
    for mistake, said in zip(mistakes, caught.value.mistakes, strict=True):
        assert mistake in said


def test_many_mistakes_are_not_all_shown() -> None:
    assert str(BadFileError(["x"] * 30)).splitlines()[-1] == "... and 10 more"


def test_repeats_are_left_out() -> None:
    groups = [
        TargetsOfCustomer(customer="contoso", users=["adele@contoso.com", "alex@contoso.com"]),
        TargetsOfCustomer(customer="Contoso ", users=["ADELE@contoso.com", "kim@contoso.com"]),
    ]
    kept, repeats = without_repeats(groups)
    users = ["adele@contoso.com", "alex@contoso.com", "kim@contoso.com"]
    assert kept == [TargetsOfCustomer(customer="contoso", users=users)]
    assert repeats == 1
