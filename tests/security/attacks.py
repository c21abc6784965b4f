"""`make attacks`: every attack over HTTP on a served app, and a table of what became of each.

The app is `python -m localhost serve` in a process of its own, with the bundled simulator and a fresh data directory. The
tests of this folder show the same and more, with time and faults given; this shows it on what an operator starts.
"""

import asyncio
import base64
import json
import os
import re
import stat
import subprocess
import sys
import tempfile
import time
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import psutil

from bench.half_sent import MOST_GROWTH, MOST_SECONDS, allow_connections, half_bodies, half_heads
from domain.ingress.signatures import sign_standard
from tests.browsing import browser_client

ROOT = Path(__file__).resolve().parents[2]
KEY = "a-function-key-of-the-attacks"
SECRET = "whsec_" + base64.b64encode(os.urandom(32)).decode()
FOREIGN = "rebound.evil.example"
_HIDDEN = re.compile(r'<input type="hidden" name="([^"]*)" value="([^"]*)">')

type Held = tuple[bool, str]
"""Whether the attack failed, and what was seen."""


@dataclass
class Victim:
    """A running service. `http` has the key, `stranger` nothing."""

    url: str
    mailbox: str
    data: Path
    process: psutil.Process
    http: httpx.AsyncClient
    stranger: httpx.AsyncClient

    async def ask(self, **more: Any) -> dict[str, Any]:
        body = {
            "targets": [{"customer": "fabrikam", "users": ["alex@fabrikam.com"]}],
            "requester": "tech@msp.example",
        } | more
        made: dict[str, Any] = (await self.http.post("/api/reset-requests", json=body)).json()
        return made

    async def approval_link(self) -> str:
        """A link that was mailed, of a request that waits."""
        made = await self.ask()
        async with asyncio.timeout(30):
            while True:
                mails = (await self.stranger.get(f"{self.mailbox}.json")).json()["value"]
                for mail in mails:
                    links = [link for link in mail["links"] if "/api/approvals" in link]
                    if links:
                        await self.http.post(f"/api/reset-requests/{made['id']}/mails/resend")
                        return str(links[0])
                await asyncio.sleep(0.1)


type Attack = Callable[[Victim], Awaitable[Held]]
ATTACKS: list[tuple[str, Attack]] = []


def attack(name: str) -> Callable[[Attack], Attack]:
    """Put an attack on the list."""

    def listed(function: Attack) -> Attack:
        ATTACKS.append((name, function))
        return function

    return listed


def refused(answer: httpx.Response, *statuses: int) -> Held:
    return answer.status_code in statuses, str(answer.status_code)


# --- names, origins and sites ---


@attack("DNS rebinding: the console under a foreign name")
async def _(it: Victim) -> Held:
    return refused(await it.stranger.get("/console/sign-in", headers={"Host": f"{FOREIGN}:7071"}), 421)


@attack("DNS rebinding: the simulator's mailbox under a foreign name")
async def _(it: Victim) -> Held:
    return refused(await it.stranger.get(it.mailbox, headers={"Host": FOREIGN}), 421)


@attack("Another site's form signs in")
async def _(it: Victim) -> Held:
    page = await it.stranger.get("/console/sign-in")
    form = dict(_HIDDEN.findall(page.text)) | {"identity": "tech@msp.example"}
    answer = await it.stranger.post("/console/sign-in", data=form, headers={"Origin": f"http://{FOREIGN}"})
    return refused(answer, 403)


@attack("Another site's script posts to the API")
async def _(it: Victim) -> Held:
    headers = {"Sec-Fetch-Site": "cross-site"}
    return refused(await it.http.post("/api/reset-requests", json={"targets": []}, headers=headers), 403)


@attack("A form posts to the API")
async def _(it: Victim) -> Held:
    return refused(await it.http.post("/api/reset-requests", data={"targets": "x"}), 415)


@attack("A principal header from anybody")
async def _(it: Victim) -> Held:
    claims = [{"typ": "tid", "val": "99999999-9999-9999-9999-999999999999"}, {"typ": "roles", "val": "Operator"}]
    claims.append({"typ": "oid", "val": "11111111-1111-1111-1111-111111111111"})
    header = base64.b64encode(json.dumps({"auth_typ": "aad", "claims": claims}).encode()).decode()
    return refused(await it.stranger.get("/api/reset-requests", headers={"X-MS-CLIENT-PRINCIPAL": header}), 401)


