"""The evidence of a customer over a period: whole, signed, timestamped, about nobody else, and refused after any change."""

import csv
import hashlib
import io
import json
import zipfile
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from localhost.clock import VirtualClock
from mfa_reset_client.verify import Trusted, verify_pack
from mfa_reset_client.verify.__main__ import main
from tests.system import ROOT, System, system
from tests.timestamp_authority import Authority, timestamp_authority
from use_cases import export_period

pytestmark = pytest.mark.engine_only("it moves the clock through a year")
YEAR = "/api/evidence?customer=contoso&from=2026-01-01&to=2027-01-01"


@pytest.fixture
async def authority(tmp_path: Path) -> AsyncIterator[Authority]:
    async with timestamp_authority(tmp_path / "authority") as made:
        yield made


@pytest.fixture
async def it(tmp_path: Path, authority: Authority) -> AsyncIterator[System]:
    policy = tmp_path / "policy.toml"
    demo = (ROOT / "localhost/policy.demo.toml").read_text()
    policy.write_text(f'{demo}\n[evidence]\ntimestampAuthority = "{authority.url}"\n')
    clock = VirtualClock(datetime(2026, 1, 5, 9, tzinfo=UTC))
    async with system(tmp_path, clock=clock, policy=policy) as made:
        yield made


async def a_year(it: System) -> dict[str, str]:
    """One request for two customers, one for another customer alone, one that is denied, one that waits; their ids."""
    both = await it.ask(contoso=["adele@contoso.com"], fabrikam=["alex@fabrikam.com"])
    await it.approve(both["id"])
    await it.advance(minutes=1)
    other = await it.ask(fabrikam=["diego@fabrikam.com"])
    await it.approve(other["id"])
    await it.advance(minutes=1)
    denied = await it.ask(contoso=["isaiah@contoso.com"])
    (link,) = it.links(denied["id"]).values()
    await it.decide(link, "deny", comment="Not asked for by him")
    await it.advance(minutes=1)
    waits = await it.ask(contoso=["isaiah@contoso.com"])
    return {"both": both["id"], "other": other["id"], "denied": denied["id"], "waits": waits["id"]}


def files(pack: bytes) -> dict[str, bytes]:
    archive = zipfile.ZipFile(io.BytesIO(pack))
    return {name: archive.read(name) for name in archive.namelist()}


def zipped(content: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as target:
        for name, each in content.items():
            target.writestr(name, each)
    return out.getvalue()


async def keys(it: System) -> tuple[dict[str, str], ...]:
    answer = await it.http.get("/api/evidence/keys", headers={"x-functions-key": ""})
    return tuple(answer.json()["keys"])


async def test_a_year_of_a_customer(it: System, authority: Authority, tmp_path: Path) -> None:
    ids = await a_year(it)
    answer = await it.http.get(YEAR)
    assert answer.status_code == 200, answer.text
    name = "mfa-reset-evidence-contoso-2026-01-01-2027-01-01.zip"
    assert answer.headers["content-disposition"] == f'attachment; filename="{name}"'
    trusted = Trusted(await keys(it), (authority.root.read_bytes(),))
    verified = verify_pack(answer.content, trusted)
    assert (verified.problems, verified.notes) == ((), ())
    assert authority.asked == 1
    assert "3 requests" in verified.what

    content = files(answer.content)
    rows = list(csv.DictReader(io.StringIO(content["requests.csv"].decode("utf-8-sig"))))
    assert [(row["request"], row["status"], row["users"], row["reset"]) for row in rows] == [
        (ids["both"], "completed", "1", "1"),
        (ids["denied"], "denied", "1", "0"),
        (ids["waits"], "awaitingApproval", "1", "0"),
    ]
    assert rows[0]["approvedBy"] == "owner@contoso.com"
    whole = json.loads(content[f"requests/{ids['denied']}/request.json"])
    assert whole == await it.shown(ids["denied"])
    page = content["summary.html"].decode()
    assert "MFA resets for Contoso" in page
    assert "<dt>Completed</dt><dd>1</dd>" in page

    file, key_file, out = tmp_path / name, tmp_path / "keys.json", io.StringIO()
    file.write_bytes(answer.content)
    key_file.write_bytes((await it.http.get("/api/evidence/keys")).content)
    assert main([str(file), "--keys", str(key_file), "--timestamp-root", str(authority.root)], out) == 0
    assert "Verified: Contoso, 2026-01-01" in out.getvalue()


async def test_nothing_of_another_customer_is_in_it(it: System) -> None:
    ids = await a_year(it)
    content = files((await it.http.get(YEAR)).content)
    assert not any(ids["other"] in name for name in content)
    for name, each in content.items():
        assert b"fabrikam" not in each.lower(), name
        assert b"22222222-2222-2222-2222-222222222222" not in each, name
    shared = json.loads(content[f"requests/{ids['both']}/request.json"])
    assert (shared["customers"], shared["totals"]["targets"], shared["totals"]["reset"]) == (["contoso"], 1, 1)
    plan = content[f"requests/{ids['both']}/plan.jsonl"].splitlines()
    assert [b"withheld" in line for line in plan] == [False, True, False, True]
    events = [json.loads(line) for line in content[f"requests/{ids['both']}/audit.jsonl"].splitlines()]
    asked = [event for event in events if event["event"] == "approvalMailSent"]
    assert len(asked) > 1
    assert all(event.get("withheld") for event in asked)  # some were of the other customer's approvers
    decided = [event for event in events if event["event"] == "decided"]
    assert len(decided) > 1
    assert [event["actor"] for event in decided if "withheld" not in event] == ["owner@contoso.com"]


def with_another_byte(content: bytes) -> bytes:
    middle = len(content) // 2
    return content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :] if content else b"x"


