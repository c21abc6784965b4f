"""Bodies as the real host hands them over, and what is answered where it did not."""

import json
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import azure.functions as func
import httpx
import pytest

from domain.errors import LengthRequiredError
from domain.ingress.signatures import sign_standard
from tests.system import HELPDESK_SECRET, ROOT, System, link_token, system
from tests.telemetry.recording import recording
from tests.triggers.deliveries import deliver, requests_of, ticket
from triggers.http.bodies import read_body

RECORDED = {
    exchange["name"]: exchange["seen"]
    for exchange in json.loads((ROOT / "tests/localhost/host/recorded.json").read_text("utf-8"))["exchanges"]
    if "seen" in exchange
}


def call(seen: Mapping[str, Any]) -> func.HttpRequest:
    """A request as a function got it on the real host."""
    headers = {name: value for name, value in seen["headers"].items() if value is not None}
    return func.HttpRequest(method="POST", url="/", headers=headers, body=bytes.fromhex(seen["body"]))


def test_a_chunked_body_on_the_real_host_is_one_without_length() -> None:
    for needed in (True, False):
        with pytest.raises(LengthRequiredError, match="Content-Length"):
            read_body(call(RECORDED["chunked body"]), needed=needed)


def test_a_body_with_its_length_is_read() -> None:
    assert read_body(call({"headers": {}} | RECORDED["body with a length"])) == b"hello"


@pytest.mark.parametrize(("headers", "needed"), [({}, False), ({"content-length": "0"}, True)])
def test_a_body_may_be_empty(headers: dict[str, str], needed: bool) -> None:
    assert read_body(call({"headers": headers, "body": ""}), needed=needed) == b""


async def chunks(raw: bytes) -> AsyncIterator[bytes]:
    yield raw


async def send_chunked(it: System, path: str, raw: bytes, headers: Mapping[str, str] | None = None) -> httpx.Response:
    answer = await it.http.post(path, content=chunks(raw), headers=dict(headers or {}))
    assert answer.request.headers["transfer-encoding"] == "chunked"
    return answer


async def test_a_signed_delivery_without_length_learns_why_and_is_counted(tmp_path: Path) -> None:
    raw = json.dumps(ticket()).encode()
    with recording() as recorded:
        async with system(tmp_path) as it:
            signed = sign_standard(HELPDESK_SECRET, "m1", it.services.now(), raw)
            refused = await send_chunked(it, "/api/webhooks/helpdesk", raw, signed)
            assert (refused.status_code, refused.headers["content-type"]) == (411, "application/problem+json")
            assert refused.json()["type"] == "urn:mfareset:problem:lengthRequired"
            assert "Content-Length" in refused.json()["detail"]
            # What did not arrive is not remembered: with its length the same delivery is a new one.
            assert (await deliver(it, "m1", raw)).status_code == 202
            assert len(requests_of(it)) == 1
    assert recorded.measured("mfareset.deliveries.refused") == {
        (("reason", "lengthRequired"), ("source", "helpdesk")): 1
    }
    assert recorded.measured("mfareset.bodies.refused") == {
        (("endpoint", "receive_delivery"), ("reason", "lengthRequired")): 1
    }


async def test_calls_of_the_api_without_length_are_411(tmp_path: Path) -> None:
    with recording() as recorded:
        async with system(tmp_path) as it:
            request = await it.ask(contoso=["adele@contoso.com"])
            of_request = f"/api/reset-requests/{request['id']}"
            paths = [
                "/api/reset-requests",
                "/api/people/deletions",
                f"{of_request}/undo",
                f"{of_request}/targets/0/activate",
                f"{of_request}/approvals/resend",
            ]
            for path in paths:
                assert (await send_chunked(it, path, b"{}")).status_code == 411, path
            # Where no body is needed, none is asked for.
            assert (await it.http.post(f"{of_request}/cancel", content=chunks(b""))).status_code == 202
            unknown = await it.http.post("/api/reset-requests", content=chunks(b"{}"), headers={"x-functions-key": "x"})
            assert unknown.status_code == 401
    counted = recorded.measured("mfareset.bodies.refused")
    assert {dict(key)["endpoint"] for key in counted} == {
        "create_reset_request",
        "delete_personal_data",
        "undo_reset_request",
        "activate_target",
        "resend_approvals",
    }


async def test_a_decision_without_length_is_a_page_that_says_so_and_decides_nothing(tmp_path: Path) -> None:
    with recording() as recorded:
        async with system(tmp_path) as it:
            request = await it.ask(contoso=["adele@contoso.com"])
            (link,) = it.links(request["id"]).values()
            own = {"Origin": it.host.base_url, "Content-Type": "application/x-www-form-urlencoded"}
            for path in (link, f"/api/approvals/{link_token(link)}"):
                refused = await send_chunked(it, path, b"decision=approve", own)
                assert (refused.status_code, refused.headers["content-type"]) == (411, "text/html; charset=utf-8")
                assert "without Content-Length" in refused.text
                assert "Nothing was decided" in refused.text
            assert (await it.shown(request["id"]))["approval"]["decisions"] == []
    assert {dict(key)["endpoint"] for key in recorded.measured("mfareset.bodies.refused")} == {
        "decide_approval",
        "decide_approval_of_old_link",
    }
