"""audit, export and evidence against the whole service."""

import csv
import io
import json
import zipfile
from pathlib import Path

import httpx
import pytest

from mfa_reset_client import Client, UnexpectedResponseError
from mfa_reset_client.pdf import NoBrowserError, print_page
from mfa_reset_client.verify import Trusted, verify_pack
from tests.browsing import CHROMIUM, needs_chromium
from tests.client.harness import Waits, command
from tests.system import system


async def test_audit_lists_and_verifies(tmp_path: Path) -> None:
    async with system(tmp_path) as it:
        request = await it.ask(contoso=["adele@contoso.com"])
        await it.approve(request["id"])
        ran = await command(Waits(it), "audit", request["id"])
        assert ran.code == 0, ran.err
        assert "Request accepted  key:api\n" in ran.out
        assert "Decision made  owner@contoso.com\n  decision: approve\n" in ran.out
        assert ran.out.endswith("none missing or changed.\n")
        listed = await command(Waits(it), "audit", request["id"], "--json")
        assert [event["number"] for event in json.loads(listed.out)] == list(range(1, len(json.loads(listed.out)) + 1))
        verified = await command(Waits(it), "audit", request["id"], "--verify", "--json")
        assert json.loads(verified.out)["intact"] is True


async def test_a_changed_audit_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = {"requestId": "r1", "intact": False, "events": 7, "problem": "event 3 was changed"}
    transport = httpx.MockTransport(lambda _: httpx.Response(200, json=broken))
    make = Client.__init__
    monkeypatch.setattr(Client, "__init__", lambda self, *a, **k: make(self, *a, **k, transport=transport))
    async with system(tmp_path) as it:
        ran = await command(Waits(it), "audit", "r1", "--verify")
        assert (ran.code, "NOT VERIFIED: event 3 was changed" in ran.out) == (1, True)
        assert (await command(Waits(it), "audit", "r1", "--verify", "--json")).code == 1


async def test_export_writes_csv_or_json(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    async with system(tmp_path) as it:
        request = await it.ask(contoso=["adele@contoso.com"], fabrikam=["alex@fabrikam.com"])
        assert (await command(Waits(it), "export", request["id"], "--customer", "contoso")).code == 0
        rows = list(csv.DictReader(io.StringIO((tmp_path / f"mfa-reset-{request['id']}.csv").read_text("utf-8-sig"))))
        assert {row["userPrincipalName"] for row in rows} == {"adele@contoso.com"}
        ran = await command(Waits(it), "export", request["id"], "--format", "json", "--output", "out.json", "--json")
        assert json.loads(ran.out) == {"file": "out.json", "bytes": (tmp_path / "out.json").stat().st_size}
        exported = json.loads((tmp_path / "out.json").read_text("utf-8"))
        assert exported["request"]["id"] == request["id"]
        assert [target["customer"] for target in exported["targets"]] == ["contoso", "fabrikam"]
        nowhere = await command(Waits(it), "export", request["id"], "--output", "absent/out.csv")
        assert (nowhere.code, "cannot be written" in nowhere.err) == (2, True)


async def test_evidence_is_a_zip(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    async with system(tmp_path) as it:
        request = await it.ask(contoso=["adele@contoso.com"])
        ran = await command(Waits(it), "evidence", request["id"])
        assert ran.code == 0, ran.err
        assert "request.json" in zipfile.ZipFile(f"mfa-reset-{request['id']}-evidence.zip").namelist()
        assert (await command(Waits(it), "evidence", "absent")).code == 11


async def test_evidence_of_a_period_with_its_keys_and_a_pdf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("mfa_reset_client.pdf.find_browser", lambda: None)
    period = ["--customer", "contoso", "--from", "2020-01-01", "--to", "2100-01-01"]
    async with system(tmp_path) as it:
        await it.ask(contoso=["adele@contoso.com"])
        ran = await command(Waits(it), "evidence", *period, "--keys", "keys.json")
        assert ran.code == 0, ran.err
        file = tmp_path / "mfa-reset-evidence-contoso-2020-01-01-2100-01-01.zip"
        keys = json.loads((tmp_path / "keys.json").read_bytes())["keys"]
        verified = verify_pack(file.read_bytes(), Trusted(tuple(keys)))
        assert (verified.problems, verified.notes) == ((), ("there is no timestamp",))
        without = await command(Waits(it), "evidence", *period, "--pdf", "summary.pdf")
        assert (without.code, "Edge, Chrome or Chromium" in without.err) == (2, True)
        for wrong in ([], ["r1", *period], period[:4], ["--from", "2020-01-01"]):
            refused = await command(Waits(it), "evidence", *wrong)
            assert (refused.code, "--customer with --from and --to" in refused.err) == (2, True), wrong


async def test_evidence_of_one_day_has_the_requests_of_that_day(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    async with system(tmp_path) as it:
        request = await it.ask(contoso=["adele@contoso.com"])
        day = request["createdAt"][:10]
        ran = await command(Waits(it), "evidence", "--customer", "contoso", "--from", day, "--to", day)
        assert ran.code == 0, ran.err
        names = zipfile.ZipFile(f"mfa-reset-evidence-contoso-{day}-{day}.zip").namelist()
        assert f"requests/{request['id']}/request.json" in names


@needs_chromium
def test_a_page_becomes_a_pdf(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHROMIUM", str(CHROMIUM))
    assert print_page(b"<!doctype html><title>x</title><p>MFA resets").startswith(b"%PDF-")


def test_a_browser_that_fails_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHROMIUM", "/bin/false")
    with pytest.raises(NoBrowserError, match="/bin/false did not write a PDF"):
        print_page(b"")


def test_the_parts_of_a_large_export_are_one_file() -> None:
    head = {"Content-Disposition": 'attachment; filename="x.csv"', "Content-Type": "text/csv"}
    link = {
        "Link": '<https://host.example/api/reset-requests/r1/export?format=csv&customer=c&cursor=10000>; rel="next"'
    }

    def respond(request: httpx.Request) -> httpx.Response:
        assert (request.url.params["format"], request.url.params["customer"]) == ("csv", "c")
        if request.url.params.get("cursor") == "10000":
            return httpx.Response(200, headers=head, content="\ufeffuser\r\nb\r\n".encode())
        return httpx.Response(200, headers=head | link, content="\ufeffuser\r\na\r\n".encode())

    with Client("https://host.example", "k", transport=httpx.MockTransport(respond)) as client:
        assert client.export_csv("r1", customer="c") == "\ufeffuser\r\na\r\nb\r\n".encode()


def test_a_page_is_no_export() -> None:
    page = httpx.MockTransport(lambda _: httpx.Response(200, text="<html>"))
    with Client("https://host.example", "k", transport=page) as client, pytest.raises(UnexpectedResponseError):
        client.export_csv("r1")
