"""Exports and the evidence pack of a real run, and what the check says of packs that were changed."""

import csv
import hashlib
import io
import json
import zipfile
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from domain.audit.evidence_pack import MANIFEST
from domain.request.plan import VERSION
from mfa_reset_client.verify import verify_pack
from mfa_reset_client.verify.__main__ import main
from mfa_reset_client.verify.plan import plan_digest
from tests.system import System, system
from triggers.api import exports


@pytest.fixture
async def it(tmp_path: Path) -> AsyncIterator[System]:
    async with system(tmp_path) as made:
        yield made


async def reset(it: System) -> str:
    request = await it.ask(
        contoso=["adele@contoso.com", "isaiah@contoso.com", "breakglass@contoso.com", "nobody@contoso.com"],
        fabrikam=["alex@fabrikam.com"],
    )
    await it.approve(request["id"])
    return str(request["id"])


@pytest.mark.azure_storage
async def test_csv_and_json(it: System) -> None:
    request_id = await reset(it)
    answer = await it.http.get(f"/api/reset-requests/{request_id}/export", params={"format": "csv"})
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["content-disposition"] == f'attachment; filename="mfa-reset-{request_id}.csv"'
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"), newline="")))
    targets = await it.targets(request_id)
    assert len(rows) == sum(len(target["methods"]) or 1 for target in targets)
    assert {row["userPrincipalName"] for row in rows} == {target["userPrincipalName"] for target in targets}
    one = await it.http.get(f"/api/reset-requests/{request_id}/export?format=csv&customer=fabrikam.com")
    assert {row["customer"] for row in csv.DictReader(io.StringIO(one.content.decode("utf-8-sig")))} == {"fabrikam"}
    value = await it.call("GET", f"/api/reset-requests/{request_id}/export")
    assert value["request"] == await it.shown(request_id)
    assert value["targets"] == targets
    assert value["cursor"] is None


@pytest.mark.azure_storage
async def test_large_exports_come_in_parts(it: System, monkeypatch: pytest.MonkeyPatch) -> None:
    request_id = await reset(it)
    monkeypatch.setattr(exports, "MAX_USERS", 2)
    found: list[str] = []
    place: str | None = f"/api/reset-requests/{request_id}/export?customer=contoso"
    while place:
        answer = await it.http.get(place)
        found += [target["userPrincipalName"] for target in answer.json()["targets"]]
        place = answer.links.get("next", {}).get("url")
    assert found == ["adele@contoso.com", "isaiah@contoso.com", "breakglass@contoso.com", "nobody@contoso.com"]


@pytest.mark.azure_storage
@pytest.mark.parametrize("query", ["format=xml", "customer=nobody", "cursor=x"])
async def test_what_an_export_does_not_know(it: System, query: str) -> None:
    request = await it.ask(contoso=["adele@contoso.com"])
    problem = await it.call("GET", f"/api/reset-requests/{request['id']}/export?{query}", 400)
    assert problem["errors"][0]["pointer"] == f"/query/{query.partition('=')[0]}"


@pytest.mark.azure_storage
async def test_the_evidence_of_a_request_is_whole_and_says_what_the_api_says(it: System, tmp_path: Path) -> None:
    request_id = await reset(it)
    answer = await it.http.get(f"/api/reset-requests/{request_id}/evidence")
    assert answer.headers["content-type"] == "application/zip"
    archive = zipfile.ZipFile(io.BytesIO(answer.content))
    assert json.loads(archive.read("request.json")) == await it.shown(request_id)
    audit = await it.audit(request_id)
    assert [json.loads(line) for line in archive.read("audit.jsonl").splitlines()] == audit
    targets = [json.loads(line) for line in archive.read("targets.jsonl").splitlines()]
    assert targets == await it.targets(request_id)

    file, out = tmp_path / "pack.zip", io.StringIO()
    file.write_bytes(answer.content)
    assert main([str(file), "--head", audit[-1]["hash"]], out) == 0
    assert f"{len(audit)} audit events are complete" in out.getvalue()
    assert main([str(file), "--head", "0" * 64], io.StringIO()) == 1
    assert main([str(tmp_path / "none.zip")], io.StringIO()) == 2


@pytest.mark.azure_storage
async def test_the_evidence_of_a_denied_request_and_of_one_that_waits(it: System) -> None:
    request = await it.ask(contoso=["adele@contoso.com"])
    for _ in range(2):
        answer = await it.http.get(f"/api/reset-requests/{request['id']}/evidence")
        checked = verify_pack(answer.content)
        assert checked.problems == ()
        assert request["id"] in checked.what
        (link,) = it.links(request["id"]).values()
        await it.decide(link, "deny", comment="Not her")