async def test_one_changed_byte_in_any_file_is_found(it: System, authority: Authority) -> None:
    await a_year(it)
    pack = (await it.http.get(YEAR)).content
    trusted = Trusted(await keys(it), (authority.root.read_bytes(),))
    content = files(pack)
    assert verify_pack(zipped(content), trusted).problems == ()
    for name in content:
        assert verify_pack(zipped(content | {name: with_another_byte(content[name])}), trusted).problems, name
        if name not in {"tree.json", "signature.json", "timestamp.tsr"}:
            fewer = {other: each for other, each in content.items() if other != name}
            assert f"{name} is missing" in verify_pack(zipped(fewer), trusted).problems
    assert "more.txt is listed nowhere" in verify_pack(zipped(content | {"more.txt": b"x"}), trusted).problems


async def test_a_tree_made_anew_has_no_signature_of_the_deployment(it: System) -> None:
    ids = await a_year(it)
    content = files((await it.http.get(YEAR)).content)

    def forged(name: str, change: Callable[[bytes], bytes]) -> tuple[str, ...]:
        made = content | {name: change(content[name])}
        tree = json.loads(made["tree.json"])
        tree["files"][name] = hashlib.sha256(made[name]).hexdigest()
        return verify_pack(zipped(made | {"tree.json": json.dumps(tree).encode()})).problems

    problems = forged(f"requests/{ids['denied']}/targets.jsonl", lambda c: c.replace(b"cancelled", b"completed"))
    assert problems == ("the tree hash is not the one of the files", "the signature is not right")


async def test_another_key_and_another_authority_are_refused(it: System, tmp_path: Path) -> None:
    await a_year(it)
    pack = (await it.http.get(YEAR)).content
    async with timestamp_authority(tmp_path / "other") as other:
        (problem,) = verify_pack(pack, Trusted(roots=(other.root.read_bytes(),))).problems
    assert problem.startswith("the timestamp is not right")
    key = {"kty": "OKP", "crv": "Ed25519", "kid": "k1", "x": "A" * 43}
    assert verify_pack(pack, Trusted((key,))).problems == ("it was signed with a key that is none of the given ones",)
    verified = verify_pack(pack)
    assert verified.problems == ()
    assert len(verified.notes) == 2


async def test_what_retention_removed_is_listed(it: System) -> None:
    ids = await a_year(it)
    last = (await it.audit(ids["both"]))[-1]
    now = it.services.now()
    later = now + timedelta(days=401)
    await it.services.retention.purge_requests(now + timedelta(days=400), 10, later)
    content = files((await it.http.get(YEAR)).content)
    gone = [json.loads(line) for line in content["deletions.jsonl"].splitlines()]
    assert {each["requestId"] for each in gone} == {ids["both"], ids["denied"]}
    both = next(each for each in gone if each["requestId"] == ids["both"])
    assert (both["events"], both["hash"]) == (last["number"], last["hash"])
    assert [name for name in content if name.startswith("requests/") and ids["both"] in name] == []
    assert await it.services.store.scan("requests:fabrikam") == []
    assert "2 requests of this customer were removed" in content["summary.html"].decode()


async def test_the_period_and_the_limit(it: System, monkeypatch: pytest.MonkeyPatch) -> None:
    await a_year(it)
    about = json.loads(files((await it.http.get(YEAR.replace("2026-01-01", "2026-01-06"))).content)["about.json"])
    assert about["requests"] == []
    about = json.loads(files((await it.http.get(YEAR.replace("2027-01-01", "2026-01-05"))).content)["about.json"])
    assert about["requests"] == []
    for query, name in (
        ("customer=nowhere&from=2026-01-01&to=2027-01-01", "customer"),
        ("from=2026-01-01&to=2027-01-01", "customer"),
        ("customer=contoso&from=yesterday&to=2027-01-01", "from"),
        ("customer=contoso&from=2026-01-01", "to"),
        ("customer=contoso&from=2026-01-01&to=2026-01-01", "to"),
    ):
        problem = await it.call("GET", f"/api/evidence?{query}", 400)
        assert problem["errors"][0]["pointer"] == f"/query/{name}"
    monkeypatch.setattr(export_period, "MAX_REQUESTS", 2)
    problem = await it.call("GET", YEAR, 413)
    assert "shorter" in problem["detail"]


@pytest.mark.parametrize("broken", [b"", b"no timestamp", b"\x30\x03\x30\x01\x02"])
async def test_without_its_timestamp_there_is_no_pack(it: System, authority: Authority, broken: bytes) -> None:
    authority.broken = broken
    problem = await it.call("GET", YEAR, 503)
    assert "timestamp" in problem["detail"]