# --- keys and signatures ---


@attack("The API without a key, and with a wrong one")
async def _(it: Victim) -> Held:
    seen = [(await it.stranger.get("/api/users", headers=h)).status_code for h in ({}, {"x-functions-key": "x"})]
    return seen == [401, 401], str(seen)


def _signed(body: bytes, at: datetime, secret: str = SECRET) -> dict[str, str]:
    return {"Content-Type": "application/json"} | sign_standard(secret, f"msg_{os.urandom(8).hex()}", at, body)


_TICKET = json.dumps(
    {
        "ticket": {
            "id": "INC1",
            "subject": "x",
            "agent": {"email": "tech@msp.example"},
            "users": [{"organization": "contoso", "email": "adele@contoso.com"}],
        }
    }
).encode()


@attack("A delivery that was changed, is old, or signed with an empty secret")
async def _(it: Victim) -> Held:
    now = datetime.now(UTC)
    cases: tuple[tuple[bytes, dict[str, str]], ...] = (
        (_TICKET + b" ", _signed(_TICKET, now)),
        (_TICKET, _signed(_TICKET, now - timedelta(minutes=6))),
        (_TICKET, _signed(_TICKET, now, "whsec_")),
        (_TICKET, {}),
    )
    seen = [(await it.stranger.post("/api/webhooks/helpdesk", content=b, headers=h)).status_code for b, h in cases]
    return seen == [401] * 4, str(seen)


@attack("A delivery that is replayed")
async def _(it: Victim) -> Held:
    headers = _signed(_TICKET, datetime.now(UTC))
    first, second = [await it.stranger.post("/api/webhooks/helpdesk", content=_TICKET, headers=headers) for _ in "12"]
    same = first.json()["id"] == second.json()["id"]
    return (first.status_code, second.status_code, same) == (
        202,
        200,
        True,
    ), f"{first.status_code}, then {second.status_code}"


# --- cursors and odd input ---


@attack("A forged cursor puts a query behind /users")
async def _(it: Victim) -> Held:
    inside = {"contoso": ["q:$select=id,mobilePhone&$filter=x", 0, 0]}
    seen = []
    first = (await it.http.get("/api/users", params={"limit": 1, "customers": "contoso"})).json()["cursor"]
    for value in (inside, [first[:16], inside]):
        forged = base64.urlsafe_b64encode(zlib.compress(json.dumps(value).encode())).rstrip(b"=").decode()
        for cursor in (forged, ".".join([*first.split(".")[:1], forged, *first.split(".")[2:]])):
            answer = await it.http.get("/api/users", params={"customers": "contoso", "cursor": cursor})
            seen.append(answer.status_code)
    return set(seen) == {400}, str(seen)


@attack("Infinity, NaN, deep nesting, huge numbers and double names")
async def _(it: Victim) -> Held:
    bodies = (
        b'{"targets":Infinity}',
        b"[" * 100_000,
        b'{"targets":[],"targets":[]}',
        b'{"targets":' + b"9" * 9000 + b"}",
        b"\xff",
    )
    json_body = {"Content-Type": "application/json"}
    seen = [(await it.http.post("/api/reset-requests", content=b, headers=json_body)).status_code for b in bodies]
    seen += [(await it.http.get("/api/users", params={"limit": "Infinity"})).status_code]
    return set(seen) == {400}, str(seen)


@attack("An address to return to that is none")
async def _(it: Victim) -> Held:
    return refused(await it.stranger.get("/console/sign-in", params={"return": "/console/é"}), 400)


@attack("A long name comes back at length")
async def _(it: Victim) -> Held:
    targets = [{"customer": "x" * 100_000, "users": ["a@contoso.com"]}] * 10
    answer = await it.http.post("/api/reset-requests", json={"targets": targets})
    return answer.status_code == 400 and len(
        answer.content
    ) < 10_000, f"{answer.status_code}, {len(answer.content)} bytes"


# --- links, nonces, sessions ---


