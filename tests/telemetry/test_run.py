"""What a whole run tells: one trace, the right counts, and nothing about anybody."""

import json
import logging
from pathlib import Path
from uuid import UUID

import pytest
from opentelemetry.sdk.trace import ReadableSpan

from tests.system import System, link_token, system
from tests.telemetry.recording import Recorded, recording


async def _run(it: System) -> str:
    request = await it.ask(contoso=["adele@contoso.com"], fabrikam=["alex@fabrikam.com"])
    await it.advance(minutes=10)
    await it.approve(request["id"])
    assert (await it.shown(request["id"]))["status"] == "completed"
    return str(request["id"])


def _named(recorded: Recorded, name: str) -> list[ReadableSpan]:
    return [span for span in recorded.spans if span.name == name]


async def test_one_trace_leads_from_the_first_call_to_the_outcome(tmp_path: Path) -> None:
    with recording() as recorded:
        async with system(tmp_path) as it:
            request_id = await _run(it)
    ours = [span for span in recorded.spans if (span.attributes or {}).get("mfareset.request") == request_id]
    assert {span.context.trace_id for span in ours} == {UUID(request_id).int}
    names = {span.name for span in ours}
    assert {"accept", "activity plan_targets", "activity reset_target", "activity finish_request"} <= names
    (root,) = _named(recorded, "reset request")
    assert root.parent is None
    assert root.attributes is not None
    assert root.attributes["mfareset.status"] == "completed"
    assert root.start_time is not None
    assert root.end_time is not None
    assert root.end_time - root.start_time >= 10 * 60 * 10**9  # the wait for the approval is part of it
    steps = [span for span in ours if span is not root]
    assert {span.parent.span_id for span in steps if span.parent} == {root.context.span_id}


async def test_spans_of_graph_calls_have_a_parent_the_status_and_the_request_id(tmp_path: Path) -> None:
    with recording() as recorded:
        async with system(tmp_path) as it:
            await _run(it)
    by_id = {span.context.span_id: span for span in recorded.spans}
    deletes = [span for span in recorded.spans if span.name.startswith("graph DELETE ")]
    assert deletes
    for span in deletes:
        assert span.attributes is not None
        assert span.parent is not None
        assert by_id[span.parent.span_id].name == "activity reset_target"
        assert span.attributes["http.response.status_code"] == 204
        assert span.attributes["graph.request_id"]
        assert str(span.attributes["url.template"]).startswith("v1.0/users/{id}/authentication/")


async def test_requests_targets_waits_calls_and_mails_are_counted(tmp_path: Path) -> None:
    with recording() as recorded:
        async with system(tmp_path) as it:
            await _run(it)
    assert recorded.measured("mfareset.requests.accepted") == {(("source", "api"),): 1}
    assert recorded.measured("mfareset.requests") == {(("status", "completed"),): 1}
    assert recorded.measured("mfareset.targets") == {(("outcome", "reset"),): 2}
    assert recorded.measured("mfareset.approval.wait") == {(("ended", "resetting"),): pytest.approx(600, abs=5)}
    calls = recorded.measured("mfareset.graph.calls")
    assert {dict(key)["tenant"] for key in calls} >= {
        "11111111-1111-1111-1111-111111111111",
        "22222222-2222-2222-2222-222222222222",
    }
    assert (("kind", "approval"), ("result", "sent")) in recorded.measured("mfareset.mails")


async def test_telemetry_contains_no_personal_data(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Every span, event and log line of a run, searched for every person, number, method and token there is."""
    with recording() as recorded, caplog.at_level(logging.DEBUG, logger="mfareset"):
        caplog.set_level(logging.INFO)
        async with system(tmp_path) as it:
            request_id = await _run(it)
            await it.http.get("/api/approvals?token=not-a-token")
            links = list(it.links(request_id).values())
            tenants = list(it.world.tenants.values())
    sent = "\n".join(
        [
            *(span.to_json() for span in recorded.spans),
            *(record.to_json() for record in recorded.log_exporter.get_finished_logs()),
            *(record.getMessage() for record in caplog.records),
            json.dumps([record.__dict__ for record in caplog.records], default=str),
        ]
    )
    assert f"ended request={request_id} status=completed" in sent
    forbidden = {"adele", "alex@", "Lost phone", "INC0012345", "tech@msp.example", "eyJ", "Bearer "}
    forbidden |= {link_token(link) for link in links}
    for tenant in tenants:
        for user in tenant.users.values():
            forbidden |= {user.upn, user.name, user.id} | set(user.methods)
            forbidden |= {m.properties["phoneNumber"] for m in user.methods.values() if "phoneNumber" in m.properties}
    found = {word for word in forbidden if word and word.lower() in sent.lower()}
    assert found == set()


async def test_a_failed_request_is_an_error_of_its_root(tmp_path: Path) -> None:
    with recording() as recorded:
        async with system(tmp_path) as it:
            it.world.tenants["11111111-1111-1111-1111-111111111111"].consented = False
            request = await it.ask(contoso=["adele@contoso.com"])
            assert (await it.shown(request["id"]))["status"] == "failed"
    (root,) = _named(recorded, "reset request")
    assert not root.status.is_ok
    assert recorded.measured("mfareset.requests") == {(("status", "failed"),): 1}


async def test_the_switch_is_measured() -> None:
    for stopped in (True, False):
        with recording(stopped=stopped) as recorded:
            assert recorded.measured("mfareset.removing.stopped") == {(): int(stopped)}
