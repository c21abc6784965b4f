"""Who may use the API once App Service signs people in. In these tests the host asks for its key all the same."""

import asyncio
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx

from tests.system import ROOT, System, environment, system
from tests.triggers.principals import CONTOSO, SOMEBODY, STRANGER, principal

SIGN_IN = {"WEBSITE_AUTH_ENABLED": "True", "API_KEYS": "pipeline:a-function-key-of-the-tests"}
BODY: dict[str, Any] = {"targets": [{"customer": "contoso", "users": ["adele@contoso.com"]}], "reason": "Lost phone"}


async def _status(it: System, method: str, path: str, headers: dict[str, str], **more: Any) -> int:
    return (await it.http.request(method, path, headers=headers, **more)).status_code


async def test_each_role_opens_its_calls(tmp_path: Path) -> None:
    async with system(tmp_path, settings=SIGN_IN) as it:
        request = await it.ask(contoso=["adele@contoso.com"])
        path = f"/api/reset-requests/{request['id']}"
        calls = {
            "read": ("GET", path),
            "list": ("GET", "/api/reset-requests"),
            "targets": ("GET", f"{path}/targets"),
            "customers": ("GET", "/api/customers"),
            "users": ("GET", "/api/users?customers=contoso"),
            "audit": ("GET", f"{path}/audit"),
            "verification": ("GET", f"{path}/audit/verification"),
            "retry": ("POST", f"{path}/retry"),  # 409 for who may: it has not ended
            "undo": ("POST", f"{path}/undo"),  # likewise
            "code": ("POST", f"{path}/targets/0/activate"),  # 400: there is none
            "cancel": ("POST", f"{path}/cancel"),
        }
        read = {"read", "list", "targets", "customers"}
        opens = {
            "Requester": read | {"users", "undo", "code"},
            "Approver": read,
            "Auditor": read | {"users", "audit", "verification"},
            "Operator": set(calls),
            "Boss": set(),
        }
        for role, opened in opens.items():
            headers = principal("somebody@msp.example", role)
            statuses = {name: await _status(it, *call, headers) for name, call in calls.items()}
            assert {name for name, status in statuses.items() if status != 403} == opened, role
        created = {
            r: await _status(it, "POST", "/api/reset-requests", principal("x@msp.example", r), json=BODY) for r in opens
        }
        assert {role for role, status in created.items() if status == 202} == {"Requester", "Operator"}


async def test_a_key_or_a_good_principal_and_nothing_else(tmp_path: Path) -> None:
    async with system(tmp_path, settings=SIGN_IN) as it:
        assert await _status(it, "GET", "/api/reset-requests", {}) == 200  # the key is one of API_KEYS
        other = principal("lead@msp.example", "Operator", tid=STRANGER)
        assert await _status(it, "GET", "/api/reset-requests", other) == 403
        for bad in ("", "e30=", "no base64!"):
            headers = {"X-MS-CLIENT-PRINCIPAL": bad}
            assert await _status(it, "GET", "/api/reset-requests", headers) == (200 if not bad else 401)


async def test_a_key_that_is_none_of_ours_is_401(tmp_path: Path) -> None:
    async with system(tmp_path, settings=SIGN_IN | {"API_KEYS": "pipeline:another-key-of-the-tests"}) as it:
        answer = await it.http.get("/api/reset-requests")
        assert (answer.status_code, answer.headers["content-type"]) == (401, "application/problem+json")


async def test_a_customers_own_people_see_and_touch_their_customer_only(tmp_path: Path) -> None:
    async with system(tmp_path, settings=SIGN_IN) as it:
        ours = await it.ask(contoso=["adele@contoso.com"])
        theirs = await it.ask(fabrikam=["alex@fabrikam.com"])
        both = await it.ask(contoso=["megan@contoso.com"], fabrikam=["megan@fabrikam.com"])
        headers = principal("admin@contoso.com", "Operator", tid=CONTOSO)
        listed = await it.call("GET", "/api/reset-requests", headers=headers)
        assert [request["id"] for request in listed["value"]] == [ours["id"]]
        for hidden in (theirs, both):
            for suffix in ("", "/targets", "/audit", "/audit/verification"):
                await it.call("GET", f"/api/reset-requests/{hidden['id']}{suffix}", 404, headers=headers)
            for suffix in ("cancel", "retry", "undo", "targets/0/activate"):
                await it.call("POST", f"/api/reset-requests/{hidden['id']}/{suffix}", 404, headers=headers)
        body = BODY | {"targets": [{"customer": "fabrikam", "users": ["alex@fabrikam.com"]}]}
        problem = await it.call("POST", "/api/reset-requests", 400, json=body, headers=headers)
        assert problem["errors"][0]["pointer"] == "/targets/0/customer"
        customers = await it.call("GET", "/api/customers", headers=headers)
        assert [entry["customer"] for entry in customers["value"]] == ["contoso"]
        await it.call("GET", "/api/users?customers=fabrikam", 400, headers=headers)
        await it.call("GET", "/api/customers/fabrikam/users/alex@fabrikam.com", 404, headers=headers)
        users = await it.call("GET", "/api/users", headers=headers)
        assert {user["customer"] for user in users["value"]} == {"contoso"}