def changed(pack: bytes, name: str, change: Callable[[bytes], bytes], *, manifest: bool = False) -> bytes:
    """The pack with one file changed; with `manifest`, by somebody who knows that there is one."""
    source, out = zipfile.ZipFile(io.BytesIO(pack)), io.BytesIO()
    files = {entry: source.read(entry) for entry in source.namelist()}
    files[name] = change(files[name])
    if manifest:
        value = json.loads(files[MANIFEST])
        value["files"][name] = hashlib.sha256(files[name]).hexdigest()
        files[MANIFEST] = json.dumps(value).encode()
    with zipfile.ZipFile(out, "w") as target:
        for entry, content in files.items():
            if content:
                target.writestr(entry, content)
    return out.getvalue()


@pytest.mark.azure_storage
async def test_every_change_is_found(it: System) -> None:
    request_id = await reset(it)
    pack = (await it.http.get(f"/api/reset-requests/{request_id}/evidence")).content

    def adele(content: bytes) -> bytes:
        assert b"adele" in content
        return content.replace(b"adele", b"alice")

    def of_event(content: bytes) -> bytes:
        return content.replace(b'"approve"', b'"deny"')

    for name in ("request.json", "targets.jsonl", "outcomes.csv", "decisions.json", "audit.jsonl", "plan.jsonl"):
        assert verify_pack(changed(pack, name, lambda content: content + b"\n")).problems == (f"{name} was changed",)
        assert verify_pack(changed(pack, name, lambda _: b"")).problems == (f"{name} is missing",)
    assert verify_pack(changed(pack, "targets.jsonl", adele)).problems
    assert verify_pack(changed(pack, MANIFEST, lambda _: b"")).problems
    # Somebody who makes the manifest anew still meets the chain, the plan digest and the decisions in the audit.
    assert "the audit is broken" in verify_pack(changed(pack, "audit.jsonl", of_event, manifest=True)).problems[0]

    def shorter(content: bytes) -> bytes:
        return b"".join(content.splitlines(keepends=True)[:-1])

    assert "the audit is broken" in verify_pack(changed(pack, "audit.jsonl", shorter, manifest=True)).problems[0]
    assert verify_pack(changed(pack, "plan.jsonl", shorter, manifest=True)).problems == (
        "the plan is not the one of the plan digest",
    )
    assert verify_pack(changed(pack, "decisions.json", of_event, manifest=True)).problems == (
        "a decision is not in the audit",
    )


@pytest.mark.azure_storage
async def test_who_makes_the_request_one_that_keeps_the_sessions_is_found_out(it: System) -> None:
    request_id = await reset(it)
    pack = (await it.http.get(f"/api/reset-requests/{request_id}/evidence")).content

    def kept(content: bytes) -> bytes:
        assert b'"revokeSessions": true' in content
        return content.replace(b'"revokeSessions": true', b'"revokeSessions": false')

    assert verify_pack(changed(pack, "request.json", kept, manifest=True)).problems == (
        "the request is about something else than its plan",
    )

    def unscoped(content: bytes) -> bytes:
        return content.replace(b'"revokeSessions":true', b'"revokeSessions":false')

    assert verify_pack(changed(pack, "plan.jsonl", unscoped, manifest=True)).problems == (
        "the plan is not the one of the plan digest",
    )


@pytest.mark.azure_storage
@pytest.mark.parametrize("version", [1, 2, 3])
async def test_a_pack_of_an_earlier_version_is_still_checked(it: System, version: int) -> None:
    request = await it.ask(contoso=["adele@contoso.com"])
    pack = (await it.http.get(f"/api/reset-requests/{request['id']}/evidence")).content
    plan = zipfile.ZipFile(io.BytesIO(pack)).read("plan.jsonl")
    scope, _, *users = plan.splitlines(keepends=True)
    plan = b"".join(users if version == 1 else [scope, *users])  # one line for all, or none
    digest = plan_digest(request["id"], version, plan)

    def of_then(content: bytes) -> bytes:
        return content.replace(request_digest.encode(), digest.encode()).replace(
            f'"version": {VERSION}'.encode(), f'"version": {version}'.encode()
        )

    request_digest = (await it.shown(request["id"]))["planDigest"]
    first = changed(pack, "plan.jsonl", lambda _: plan, manifest=True)
    first = changed(first, "request.json", of_then, manifest=True)
    first = changed(first, MANIFEST, of_then)
    # The audit names the digest, too, and cannot be made anew here: all else is as it was then.
    assert verify_pack(first).problems == ("the audit names another plan digest than the pack",)
    worse = changed(first, "plan.jsonl", lambda content: content + b"[]\n", manifest=True)
    assert "the plan is not the one of the plan digest" in verify_pack(worse).problems


@pytest.mark.parametrize("pack", [b"", b"no zip", b"PK\x05\x06" + b"\0" * 18])
def test_what_is_no_pack_is_said_to_be_none(pack: bytes) -> None:
    assert "no evidence pack" in verify_pack(pack).problems[0]
