"""Proposed files pass the policy's check with the rest of the policy, whatever a tenant is called."""

import shutil
import subprocess
import tomllib
from io import StringIO
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.partner.proposals import Proposal, keys_of, patch_of, propose
from domain.policy.check import main
from domain.policy.files import CustomerFile
from domain.policy.load import Policy, parse_policy

TEXT = """
[approval]
approvers = ["lead@msp.example", "second@msp.example"]
[customers.contoso]
tenantId = "11111111-1111-1111-1111-111111111111"
name = "Contoso"
domains = ["contoso.com"]
"""
POLICY = parse_policy(TEXT, None)
ID = "aaaaaaaa-aaaa-aaaa-aaaa-aaaaaaaaaaaa"
OTHER = "bbbbbbbb-bbbb-bbbb-bbbb-bbbbbbbbbbbb"


def accepted(*proposals: Proposal, text: str = TEXT) -> Policy:
    """The policy with these files beside it. Raises: PolicyError."""
    files = tuple(CustomerFile(proposal.key, proposal.file, proposal.text) for proposal in proposals)
    return parse_policy(text, None, "policy.toml", files)


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("Northwind Traders", "northwind-traders"),
        ("Köhler & Söhne GmbH", "kohler-sohne"),
        ("Example Inc.", "example"),
        ("Contoso", "contoso-aaaaaaaa"),  # the policy has it
        ("CONTOSO Ltd", "contoso-aaaaaaaa"),
        ("株式会社", "tenant-aaaaaaaa"),
        ("con", "con-aaaaaaaa"),  # no name of a file on Windows
        ("", "tenant-aaaaaaaa"),
        ("x" * 200, "x" * 40),
    ],
)
def test_a_key_is_made_of_the_name(name: str, key: str) -> None:
    assert keys_of({ID: name}, POLICY) == {ID: key}


def test_two_of_one_name_have_keys_that_do_not_depend_on_each_other() -> None:
    assert keys_of({ID: "Fabrikam", OTHER: "Fabrikam Inc"}, POLICY) == {
        ID: "fabrikam-aaaaaaaa",
        OTHER: "fabrikam-bbbbbbbb",
    }


@given(
    st.text(max_size=120), st.text(max_size=120), st.lists(st.from_regex(r"[a-z]{1,9}\.(com|example)", fullmatch=True))
)
def test_whatever_the_name_the_file_passes_with_the_rest(name: str, other: str, domains: list[str]) -> None:
    keys = keys_of({ID: name, OTHER: other}, POLICY)
    first = propose(keys[ID], ID, name, domains, POLICY)
    policy = accepted(first, propose(keys[OTHER], OTHER, other, [], POLICY))
    made = policy.customers[keys[ID]]
    assert made.tenant_id == ID
    assert set(made.domains) == set(domains) - {"contoso.com"}
    assert policy.approvers_of(keys[ID]) == ("lead@msp.example", "second@msp.example")
    assert first.text.splitlines()[0].startswith("# ")


def test_names_stay_as_they_are_but_for_what_nobody_sees() -> None:
    text = propose("k", ID, 'A "quoted" \\ name\x7f\u202e 🏢', None, POLICY).text
    assert tomllib.loads(text)["name"] == 'A "quoted" \\ name 🏢'


def test_domains_of_another_customer_and_strange_ones_are_left_out_and_named() -> None:
    made = propose("k", ID, "K", ["Good.example", "contoso.com", "no_domain", "good.example"], POLICY)
    assert tomllib.loads(made.text)["domains"] == ["good.example"]
    assert made.taken == ("contoso.com",)
    assert "contoso.com is not listed" in made.text


def test_what_could_not_be_read_is_left_to_a_person() -> None:
    text = propose("k", ID, "K", None, POLICY).text
    assert "domains" not in tomllib.loads(text)
    assert "could not be read" in text


def test_without_general_approvers_the_file_says_that_it_needs_some() -> None:
    text = TEXT.replace('approvers = ["lead@msp.example", "second@msp.example"]', "").replace(
        'name = "Contoso"', 'name = "Contoso"\napprovers = ["owner@contoso.com"]'
    )
    made = propose("k", ID, "K", [], parse_policy(text, None))
    assert "# approvers = []" in made.text
    filled = made._replace(text=made.text.replace("# approvers = []", 'approvers = ["owner@k.example"]'))
    assert accepted(filled, text=text).approvers_of("k") == ("owner@k.example",)


def test_the_command_that_checks_policies_takes_the_files(tmp_path: Path) -> None:
    (tmp_path / "policy.toml").write_text(TEXT, "utf-8")
    (tmp_path / "customers").mkdir()
    made = propose("northwind", ID, "Northwind", ["northwind.example"], POLICY)
    (tmp_path / made.file).write_text(made.text, "utf-8")
    out = StringIO()
    assert main([str(tmp_path / "policy.toml")], {}, out) == 0, out.getvalue()
    assert "2 customers (1 in files of their own)" in out.getvalue()


def test_git_applies_the_patch_and_gets_the_same_files(tmp_path: Path) -> None:
    git = shutil.which("git")
    assert git
    subprocess.run([git, "init", "-q", str(tmp_path)], check=True)
    made = [propose("a", ID, "A\u2028B \x85 C", ["a.example"], POLICY), propose("b", OTHER, "B", None, POLICY)]
    applied = subprocess.run(
        [git, "-C", str(tmp_path), "apply", "-"], input=patch_of(made).encode(), capture_output=True, check=False
    )
    assert applied.returncode == 0, applied.stderr
    for proposal in made:
        assert (tmp_path / proposal.file).read_text("utf-8") == proposal.text
    again = subprocess.run(
        [git, "-C", str(tmp_path), "apply", "-"], input=patch_of(made).encode(), capture_output=True, check=False
    )
    assert again.returncode != 0  # a file that is there stays as it is
