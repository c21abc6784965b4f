"""What comes in by the API: checked whole, accepted once, finished after a fault."""

import asyncio
import json
import logging
from pathlib import Path
from typing import Any

import azure.durable_functions as df
import grpc
import pytest

from tests.system import System, system
from tests.triggers.deliveries import deliver, requests_of, ticket

JSON = {"Content-Type": "application/json"}

BODY: dict[str, Any] = {
    "targets": [{"customer": "contoso", "users": ["adele@contoso.com"]}],
    "reason": "Lost phone",
    "ticket": "INC1",
    "requester": "tech@msp.example",
}


async def test_all_mistakes_come_at_once_each_with_its_pointer(tmp_path: Path) -> None:
    body = {
        "targets": [{"customer": "contoso", "users": []}, {"customer": 7, "users": ["a\u202eb@contoso.com", ""]}, {}],
        "methods": ["phone", "carrierPigeon"],
        "dryRun": "yes",
        "a/b~c": 1,
    }
    async with system(tmp_path) as it:
        problem = await it.call("POST", "/api/reset-requests", 400, json=body)
        assert problem["type"] == "urn:mfareset:problem:invalidInput"
        assert {error["pointer"] for error in problem["errors"]} == {
            "/targets/0/users",
            "/targets/1/customer",
            "/targets/1/users/0",
            "/targets/1/users/1",
            "/targets/2/customer",
            "/targets/2/users",
            "/methods/1",
            "/dryRun",
            "/a~1b~0c",
        }
        unknown = BODY | {
            "targets": [{"customer": "nobody", "users": ["a"]}, {"customer": "tailspin.com", "users": ["b"]}],
            "methods": ["fido2"],
        }
        problem = await it.call("POST", "/api/reset-requests", 400, json=unknown)
        assert [error["pointer"] for error in problem["errors"]] == ["/targets/0/customer", "/methods/0"]
        assert not it.host.instance_ids()


async def test_the_answer_to_very_many_mistakes_has_an_end(tmp_path: Path) -> None:
    async with system(tmp_path) as it:
        problem = await it.call("POST", "/api/reset-requests", 400, json=BODY | {f"x{n}": 1 for n in range(3000)})
        assert len(problem["errors"]) == 1000
        assert "of 3000" in problem["detail"]


async def test_a_key_stands_for_one_body(tmp_path: Path) -> None:
    key = {"Idempotency-Key": "k1"}
    async with system(tmp_path) as it:
        first = await it.http.post("/api/reset-requests", json=BODY, headers=key)
        assert first.status_code == 202
        assert first.headers["location"].endswith(f"/api/reset-requests/{first.json()['id']}")
        assert first.headers["retry-after"]
        reordered = dict(reversed(BODY.items()))
        again = await it.http.post("/api/reset-requests", json=reordered, headers=key)
        assert (again.status_code, again.json()["id"]) == (200, first.json()["id"])
        other = await it.http.post("/api/reset-requests", json=BODY | {"reason": "x"}, headers=key)
        assert (other.status_code, other.headers["content-type"]) == (422, "application/problem+json")
        without = await it.http.post("/api/reset-requests", json=BODY)
        assert (without.status_code, without.json()["id"] == first.json()["id"]) == (202, False)
        for bad in ("", "k" * 256):
            refused = await it.http.post("/api/reset-requests", json=BODY, headers={"Idempotency-Key": bad})
            assert refused.status_code == 400


async def test_fifty_equal_calls_at_once_are_one_request(tmp_path: Path) -> None:
    async with system(tmp_path) as it:
        calls = [it.http.post("/api/reset-requests", json=BODY, headers={"Idempotency-Key": "k"}) for _ in range(50)]
        answers = await asyncio.gather(*calls)
        assert sorted(answer.status_code for answer in answers) == [200] * 49 + [202]
        (request_id,) = {answer.json()["id"] for answer in answers}
        await it.host.idle()
        assert requests_of(it) == {request_id}
        listed = await it.call("GET", "/api/reset-requests")
        assert [request["id"] for request in listed["value"]] == [request_id]
        shown = await it.shown(request_id)
        assert (shown["status"], shown["totals"]["targets"]) == ("awaitingApproval", 1)
        assert [event["event"] for event in await it.audit(request_id)].count("accepted") == 1


async def test_fifty_equal_deliveries_at_once_are_one_request(tmp_path: Path) -> None:
    async with system(tmp_path) as it:
        answers = await asyncio.gather(*(deliver(it, "msg_1", ticket()) for _ in range(50)))
        assert sorted(answer.status_code for answer in answers) == [200] * 49 + [202]
        (request_id,) = {answer.json()["id"] for answer in answers}
        await it.host.idle()
        assert requests_of(it) == {request_id}