@attack("A decision without the page's nonce, and from another site")
async def _(it: Victim) -> Held:
    link = await it.approval_link()
    page = await it.stranger.get(link)
    form = dict(_HIDDEN.findall(page.text)) | {"decision": "approve", "comment": ""}
    bare = await it.stranger.post(link, data={"decision": "approve"}, headers={"Origin": it.url})
    other = await it.stranger.post(link, data=form, headers={"Origin": "https://evil.example"})
    seen = [bare.status_code, other.status_code]
    return seen == [403, 403], str(seen)


@attack("A changed approval token, and opening a link decides")
async def _(it: Victim) -> Held:
    link = await it.approval_link()
    seen = [(await it.stranger.get(link[:-1] + ("A" if link[-1] != "A" else "B"))).status_code]
    for _ in range(3):
        seen += [(await it.stranger.get(link)).status_code, (await it.stranger.head(link)).status_code]
    waiting = (await it.http.get("/api/reset-requests", params={"status": "awaitingApproval"})).json()["value"]
    decided = [decision for request in waiting for decision in request["approval"]["decisions"]]
    return seen[0] == 404 and not decided, f"{seen[0]}, {len(decided)} decisions"


@attack("A copied session after the sign-out")
async def _(it: Victim) -> Held:
    async with browser_client(it.url) as browser:
        page = await browser.get("/console/sign-in")
        form = dict(_HIDDEN.findall(page.text)) | {"identity": "tech@msp.example"}
        await browser.post("/console/sign-in", data=form)
        copy = dict(browser.cookies)
        inside = await browser.get("/console/users")
        await browser.post("/console/sign-out", data=dict(_HIDDEN.findall(inside.text)))
    async with httpx.AsyncClient(base_url=it.url, cookies=copy) as thief:
        answer = await thief.get("/console/users")
    return inside.status_code == 200 and answer.status_code == 303, f"{inside.status_code}, then {answer.status_code}"


@attack("A requester who is an approver, spelled otherwise")
async def _(it: Victim) -> Held:
    seen = []
    for name in (
        "Lead <lead@msp.example>",
        "mailto:lead@msp.example",
        "LEAD@MSP.EXAMPLE",
        "lead@msp.example.",
        "\uff4cead@msp.example",
    ):
        made = await it.ask(requester=name)
        if "id" not in made:
            seen.append("refused")
            continue
        async with asyncio.timeout(30):
            while (shown := (await it.http.get(f"/api/reset-requests/{made['id']}")).json())["status"] == "planning":  # noqa: ASYNC110 - another process
                await asyncio.sleep(0.1)
        asked = [entry["approver"] for entry in shown["approval"]["approvers"]]
        seen.append("asked alone" if asked == ["lead@msp.example"] else "not alone")
        await it.http.post(f"/api/reset-requests/{made['id']}/cancel")
    return "asked alone" not in seen, ", ".join(seen)


# --- many requests, many tries ---


@attack("Users in deliveries below the step-up")
async def _(it: Victim) -> Held:
    found = (await it.http.get("/api/users", params={"customers": "contoso", "limit": 100})).json()["value"]
    # Protected, privileged or a guest: those would step up alone.
    alone = {"breakglass", "grady", "henrietta", "johanna", "kim_partner.example#EXT#"}
    names = [user["userPrincipalName"] for user in found if user["userPrincipalName"].partition("@")[0] not in alone]
    seen: list[bool] = []
    for start in (0, 13):
        users = [{"organization": "contoso", "email": name} for name in names[start : start + 13]]
        ticket = {"id": f"INC{start}", "subject": "x", "agent": {"email": "tech@msp.example"}, "users": users}
        body = json.dumps({"ticket": ticket}).encode()
        headers = _signed(body, datetime.now(UTC))
        made = (await it.stranger.post("/api/webhooks/helpdesk", content=body, headers=headers)).json()
        seen.append((await _planned(it, made["id"]))["approval"]["quorum"] > 1)
        await it.http.post(f"/api/reset-requests/{made['id']}/cancel")
    return seen == [False, True], f"{len(names[:26])} users in two deliveries, stepping up: {seen}"


async def _planned(it: Victim, request_id: str) -> dict[str, Any]:
    async with asyncio.timeout(60):
        while True:
            shown: dict[str, Any] = (await it.http.get(f"/api/reset-requests/{request_id}")).json()
            if shown["status"] != "planning":
                return shown
            await asyncio.sleep(0.1)


