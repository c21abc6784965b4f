"""A way back in: a Temporary Access Pass after a reset, under the same approval, shown once, and kept nowhere."""

import asyncio
import io
import logging
import re
import sqlite3
import zipfile
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
from google.protobuf.json_format import MessageToJson

from domain.access.console_session import session_for
from domain.bootstrap.access_pass import ABANDONED
from graph import access_passes
from graph.permissions import NARROW, PERMISSIONS, WIDE
from messaging.mail import send_mail
from messaging.mail_text import Mail
from telemetry.spans import request_span
from tests.graph_calls.plugin import stop_recording
from tests.receiver import policy_with
from tests.scenarios.test_manager_attestation import answer, link_of, make_manager
from tests.scenarios.test_verification import events
from tests.system import System, system
from tests.telemetry.recording import Recorded, recording
from triggers.console.operators import COOKIE
from use_cases import orchestrations
from use_cases import show_access_pass as module

ADELE, MEGAN, ALEX, LYNNE = "adele@contoso.com", "megan@contoso.com", "alex@contoso.com", "lynne@contoso.com"
OFFER = '\n[bootstrap]\naccessPass = "offer"\nlifetime = "2h"\n'
ALWAYS = '\n[bootstrap]\naccessPass = "always"\nonce = false\n'
VERIFIED = OFFER + '\n[verification]\nrequired = "always"\naccept = ["managerAttestation", "callback"]\n'
SINGLE = "it is about the records, and what several hosts do"
pytestmark = pytest.mark.engine_only(SINGLE)
RESET = frozenset(p.name for p in (*PERMISSIONS, *NARROW)) - {WIDE}


def offering(tmp_path: Path, policy: str = OFFER) -> Any:
    return system(tmp_path, policy=policy_with(tmp_path, policy))


async def reset(it: System, *users: str, **more: Any) -> dict[str, Any]:
    request = await it.ask(contoso=list(users), more={"accessPass": True} | more)
    await it.approve(request["id"])
    return request


def ask_pass(it: System, request: dict[str, Any], number: int = 0, operator: str = "second@msp.example") -> Any:
    path = f"/api/reset-requests/{request['id']}/targets/{number}/access-pass"
    return it.http.post(path, json={"operator": operator})


def reason(answered: httpx.Response) -> str:
    return str(answered.json()["type"]).rpartition(":")[2]


async def pass_of(it: System, request: dict[str, Any], number: int = 0) -> dict[str, Any]:
    found: dict[str, Any] = (await it.targets(request["id"]))[number]["accessPass"]
    return found


def passes(it: System, user: str = ADELE) -> list[str]:
    """The ids of the passes that the user has in the tenant."""
    methods = it.world.user("contoso", user).methods.values()
    return [method.id for method in methods if method.kind.name == "temporaryAccessPass"]


