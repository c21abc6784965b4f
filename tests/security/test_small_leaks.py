"""Small things: what was kept for ever, repeated at length, read in the wrong direction, sent to the platform or shown as markup."""

import re
from copy import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import get_args

import pytest

from domain.policy.load import Template
from domain.request.csv_export import cell
from domain.text import without_unseen
from localhost.clock import VirtualClock
from messaging.addresses import allowed_addresses, is_allowed
from messaging.comment_text import FORMATS, comment, wiki_text
from messaging.errors import AddressNotAllowedError
from messaging.events import KINDS
from tests.messaging.test_comment_text import VIEW
from tests.system import system
from use_cases.ticket_comment import comment_view
from web.views import CustomerView, DecisionView, UserView

TEMPLATES: tuple[Template, ...] = get_args(Template)


# --- idempotency records ---


@pytest.mark.parametrize(
    "sender", ["api:key:api", "api:tenant/object", "console", "servicebus", "helpdesk", "gone-source"]
)
async def test_idempotency_records_of_every_sender_are_purged(tmp_path: Path, sender: str) -> None:
    async with system(tmp_path) as it:
        now = it.services.now()
        await it.services.deliveries.accept(sender, "old", b"{}", "r1", now - timedelta(days=2), signed=b"x")
        await it.services.deliveries.accept(sender, "new", b"{}", "r2", now)
        await it.services.retention.purge_deliveries([], now - timedelta(days=1), now)
        assert len(await it.services.store.scan(f"delivery:{sender}")) == 1


async def test_a_night_leaves_no_idempotency_record_of_an_old_call(tmp_path: Path) -> None:
    """Over HTTP: a call of the API that was refused by its plan leaves no request that would name its caller."""
    async with system(tmp_path, clock=VirtualClock(datetime(2026, 1, 5, 2, 58, tzinfo=UTC))) as it:
        answer = await it.http.post(
            "/api/reset-requests",
            json={
                "targets": [{"customer": "contoso", "users": ["adele@contoso.com"]}],
                "requester": "tech@msp.example",
            },
            headers={"Idempotency-Key": "mine"},
        )
        assert answer.status_code == 202
        await it.host.idle()
        assert await it.services.store.scan("delivery:api:key:api")
        now = it.services.now
        it.services.now = lambda: now() + timedelta(days=500)  # the engine's clock need not tick through all of them
        await it.advance(minutes=3)
        assert not await it.services.store.scan("delivery:api:key:api")


# --- echoes ---


async def test_errors_repeat_the_start_of_what_was_sent_and_no_more(tmp_path: Path) -> None:
    async with system(tmp_path) as it:
        long = "x" * 200_000
        bodies: list[dict[str, object]] = [
            {"targets": [{"customer": long, "users": ["a@b.example"]}]},
            {"targets": [{"customer": "contoso", "users": ["a@b.example"]}], long: 1},
            {"targets": [{"customer": "contoso", "users": ["a@b.example"], long: {long: long}}]},
            {"targets": [{"customer": "contoso", "users": [long]}], "methods": [long], "requester": long},
        ]
        for body in bodies:
            answer = await it.http.post("/api/reset-requests", json=body)
            assert answer.status_code == 400
            assert len(answer.content) < 3_000
        for path in ("users?customers", "users?sort", "authentication-methods?type", "reset-requests?status"):
            answer = await it.http.get(f"/api/{path}={long[:7000]}")
            assert len(answer.content) < 3_000, path


# --- CSV ---


def test_a_cell_has_nothing_that_turns_its_reading_round() -> None:
    assert cell("adele\u202etxt.exe\u2066\u200f") == "adeletxt.exe"
    assert cell("\u202e=1+1") == "'=1+1"
    assert cell("\u200b@x") == "'@x"
    assert without_unseen("a\x00b\u061cc") == "abc"
    assert cell("Ada\u200dé") == "Ada\u200dé"


# --- callback addresses ---

PLATFORM = ["168.63.129.16", "::ffff:168.63.129.16", "64:ff9b::a83f:8110", "2002:a83f:8110::", "fec0::1", "feff::1"]


@pytest.mark.parametrize("address", PLATFORM)
@pytest.mark.parametrize("private", [True, False])
async def test_no_callback_goes_to_azures_own_address_or_a_site_local_one(address: str, *, private: bool) -> None:
    assert not is_allowed(address, allow_private=private)

    async def resolve(_host: str, _port: int) -> list[str]:
        return [address]

    with pytest.raises(AddressNotAllowedError):
        await allowed_addresses("hooks.example", 443, allow_private=private, resolve=resolve)


# --- ticket comments ---

# Jira: icons that look like ours, panels, links, mentions, and a backslash that takes ours away. HTML: elements and entities.
HOSTILE = r"(/) (x) {panel}h1. x{panel} [click|https://evil.example] \{color:red} @admin %x% \\ *b* !i.png! <b onclick=x> &lt;i&gt;"


@pytest.mark.parametrize("template", TEMPLATES)
@pytest.mark.parametrize("undo", [False, True])
def test_what_comes_from_outside_is_no_markup_in_any_comment(template: Template, *, undo: bool) -> None:
    view = replace(
        VIEW,
        undo=undo,
        asked_by=HOSTILE,
        customers=(HOSTILE,),
        waiting_for=(HOSTILE,),
        decisions=(DecisionView(HOSTILE, "deny", VIEW.decisions[0].at, HOSTILE),),
        outcomes=(CustomerView(HOSTILE, "x", (UserView(1, HOSTILE, HOSTILE, outcome="failed"),), targets=1),),
        follow_up=((HOSTILE, "exposed"),),
    )
    for kind in KINDS:
        text = comment(template, kind, view)
        if FORMATS[template] == "html":
            assert not re.search(r"<(?!/?(p|ul|li|strong)>)", text)
            assert "&lt;i&gt;" not in text
        elif FORMATS[template] == "wiki":
            assert not re.search(r"(?<!\\)[][{}!|@%]", text)
            assert not re.search(r"(?<!\\)\((/|x)", text)
            assert "\\\\" not in text


def test_a_backslash_does_not_take_the_meaning_from_ours() -> None:
    assert wiki_text(r"\{color}") == r"＼\{color\}"  # noqa: RUF001 - the wide form is meant


@pytest.mark.parametrize("template", TEMPLATES)
def test_a_comment_says_reset_or_undo(template: Template) -> None:
    for kind in KINDS:
        reset, undo = (comment(template, kind, replace(VIEW, undo=undo)) for undo in (False, True))
        assert "Undo of an MFA reset" in undo
        assert "Undo" not in reset
    ended = comment(template, "completed", replace(VIEW, undo=True, status="completed"))
    assert "hardware token is active again" in re.sub(r"\\(.)", r"\1", ended)
    assert "removed" not in comment(template, "awaitingApproval", replace(VIEW, undo=True))


async def test_the_ticket_of_an_undo_says_so(tmp_path: Path) -> None:
    async with system(tmp_path) as it:
        request = await it.ask(contoso=["isaiah@contoso.com"])
        await it.approve(request["id"])
        undo = await it.call("POST", f"/api/reset-requests/{request['id']}/undo", 202, json={})
        for made, expected in ((request, False), (undo, True)):
            stored = await it.services.requests.get(made["id"])
            assert stored is not None
            assert (await comment_view(it.services, stored, "accepted")).undo is expected