async def test_the_signed_in_caller_is_the_requester_and_no_approver(tmp_path: Path) -> None:
    async with system(tmp_path, settings=SIGN_IN) as it:
        headers = principal("lead@msp.example", "Requester")
        own = await it.call("POST", "/api/reset-requests", 202, json=FABRIKAM_BODY, headers=headers)
        named = FABRIKAM_BODY | {"requester": "somebody.else@msp.example"}
        behind = await it.call("POST", "/api/reset-requests", 202, json=named, headers=headers)
        await it.host.idle()
        assert own["requester"] == "lead@msp.example"
        assert behind["requester"] == "somebody.else@msp.example"
        shown = await it.shown(own["id"])
        assert [entry["approver"] for entry in shown["approval"]["approvers"]] == ["second@msp.example"]
        audit = await it.audit(behind["id"])
        assert audit[0]["data"]["requestedBy"] == "lead@msp.example"
        assert set(it.links(behind["id"])) <= {"second@msp.example"}


FABRIKAM_BODY: dict[str, Any] = {"targets": [{"customer": "fabrikam", "users": ["alex@fabrikam.com"]}], "reason": "x"}


async def test_who_cancelled_is_in_the_audit_and_requesters_cancel_only_their_own(tmp_path: Path) -> None:
    async with system(tmp_path, settings=SIGN_IN) as it:
        mine = principal("tech@msp.example", "Requester")
        other = principal("other@msp.example", "Requester", oid=SOMEBODY.replace("a", "c"))
        request = await it.call("POST", "/api/reset-requests", 202, json=BODY, headers=mine)
        await it.host.idle()
        path = f"/api/reset-requests/{request['id']}/cancel"
        await it.call("POST", path, 403, headers=other)
        await it.call("POST", path, 202, headers=mine)
        await it.host.idle()
        assert (await it.shown(request["id"]))["status"] == "cancelled"
        (event,) = [event for event in await it.audit(request["id"]) if event["event"] == "cancelAccepted"]
        assert event["actor"] == "tech@msp.example"


async def test_callers_have_idempotency_keys_of_their_own(tmp_path: Path) -> None:
    async with system(tmp_path, settings=SIGN_IN) as it:
        one = principal("a@msp.example", "Requester") | {"Idempotency-Key": "k"}
        two = principal("b@msp.example", "Requester", oid=SOMEBODY.replace("a", "c")) | {"Idempotency-Key": "k"}
        first = await it.http.post("/api/reset-requests", json=BODY, headers=one)
        second = await it.http.post("/api/reset-requests", json=BODY, headers=two)
        assert (first.status_code, second.status_code) == (202, 202)
        assert first.json()["id"] != second.json()["id"]


async def test_while_sign_in_is_off_the_header_is_anybodys_word(tmp_path: Path) -> None:
    async with system(tmp_path) as it:
        headers = principal("lead@msp.example", "Auditor")
        request = await it.call("POST", "/api/reset-requests", 202, json=BODY, headers=headers)
        assert request["requester"] == ""
        async with httpx.AsyncClient(base_url=it.host.base_url) as http:
            answer = await http.get("/api/reset-requests", headers=principal("lead@msp.example", "Operator"))
        assert answer.status_code == 401


async def test_once_sign_in_is_on_people_need_no_key(tmp_path: Path) -> None:
    """In a process of its own: the auth level of the routes is settled when the app is imported."""
    more = environment(tmp_path) | {"WEBSITE_AUTH_ENABLED": "True", "API_KEYS": ""}
    command = [
        sys.executable,
        "-W",
        "error",
        "-m",
        "localhost",
        "serve",
        "--port",
        "0",
        "--data",
        str(tmp_path / "data"),
    ]
    process = await asyncio.create_subprocess_exec(
        *command,
        "--key",
        "a-function-key-of-this-test",
        "--trust-proxy",
        "127.0.0.1",
        cwd=ROOT,
        env=os.environ | more,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    try:
        assert process.stdout is not None
        while not (line := (await process.stdout.readline()).decode()).startswith("ready "):
            assert line, "it ended"
        async with httpx.AsyncClient(base_url=line.split()[1]) as http:

            async def status(headers: dict[str, str]) -> int:
                return (await http.get("/api/reset-requests", headers=headers)).status_code

            assert await status({}) == 401
            assert await status({"x-functions-key": "another"}) == 401
            assert await status({"x-functions-key": "a-function-key-of-this-test"}) == 200
            assert await status(principal("a@msp.example", "Operator")) == 200
            assert await status(principal("a@msp.example")) == 403
            assert await status(principal("a@evil.example", "Operator", tid=STRANGER)) == 403
            assert (await http.get("/api/health")).status_code == 200
    finally:
        process.terminate()
        await process.wait()