async def test_a_late_repeat_takes_nothing_back(tmp_path: Path) -> None:
    """A second writer that began before the first had ended comes when the plan is there already."""
    async with system(tmp_path) as it:
        request = await it.ask(contoso=["adele@contoso.com"])
        before = await it.targets(request["id"])
        assert before[0]["methods"]
        kept = await it.services.requests.get(request["id"])
        assert kept is not None
        target = await it.services.targets.get(request["id"], 0)
        assert target is not None
        fresh = target.target.model_copy(update={"methods": [], "planned": False})
        # Its look for the request came before the request was written.
        row = await it.services.store.get(request["id"], "request")
        assert row is not None
        assert await it.services.store.delete(row)
        await it.services.requests.create(kept, [fresh])
        assert await it.targets(request["id"]) == before


class Broken:
    """Makes the durable engine unreachable for so many schedulings."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, times: int) -> None:
        self.left = times
        real = df.DurableFunctionsClient.schedule_new_orchestration

        async def schedule(client: Any, *args: Any, **kwargs: Any) -> Any:
            if self.left:
                self.left -= 1
                raise grpc.aio.AioRpcError(grpc.StatusCode.UNAVAILABLE, grpc.aio.Metadata(), grpc.aio.Metadata())
            return await real(client, *args, **kwargs)

        monkeypatch.setattr(df.DurableFunctionsClient, "schedule_new_orchestration", schedule)


async def test_a_crash_before_the_start_is_made_up_for_by_the_next_delivery(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with system(tmp_path) as it:
        Broken(monkeypatch, 1)
        first = await deliver(it, "msg_1", ticket())
        assert (first.status_code, first.headers["content-type"]) == (503, "application/problem+json")
        assert first.headers["retry-after"]
        assert not requests_of(it)
        again = await deliver(it, "msg_1", ticket())
        assert again.status_code == 200
        await it.host.idle()
        assert requests_of(it) == {again.json()["id"]}
        assert (await it.shown(again.json()["id"]))["status"] == "awaitingApproval"


async def test_a_crash_before_the_start_is_made_up_for_by_the_timer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with system(tmp_path) as it:
        Broken(monkeypatch, 1)
        assert (await it.http.post("/api/reset-requests", json=BODY)).status_code == 503
        assert not requests_of(it)
        await it.advance(minutes=1)
        (request_id,) = requests_of(it)
        assert (await it.shown(request_id))["status"] == "awaitingApproval"


async def test_a_crash_between_delivery_and_request_is_made_up_for_by_the_next_delivery(tmp_path: Path) -> None:
    body = json.dumps(ticket()).encode()
    async with system(tmp_path) as it:
        now = it.services.now()
        await it.services.deliveries.accept("helpdesk", "msg_1", body, "the-id-of-the-first-try", now)
        again = await deliver(it, "msg_1", body)
        assert (again.status_code, again.json()["id"]) == (202, "the-id-of-the-first-try")


async def test_a_body_that_is_too_large_is_413(tmp_path: Path) -> None:
    async with system(tmp_path) as it:
        answer = await it.http.post("/api/reset-requests", content=b" " * (2 * 1024 * 1024 + 1), headers=JSON)
        assert (answer.status_code, answer.headers["content-type"]) == (413, "application/problem+json")
        assert answer.json()["status"] == 413


def _nested(depth: int) -> bytes:
    return b'{"targets":' + b"[" * depth + b"]" * depth + b"}"


def _with(**changes: Any) -> bytes:
    return json.dumps(BODY | changes).encode()


_USER = {"customer": "contoso"}
HOSTILE: dict[str, tuple[bytes, int]] = {
    "class": (_with(__class__="Evil", __module__="os", __data__={"a": 1}), 400),
    "class inside": (_with(targets=[_USER | {"users": ["a"], "__class__": "Evil"}]), 400),
    "class as user": (_with(targets=[_USER | {"users": [{"__class__": "Evil", "__module__": "os"}]}]), 400),
    "blob": (_with(targets=[_USER | {"users": ["blob:v1:evil"]}], reason="blob:v1:evil"), 202),
    "control": (_with(targets=[_USER | {"users": ["a\r\nINJECTED\x1b[31m@contoso.com"]}]), 400),
    "control in reason": (_with(reason="a\r\nINJECTED\x1b[31m b\x00", ticket="T\r\nINJECTED"), 202),
    "bidi": (_with(targets=[_USER | {"users": ["a\u202emoc.live\u202c@contoso.com"]}]), 400),
    "bidi in reason": (_with(reason="a\u202eINJECTED\u2066", requester="x\u200b@msp.example"), 202),
    "guest": (_with(targets=[_USER | {"users": ["someone_gmail.com#EXT#@contoso.onmicrosoft.com"]}]), 202),
    "quotes": (_with(targets=[_USER | {"users": ["o'brien')or('1'eq'1@contoso.com", "../../users", "a/b?c#d"]}]), 202),
    "words": (_with(targets=[_USER | {"users": ["o'brien') or ('1' eq '1@contoso.com"]}]), 400),
    "64 KB name": (_with(targets=[_USER | {"users": ["a" * 65536]}]), 400),
    "64 KB key": (_with(**{"a" * 65536: 1}), 400),
    "64 KB customer": (_with(targets=[{"customer": "a" * 65536, "users": ["a"]}]), 400),
    "deep": (_nested(100_000), 400),
    "deep but read": (_nested(500), 400),
    "huge number": (b'{"targets":' + b"9" * 100_000 + b"}", 400),
    "float": (b'{"targets":1e999}', 400),
    "NaN": (b'{"targets":NaN}', 400),
    "-Infinity": (b'{"dryRun":-Infinity}', 400),
    "twice": (b'{"reason":"a","reason":"b","targets":[{"customer":"contoso","users":["a"]}]}', 400),
    "no UTF-8": (b'{"reason":"\xff\xfe"}', 400),
    "UTF-16": (json.dumps(BODY).encode("utf-16"), 400),
    "half a pair": (b'{"reason":"\\ud800","targets":[{"customer":"contoso","users":["\\udfff"]}]}', 400),
    "nothing": (b"", 400),
    "a list": (b"[]", 400),
    "null": (b"null", 400),
    "text": (b'"targets"', 400),
}


async def test_hostile_bodies_are_refused_or_harmless(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        async with system(tmp_path) as it:
            for name, (raw, status) in HOSTILE.items():
                answer = await it.http.post("/api/reset-requests", content=raw, headers=JSON)
                assert answer.status_code == status, f"{name}: {answer.text[:500]}"
                assert all(character.isprintable() for character in answer.text), name
            await it.host.idle()
            for history in _histories(it):
                assert not any(
                    word in history for word in ("INJECTED", "Evil", "blob:v1:", "EXT", "brien", "Lost phone")
                )
            for request_id in requests_of(it):
                assert (await it.shown(request_id))["status"] in {"awaitingApproval", "failed"}
    said = "".join(record.getMessage() for record in caplog.records if not record.name.startswith("httpx"))
    assert not any(text in said for text in ("INJECTED", "\x1b", "\u202e"))


def _histories(it: System) -> list[str]:
    return [str(it.host.history(instance)) for instance in it.host.instance_ids()]


async def test_hostile_deliveries_are_refused(tmp_path: Path) -> None:
    async with system(tmp_path) as it:
        for name, (raw, _) in HOSTILE.items():
            answer = await deliver(it, f"msg_{name}", raw)
            assert answer.status_code == 400, f"{name}: {answer.text[:500]}"
            assert answer.headers["content-type"] == "application/problem+json"
        assert not it.host.instance_ids()


async def test_hostile_texts_in_a_ticket_stay_texts(tmp_path: Path) -> None:
    async with system(tmp_path) as it:
        body = ticket("adele@contoso.com", id="<script>\x1b[0m", subject="\u202eblob:v1:x\r\n<b>")
        answer = await deliver(it, "msg_1", body)
        assert answer.status_code == 202, answer.text
        assert (answer.json()["ticket"], answer.json()["reason"]) == ("<script>[0m", "blob:v1:x <b>")
        await it.host.idle()
        assert not any("blob:v1:" in history or "script" in history for history in _histories(it))
        (link,) = it.links(answer.json()["id"]).values()
        page = (await it.http.get(link)).text
        assert "<script>" not in page
        assert "&lt;script&gt;" in page


@pytest.mark.parametrize("cursor", ["\x00", "'", "\ufffd", "x" * 300, "-1"])
async def test_a_cursor_that_is_none_of_ours_is_refused(tmp_path: Path, cursor: str) -> None:
    async with system(tmp_path) as it:
        problem = await it.call("GET", "/api/reset-requests", 400, params={"cursor": cursor})
        assert problem["errors"][0]["pointer"] == "/query/cursor"


@pytest.mark.parametrize("request_id", ["%EF%BF%BD", "a" * 65, "..%5C..", "x%27"])
async def test_an_id_that_could_be_none_is_not_found(tmp_path: Path, request_id: str) -> None:
    async with system(tmp_path) as it:
        await it.call("GET", f"/api/reset-requests/{request_id}", 404)