@attack("Approval tokens are guessed")
async def _(it: Victim) -> Held:
    begun, page = time.monotonic(), "/api/approvals"
    answers = [(await it.stranger.get(page, params={"token": f"k1.guess{n}"})).status_code for n in range(9)]
    took = time.monotonic() - begun
    return set(answers) <= {404, 429} and took > 1, f"nine in {took:.1f} s"


# --- what a host holds and gives away ---


@attack("1,005 half-sent heads keep others out")
async def _(it: Victim) -> Held:
    seen = await half_heads(it.url, it.process)
    return (seen.status == 200 and seen.seconds < MOST_SECONDS), f"{seen.status} after {seen.seconds:.2f} s"


@attack("60 unfinished bodies of 4 MiB take memory")
async def _(it: Victim) -> Held:
    seen = await half_bodies(it.url, "/api/webhooks/helpdesk", KEY, it.process)
    return (seen.status == 200 and seen.growth < MOST_GROWTH), f"{seen.growth:+.1f} MiB"


@attack("Files of the data directory are open to others")
async def _(it: Victim) -> Held:
    modes = {stat.S_IMODE(path.stat().st_mode) for path in it.data.iterdir()}
    return modes == {0o600} and stat.S_IMODE(it.data.stat().st_mode) == 0o700, ", ".join(map(oct, modes))


@attack("A start in public without sign-in")
async def _(_it: Victim) -> Held:
    return _does_not_start({"PUBLIC_BASE_URL": "https://mfa-reset.msp.example"}, "REQUIRE_SIGN_IN")


@attack("A start with an unresolved Key Vault reference as a secret")
async def _(_it: Victim) -> Held:
    reference = "@Microsoft.KeyVault(SecretUri=https://v.vault.azure.net/secrets/helpdesk-secret/)"
    return _does_not_start({"HELPDESK_SECRET": reference}, "not resolved")


@attack("A start with a secret that can be guessed")
async def _(_it: Victim) -> Held:
    return _does_not_start({"HELPDESK_SECRET": "whsec_" + base64.b64encode(bytes(32)).decode()}, "can be guessed")


def _does_not_start(settings: dict[str, str], why: str) -> Held:
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "localhost", "serve", "--port", "0", "--data", folder, "--key", KEY]
        try:
            done = subprocess.run(
                command, cwd=ROOT, env=os.environ | settings, capture_output=True, text=True, timeout=60, check=False
            )
        except subprocess.TimeoutExpired:
            return False, "it serves"
    return done.returncode != 0 and why in done.stderr, f"exit {done.returncode}"


# --- the run ---


@asynccontextmanager
async def served() -> AsyncIterator[Victim]:
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "data"
        command = [sys.executable, "-m", "localhost", "serve", "--port", "0", "--data", str(data), "--key", KEY]
        process = await asyncio.create_subprocess_exec(
            *command,
            "--log-level",
            "error",
            cwd=ROOT,
            env=os.environ | {"HELPDESK_SECRET": SECRET},
            stdout=subprocess.PIPE,
        )
        try:
            said: dict[str, str] = {}
            assert process.stdout is not None
            while "ready" not in said:
                line = (await process.stdout.readline()).decode()
                if not line:
                    raise RuntimeError("the app did not start")
                said[line.split()[0]] = line.split()[-1]
            url = said["ready"]
            async with (
                httpx.AsyncClient(base_url=url, headers={"x-functions-key": KEY}, timeout=60) as http,
                httpx.AsyncClient(base_url=url, timeout=60) as stranger,
            ):
                yield Victim(url, said["mailbox"], data, psutil.Process(process.pid), http, stranger)
        finally:
            process.terminate()
            await process.wait()


async def main() -> int:
    allow_connections(1200)
    rows: list[tuple[str, bool, str]] = []
    async with served() as victim:
        for name, run in ATTACKS:
            held, seen = await run(victim)
            rows.append((name, held, seen))
    width = max(len(name) for name, _, _ in rows)
    sys.stdout.write(f"{'attack':{width}}  {'held':4}  seen\n")
    for name, held, seen in rows:
        sys.stdout.write(f"{name:{width}}  {'yes' if held else 'NO':4}  {seen}\n")
    broken = sum(not held for _, held, _ in rows)
    sys.stdout.write(f"{len(rows)} attacks, {len(rows) - broken} held\n")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
