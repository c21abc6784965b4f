"""customers and users against the whole service."""

import json
from pathlib import Path

from tests.client.harness import Waits, command
from tests.system import system

FABRIKAM = "22222222-2222-2222-2222-222222222222"


async def test_customers(tmp_path: Path) -> None:
    async with system(tmp_path) as it:
        ran = await command(Waits(it), "customers")
        assert "contoso  Contoso\n  contoso.com\n" in ran.out
        assert "May be reset: Phone number, Microsoft Authenticator" in ran.out
        as_json = await command(Waits(it), "customers", "--json")
        assert [customer["customer"] for customer in json.loads(as_json.out)] == ["contoso", "fabrikam", "tailspin"]


async def test_users_of_several_customers(tmp_path: Path) -> None:
    async with system(tmp_path) as it:
        both = ("users", "--customer", "contoso", "--customer", "fabrikam")
        found = await command(Waits(it), *both, "--search", "a", "--limit", "500", "--json")
        users = json.loads(found.out)
        assert {user["customer"] for user in users} == {"contoso", "fabrikam"}
        assert len(users) > 2
        limited = await command(Waits(it), *both, "--limit", "2", "--json")
        assert len(json.loads(limited.out)) == 2
        shown = await command(Waits(it), "users", "--customer", "contoso", "--search", "adele")
        assert "adele@contoso.com  Adele Vance\n  contoso\n" in shown.out
        none = await command(Waits(it), "users", "--customer", "contoso", "--search", "zzz")
        assert (none.code, none.err) == (0, "No users match.\n")


async def test_a_customer_that_does_not_respond_is_named(tmp_path: Path) -> None:
    async with system(tmp_path) as it:
        it.world.tenants[FABRIKAM].consented = False
        ran = await command(Waits(it), "users", "--customer", "contoso", "--customer", "fabrikam")
        assert ran.code == 0
        assert "adele@contoso.com" in ran.out
        assert ran.err.startswith("fabrikam: ")
        assert "consent" in ran.err


async def test_an_unknown_customer(tmp_path: Path) -> None:
    async with system(tmp_path) as it:
        assert (await command(Waits(it), "users", "--customer", "nobody")).code in {2, 11}


async def test_a_list_is_looked_up_and_saved_for_a_request(tmp_path: Path) -> None:
    async with system(tmp_path) as it:
        listed, saved = tmp_path / "users.txt", tmp_path / "found.csv"
        listed.write_text("adele@contoso.com\nAlex <alex@fabrikam.com>\nnobody@contoso.com\n", encoding="utf-8")
        ran = await command(Waits(it), "lookup", str(listed), "--save", str(saved))
        assert ran.code == 2
        assert "Line 3: Unknown\n  nobody@contoso.com\n" in ran.out
        assert "Found: 2, Unknown: 1" in ran.err
        asked = await command(Waits(it), "request", "--file", str(saved), "--dry-run", "--json")
        assert asked.out, asked.err
        assert json.loads(asked.out)["totals"]["targets"] == 2
        listed.write_text("adele@contoso.com\n", encoding="utf-8")
        whole = await command(Waits(it), "lookup", str(listed), "--json")
        assert whole.code == 0
        assert json.loads(whole.out)["counts"] == {"found": 1}
        assert (await command(Waits(it), "lookup", str(tmp_path / "none.txt"))).code == 2