async def test_the_pass_is_shown_once_and_is_nowhere_else(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with recording() as recorded:
        async with offering(tmp_path) as it:
            request = await it.ask(contoso=[ADELE, ALEX], more={"accessPass": True})
            before = await ask_pass(it, request)
            assert (before.status_code, reason(before)) == (409, "notYet")
            page = (await it.http.get(it.links(request["id"])["owner@contoso.com"])).text
            assert "A Temporary Access Pass is offered after the reset</b>, because the request asks for it" in page
            assert "good for one sign-in within 2 hours" in page
            (mail,) = (mail for mail in it.world.mailbox.to("owner@contoso.com") if request["id"] in mail.content)
            assert "good for one sign-in within 2 hours" in mail.content
            await it.approve(request["id"])
            assert it.world.passes == []  # made on demand, and not before

            shown = await ask_pass(it, request)
            assert shown.status_code == 200, shown.text
            assert shown.headers["Cache-Control"] == "no-store"
            (text,) = it.world.passes
            body = shown.json()
            assert (body["accessPass"], body["userPrincipalName"], body["lifetimeMinutes"], body["once"]) == (
                text,
                ADELE,
                120,
                True,
            )
            again = await ask_pass(it, request)
            assert (again.status_code, reason(again)) == (409, "alreadyShown")
            assert "second@msp.example" in again.json()["detail"]
            assert it.world.passes == [text]
            found = await pass_of(it, request)
            assert (found["state"], found["by"], found["why"]) == ("shown", "second@msp.example", "requested")
            assert found["endsAt"] == body["endsAt"]
            assert (await pass_of(it, request, 1))["state"] == "offered"
            (event,) = events(await it.audit(request["id"]), "accessPassShown")
            assert (event["actor"], event["data"]["target"], event["data"]["customer"]) == (
                "second@msp.example",
                0,
                "contoso",
            )

            assert await where_it_is(it, request["id"], text, tmp_path, caplog, recorded) == []


async def where_it_is(
    it: System, request_id: str, text: str, tmp_path: Path, caplog: pytest.LogCaptureFixture, recorded: Recorded
) -> list[str]:
    """Return the names of the places that hold `text`: all where something of a request and its users is kept or sent."""
    pack = (await it.http.get(f"/api/reset-requests/{request_id}/evidence")).content
    files = zipfile.ZipFile(io.BytesIO(pack))
    everything = {name: files.read(name).decode() for name in files.namelist()}
    assert '"accessPass":["requested",120,true]' in everything["plan.jsonl"]
    assert "second@msp.example" in everything["targets.jsonl"]
    everything["history"] = "\n".join(
        MessageToJson(each) for name in it.host.instance_ids() for each in it.host.history(name)
    )
    assert "reset_target" in everything["history"]
    everything["log"] = "\n".join(f"{record.getMessage()} {record.__dict__}" for record in caplog.records)
    assert "accessPassShown" in everything["log"]
    everything["mails"] = "\n".join(mail.content for mail in it.world.mailbox.to())
    assert "good for one sign-in" in everything["mails"]
    everything["records"] = dump_of(tmp_path / "records.sqlite")
    assert "accessPassShown" in everything["records"]
    everything["audit"] = (await it.http.get(f"/api/reset-requests/{request_id}/audit")).text
    assert "accessPassShown" in everything["audit"]
    everything["traces"] = "\n".join(span.to_json() for span in recorded.spans)
    assert "temporaryAccessPassMethods" in everything["traces"]
    everything["exported log"] = "\n".join(log.to_json() for log in recorded.log_exporter.get_finished_logs())
    assert "accessPassShown" in everything["exported log"]
    everything["metrics"] = str(recorded.reader.get_metrics_data())
    found = [name for name, content in everything.items() if text in content]
    return found + (["files"] if text.encode() in files_in(tmp_path) else [])


LEAK = "leaked-8"


@pytest.mark.parametrize("place", ["history", "log", "mails", "audit", "records", "traces"])
async def test_a_pass_that_leaks_is_found(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    """What looks for the pass above sees one in each of these places."""
    caplog.set_level(logging.DEBUG)
    if place == "history":
        monkeypatch.setattr(orchestrations, "uuid4", lambda: SimpleNamespace(hex=LEAK))
    with recording() as recorded:
        async with offering(tmp_path) as it:
            request = await reset(it, ADELE)
            assert (await ask_pass(it, request)).status_code == 200
            settings = it.services.settings
            match place:
                case "log":
                    logging.getLogger("mfareset.bootstrap").info("made %s", LEAK)
                case "mails":
                    mail = Mail("tech@msp.example", "A pass", LEAK, LEAK)
                    await send_mail(it.services.graph, settings.graph_home_tenant, settings.mail_from, mail)
                case "audit":
                    data = {"detail": LEAK}
                    await it.services.audits.append(request["id"], it.services.now(), "service", "noted", data)
                case "records":
                    await it.services.store.put("elsewhere", "pass", {"text": LEAK})
                case "traces":
                    with request_span("a pass", request["id"]) as span:
                        span.set_attribute("pass", LEAK)
                case _:
                    pass
            assert place in await where_it_is(it, request["id"], LEAK, tmp_path, caplog, recorded)


def dump_of(database: Path) -> str:
    with closing(sqlite3.connect(database)) as connection:
        return "\n".join(connection.iterdump())


def files_in(folder: Path) -> bytes:
    """Every byte that the service keeps: records, history, and what the storage has not written over."""
    return b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())


async def test_only_those_who_need_it_are_offered_one(tmp_path: Path) -> None:
    """By the forecast, without being asked for; a guest never, because Graph refuses it."""
    policy = OFFER + "\n"
    path = policy_with(tmp_path, policy)
    path.write_text(path.read_text().replace('guests = "refuse"', 'guests = "allow"'))
    async with system(tmp_path, policy=path) as it:
        tenant = it.world.tenant("contoso")
        tenant.enforces, tenant.registering = "conditionalAccess", "blocked"
        guest = next(user for user in tenant.users.values() if user.type == "Guest")
        request = await it.ask(contoso=[ADELE, guest.id])
        adele, stranger = await it.targets(request["id"])
        assert (adele["forecast"], adele["accessPass"]["why"]) == ("cannotRegister", "cannotRegister")
        assert (stranger["accessPass"]["state"], stranger["accessPass"]["reason"]) == ("refused", "guestUser")
        await it.approve(request["id"])
        refused = await ask_pass(it, request, 1)
        assert (refused.status_code, reason(refused)) == (409, "guestUser")
        assert it.world.passes == []
        other = await it.ask(fabrikam=["alex@fabrikam.com"])
        assert await pass_of(it, other) is None
        await it.approve(other["id"])
        none = await ask_pass(it, other)
        assert (none.status_code, reason(none)) == (409, "notOffered")


async def test_always_and_never_are_what_the_policy_says(tmp_path: Path) -> None:
    async with offering(tmp_path, ALWAYS) as it:
        request = await it.ask(contoso=[ALEX])
        found = await pass_of(it, request)
        assert (found["why"], found["lifetimeMinutes"], found["once"]) == ("always", 60, False)
    async with system(tmp_path) as it:
        refused = await it.call("POST", "/api/reset-requests", 400, json=BODY | {"accessPass": True})
        assert [each["pointer"] for each in refused["errors"]] == ["/accessPass"]


BODY = {"targets": [{"customer": "contoso", "users": [ALEX]}], "reason": "Lost", "requester": "tech@msp.example"}


async def test_an_operator_opens_it_in_the_console(tmp_path: Path) -> None:
    async with offering(tmp_path) as it:
        request = await reset(it, ADELE)
        console = f"/console/requests/{request['id']}"
        signed = await signed_in(it)
        page = (await signed.get(console)).text
        form = re.search(r'name="nonce" value="([^"]+)"><button id="pass-0" name="target" value="0"', page)
        assert form, page
        assert (await signed.get(f"{console}/pass")).status_code in {
            404,
            405,
        }  # a scanner that follows links makes none
        data, origin = {"nonce": form[1], "target": "0"}, {"Origin": it.host.base_url}
        assert (await signed.post(f"{console}/pass", data={"target": "0"}, headers=origin)).status_code == 403
        assert it.world.passes == []
        shown = await signed.post(f"{console}/pass", data=data, headers=origin)
        assert shown.status_code == 200
        assert f"<code>{it.world.passes[0].replace('+', '+')}</code>" in shown.text
        assert shown.headers["Cache-Control"] == "no-store"
        reloaded = await signed.post(f"{console}/pass", data=data, headers=origin)
        assert reloaded.status_code == 409
        assert "It was shown before" in reloaded.text
        after = (await signed.get(console)).text
        assert "A Temporary Access Pass was shown</b> to <bdi>tech@msp.example</bdi>" in after
        assert "pass-0" not in after
        await signed.aclose()


async def signed_in(it: System) -> httpx.AsyncClient:
    value = session_for(it.services.settings.approval_keys, "tech@msp.example", it.services.now())
    return httpx.AsyncClient(base_url=it.host.base_url, cookies={COOKIE: value}, timeout=60)


async def test_the_verified_users_manager_opens_it_by_the_link(tmp_path: Path) -> None:
    async with offering(tmp_path, VERIFIED) as it:
        make_manager(it, ADELE, MEGAN)
        request = await it.ask(contoso=[ADELE, LYNNE], more={"accessPass": True})
        link = link_of(it, MEGAN)
        early = await answer(it, link, "accessPass")
        assert (early.status_code, it.world.passes) == (409, [])
        page = await answer(it, link, "spoken")
        assert "When the reset is approved and done, this page can show" in page.text
        path = f"/api/reset-requests/{request['id']}/targets/1/verification"
        body = {"number": "+1 425 555 0112", "operator": "second@msp.example"}
        await it.call("POST", path, json=body)
        await it.host.idle()
        await it.approve(request["id"])
        assert 'value="accessPass"' in (await it.http.get(link)).text
        assert it.world.passes == []  # opening it makes none
        shown = await answer(it, link, "accessPass")
        assert shown.status_code == 200
        assert it.world.passes[0] in shown.text
        language = '<nav class="language"'  # its links load the page again, without the pass
        assert (language in shown.text, language in page.text) == (False, True)
        found = await pass_of(it, request)
        assert (found["state"], found["by"]) == ("shown", MEGAN)
        assert found["byId"].endswith(it.world.user("contoso", MEGAN).id)
        again = await answer(it, link, "accessPass")
        assert again.status_code == 409
        assert it.world.passes[0] not in again.text
        assert f"was shown to <bdi>{MEGAN}</bdi>" in (await it.http.get(link)).text


async def test_who_was_not_verified_gets_none_whoever_approves(tmp_path: Path) -> None:
    policy = VERIFIED + 'otherwise = "stepUp"\nwaitFor = "1h"\n'
    async with offering(tmp_path, policy) as it:
        it.world.user("contoso", ALEX).manager = None
        request = await it.ask(contoso=[ALEX], more={"accessPass": True})
        assert (await pass_of(it, request))["state"] == "offered"
        await it.advance(hours=2)
        assert await pass_of(it, request) is None
        await it.approve(request["id"])
        assert (await it.shown(request["id"]))["status"] == "completed"
        assert reason(await ask_pass(it, request)) == "notOffered"


async def test_it_has_to_be_asked_for_within_the_time_of_the_policy(tmp_path: Path) -> None:
    async with offering(tmp_path) as it:
        request = await reset(it, ADELE)
        now = it.services.now() + timedelta(hours=25)
        it.services.now = lambda: now
        late = await ask_pass(it, request)
        assert (late.status_code, reason(late), it.world.passes) == (409, "tooLate", [])


async def test_two_at_once_are_not_shown_two_passes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real, asked, answered = access_passes.make_pass, asyncio.Event(), asyncio.Event()

    async def held(*args: Any, **more: Any) -> Any:
        asked.set()
        await answered.wait()
        return await real(*args, **more)

    async with offering(tmp_path) as it:
        request = await reset(it, ADELE)
        monkeypatch.setattr(module, "make_pass", held)
        first = asyncio.create_task(ask_pass(it, request))
        await asked.wait()
        others = [asyncio.create_task(ask_pass(it, request, operator=f"{name}@msp.example")) for name in "cd"]
        done, _ = await asyncio.wait(others, timeout=10)
        answered.set()
        assert [reason(await each) for each in done] == ["beingMade", "beingMade"]
        assert (await first).json()["accessPass"] == it.world.passes[0]
        assert len(it.world.passes) == 1
        assert len(list(events(await it.audit(request["id"]), "accessPassShown"))) == 1


async def test_a_pass_that_nobody_saw_is_removed_by_the_next_attempt(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The process dies between Graph's answer and the record of it: the pass is there, and was shown to no one."""
    async with offering(tmp_path) as it:
        request = await reset(it, ADELE)
        audits, real = type(it.services.audits), type(it.services.audits).append

        async def dying(self: Any, *args: Any, **more: Any) -> bool:
            if "accessPassShown" in args:
                raise asyncio.CancelledError
            return bool(await real(self, *args, **more))

        with monkeypatch.context() as patched:
            patched.setattr(audits, "append", dying)
            record = await it.services.requests.get(request["id"])
            assert record is not None
            with pytest.raises(asyncio.CancelledError):
                await module.show_access_pass(
                    it.services, record, 0, module.Viewer("second@msp.example", "key:api", "operator")
                )
        (unseen,) = passes(it)
        assert (await pass_of(it, request))["state"] == "making"
        soon = await ask_pass(it, request)
        assert (soon.status_code, reason(soon)) == (409, "beingMade")
        await it.advance(seconds=ABANDONED.total_seconds())
        shown = await ask_pass(it, request)
        assert shown.json()["accessPass"] == it.world.passes[1]
        assert len(passes(it)) == 1
        assert unseen not in passes(it)


async def test_a_notice_that_is_noted_meanwhile_takes_nothing_from_who_is_shown_the_pass(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The mail to the user is noted in the same record. Instants are kept in milliseconds, and clocks have more."""
    async with offering(tmp_path) as it:
        request = await reset(it, ADELE)
        now = it.services.now() + timedelta(microseconds=123)
        it.services.now = lambda: now
        real = access_passes.make_pass

        async def beside_a_notice(*args: Any, **more: Any) -> Any:
            kept = await it.services.targets.get(request["id"], 0)
            assert kept is not None
            assert await it.services.targets.save(request["id"], kept, kept.target.model_copy(update={"mails": []}))
            return await real(*args, **more)

        monkeypatch.setattr(module, "make_pass", beside_a_notice)
        shown = await ask_pass(it, request)
        assert (shown.status_code, (await pass_of(it, request))["state"]) == (200, "shown")


async def test_who_was_overtaken_is_shown_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A slow attempt ends after another one has begun: its pass is removed unseen."""
    async with offering(tmp_path) as it:
        request = await reset(it, ADELE)
        record = await it.services.requests.get(request["id"])
        assert record is not None
        real = access_passes.make_pass

        async def slow(*args: Any, **more: Any) -> Any:
            made = await real(*args, **more)
            now = it.services.now() + ABANDONED
            it.services.now = lambda: now
            kept = await it.services.targets.get(request["id"], 0)
            assert kept is not None
            await module._take(it.services, record, 0, module.Viewer("third@msp.example", "key:api", "operator"))
            return made

        monkeypatch.setattr(module, "make_pass", slow)
        late = await ask_pass(it, request)
        assert (late.status_code, reason(late)) == (409, "beingMade")
        assert passes(it) == []
        assert (await pass_of(it, request))["by"] == "third@msp.example"


@pytest.mark.parametrize("replaces", [False, True])
async def test_a_pass_that_the_user_has_already_is_replaced(tmp_path: Path, *, replaces: bool) -> None:
    """Microsoft's pages differ on a second pass: refused with 400, or in place of the first."""
    async with offering(tmp_path) as it:
        it.world.tenant("contoso").passes_replace = replaces
        request = await reset(it, ADELE)
        older = it.world.register("contoso", ADELE, "temporaryAccessPass")
        assert (await ask_pass(it, request)).status_code == 200
        assert len(passes(it)) == 1
        assert older.id not in passes(it)


async def test_failing_is_an_outcome_of_its_own_and_may_be_tried_again(tmp_path: Path) -> None:
    async with offering(tmp_path) as it:
        tenant = it.world.tenant("contoso")
        tenant.passes_enabled = False
        request = await reset(it, ADELE)
        refused = await ask_pass(it, request)
        assert (refused.status_code, reason(refused)) == (409, "passNotAllowed")
        assert passes(it) == []
        assert it.world.passes[0] not in refused.text
        found = await pass_of(it, request)
        assert (found["state"], found["reason"]) == ("failed", "passNotAllowed")
        (target,) = await it.targets(request["id"])
        assert target["outcome"] == "reset"  # the reset went well, and says so
        (event,) = events(await it.audit(request["id"]), "accessPassFailed")
        assert event["data"]["reason"] == "passNotAllowed"
        tenant.pass_lifetimes = (10, 60)
        too_long = await ask_pass(it, request)
        assert (too_long.status_code, reason(too_long)) == (409, "refused")
        tenant.passes_enabled, tenant.pass_lifetimes = True, (10, 480)
        assert (await ask_pass(it, request)).status_code == 200
        assert (await pass_of(it, request))["state"] == "shown"


async def test_a_reset_that_did_not_end_well_shows_none(tmp_path: Path) -> None:
    async with offering(tmp_path) as it:
        it.world.faults.add(method="DELETE", path="*/microsoftAuthenticatorMethods/*", status=403)
        request = await reset(it, ADELE)
        (target,) = await it.targets(request["id"])
        assert target["outcome"] == "partiallyReset"
        answered = await ask_pass(it, request)
        assert (answered.status_code, reason(answered)) == (409, "notReset")
        assert it.world.passes == []


async def test_nobody_opens_their_own(tmp_path: Path) -> None:
    async with offering(tmp_path) as it:
        request = await reset(it, ADELE)
        assert (await ask_pass(it, request, operator=ADELE)).status_code == 403
        unnamed = await it.http.post(f"/api/reset-requests/{request['id']}/targets/0/access-pass")
        assert unnamed.status_code == 400
        assert it.world.passes == []


@pytest.mark.usefixtures("unrecorded")
async def test_a_stolen_reset_credential_makes_no_pass(tmp_path: Path) -> None:
    """Each application has the permissions that docs/bootstrap.md says, and the simulator holds both to them."""
    async with offering(tmp_path) as it:
        tenant = it.world.tenant("contoso")
        tenant.granted_to = {"the-service": RESET, "the-bootstrap": frozenset({"UserAuthMethod-TAP.ReadWrite.All"})}
        request = await reset(it, ADELE)
        (target,) = await it.targets(request["id"])
        assert target["outcome"] == "reset"
        thief = it.services.graph.of(tenant.id)
        path = f"users/{target['userId']}/authentication/temporaryAccessPassMethods"
        assert (await thief.send("POST", path, body={"lifetimeInMinutes": 60})).status == 403
        assert it.world.passes == []
        # Nor does the other application's take anything away.
        other = it.services.bootstrap_graph.of(tenant.id)
        phone = next(
            method for method in it.world.user("contoso", ALEX).methods.values() if method.kind.name == "phone"
        )
        of_alex = f"users/{it.world.user('contoso', ALEX).id}/authentication/phoneMethods/{phone.id}"
        assert (await other.send("DELETE", of_alex)).status == 403
        assert (await ask_pass(it, request)).status_code == 200
        assert await bootstrap_access(it) == (True, [], True)
        tenant.granted_to["the-bootstrap"] = frozenset()
        assert await bootstrap_access(it) == (False, ["UserAuthMethod-TAP.ReadWrite.All"], True)
        tenant.granted_to["the-service"] = RESET | {WIDE}
        assert await bootstrap_access(it) == (False, ["UserAuthMethod-TAP.ReadWrite.All"], False)
        second = await reset(it, ALEX)
        refused = await ask_pass(it, second)
        assert (refused.status_code, reason(refused)) == (409, "forbidden")


async def bootstrap_access(it: System) -> tuple[bool, list[str], bool]:
    (shown,) = (await it.call("GET", "/api/customer-access?customers=contoso"))["value"]
    found = shown["bootstrap"]
    assert "client_id=the-bootstrap" in found["consentUrl"]
    return found["isEnough"], [each["permission"] for each in found["missing"]], found["isSeparate"]


@pytest.fixture
def unrecorded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave what a thief would call out of the check of the service's own calls."""
    stop_recording(monkeypatch)
