"""`mfa-reset customers` and `mfa-reset customers discover` against the served app."""

import json
from io import StringIO
from pathlib import Path

import pytest

from domain.policy.check import main
from mfa_reset_client.new_files import NewFileError, write_new_file
from tests.client.harness import Waits, command
from tests.partner import partner_policy
from tests.system import system


async def test_without_a_command_the_customers_are_listed(tmp_path: Path) -> None:
    async with system(tmp_path) as it:
        ran = await command(Waits(it), "customers", "--json")
        assert [one["customer"] for one in json.loads(ran.out)] == ["contoso", "fabrikam", "tailspin"]


async def test_discover_shows_what_is_new_what_ends_and_how_far_it_is(tmp_path: Path) -> None:
    async with system(tmp_path, policy=partner_policy(tmp_path)) as it:
        it.world.relate("home", "contoso", days=10)
        it.world.relate("home", "fabrikam", days=10, auto_extend="P180D")
        it.world.relate("home", name="Northwind Traders", domain="northwind.example")
        it.world.tenant("fabrikam").consented = False
        ran = await command(Waits(it), "customers", "discover")
        assert ran.code == 0
        assert "In the policy  Contoso" in ran.out
        assert "The relationship ends" in ran.out
        assert "1 role: Helpdesk Administrator" in " ".join(ran.out.split())
        assert "Not in the policy  Northwind Traders" in ran.out
        assert "Proposed: customers/northwind-traders.toml" in ran.out
        assert "No relationship  Tailspin Toys" in ran.out
        assert "extends itself" in ran.out
        assert f"{it.world.tenant('fabrikam').id}/adminconsent" in ran.out.replace("\n", "").replace(" ", "")
        assert "Read 4 of 4 customers." in ran.err
        ran = await command(Waits(it), "customers", "discover", "--state", "new", "--json")
        assert [one["name"] for one in json.loads(ran.out)] == ["Northwind Traders"]


async def test_progress_is_told_page_by_page(tmp_path: Path) -> None:
    async with system(tmp_path, policy=partner_policy(tmp_path)) as it:
        for number in range(120):
            it.world.relate("home", name=f"Customer {number:04d}", domain=f"c{number:04d}.example")
        ran = await command(Waits(it), "customers", "discover", "--state", "new", "--json")
        assert len(json.loads(ran.out)) == 120
        assert "Read 100 of 120 customers.\nRead 120 of 120 customers." in ran.err


async def test_write_makes_files_that_the_policys_check_takes_and_overwrites_none(tmp_path: Path) -> None:
    policy = partner_policy(tmp_path)
    async with system(tmp_path, policy=policy) as it:
        it.world.relate("home", name="Northwind Traders", domain="northwind.example")
        it.world.relate("home", name='Wood "Grove"', domain="woodgrove.example")
        folder = tmp_path / "customers"
        folder.mkdir()
        (folder / "wood-grove.toml").write_text("# reviewed\n", "utf-8")
        before = policy.read_bytes()
        ran = await command(Waits(it), "customers", "discover", "--write", str(folder))
        assert ran.code == 0
        assert "Wrote 1 new file to" in ran.err
        assert "wood-grove.toml is there already and stays as it is" in ran.err.replace("\n", " ")
        assert (folder / "wood-grove.toml").read_text("utf-8") == "# reviewed\n"
        assert 'name = "Northwind Traders"' in (folder / "northwind-traders.toml").read_text("utf-8")
        assert sorted(file.name for file in folder.iterdir()) == ["northwind-traders.toml", "wood-grove.toml"]
        assert policy.read_bytes() == before
        (folder / "wood-grove.toml").unlink()
        assert (await command(Waits(it), "customers", "discover", "--write", str(folder))).code == 0
        out = StringIO()
        assert main(["--without-secrets", str(policy)], {}, out) == 0, out.getvalue()
        assert "5 customers (2 in files of their own)" in out.getvalue()


async def test_where_it_is_off_the_command_says_so(tmp_path: Path) -> None:
    async with system(tmp_path) as it:
        ran = await command(Waits(it), "customers", "discover")
        assert ran.code == 11
        assert "[partner] tenantId" in ran.err


async def test_a_missing_permission_is_named(tmp_path: Path) -> None:
    async with system(tmp_path, policy=partner_policy(tmp_path)) as it:
        it.world.tenant("home").granted = frozenset({"User.Read.All"})
        ran = await command(Waits(it), "customers", "discover")
        assert ran.code == 12
        assert "DelegatedAdminRelationship.Read.All" in ran.err


@pytest.mark.parametrize("name", ["../x.toml", "/etc/x.toml", "x", ".x.toml", "a/b.toml", "a\\b.toml", "x.toml\n", ""])
def test_a_name_that_leads_elsewhere_is_not_written(tmp_path: Path, name: str) -> None:
    with pytest.raises(NewFileError):
        write_new_file(tmp_path, name, "x")
    assert list(tmp_path.iterdir()) == []


def test_a_file_is_there_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("mfa_reset_client.new_files.os.fsync", full)
    with pytest.raises(NewFileError, match="No space left"):
        write_new_file(tmp_path, "k.toml", "x")
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_comes_meanwhile_stays_as_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def somebody_else(_: int) -> None:
        (tmp_path / "k.toml").write_text("theirs")

    monkeypatch.setattr("mfa_reset_client.new_files.os.fsync", somebody_else)
    assert write_new_file(tmp_path, "k.toml", "ours") is False
    assert [file.read_text() for file in tmp_path.iterdir()] == ["theirs"]


def test_without_links_files_are_written_all_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_links(_: Path, __: Path) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(Path, "hardlink_to", no_links)
    assert write_new_file(tmp_path, "k.toml", "ours")
    assert write_new_file(tmp_path, "k.toml", "again") is False
    assert (tmp_path / "k.toml").read_text() == "ours"


def test_a_file_in_the_place_of_the_folder_is_named(tmp_path: Path) -> None:
    (tmp_path / "customers").write_text("x")
    with pytest.raises(NewFileError, match="is no folder"):
        write_new_file(tmp_path / "customers", "k.toml", "x")
