"""An incomplete read is never taken for an empty one: no user is reported as reset, or as unprivileged, because of it."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from activities.reset_target import reset_one
from domain.outcomes import TargetOutcome
from graph.batch import Part, batch
from graph.client import GraphClient
from graph.details import read_details
from graph.errors import Fault, GraphError
from graph.methods import revoke_and_read
from graph.paging import read_all
from graph.responses import Response, parsed
from graph.users import find_users
from tests.activities.conftest import CONTOSO, Works

APP: tuple[str, dict[str, Any]] = ("microsoftAuthenticator", {})
TOKEN: tuple[str, dict[str, Any]] = ("softwareOath", {})
MOBILE: tuple[str, dict[str, Any]] = ("phone", {"phoneType": "mobile"})

type Change = Callable[[dict[str, Any]], None]


def html(item: dict[str, Any]) -> None:
    item["body"] = "PGh0bWw+"  # in a batch, what is no JSON comes as base64


def moved(item: dict[str, Any]) -> None:
    item["status"], item["body"] = 302, None


def no_list(item: dict[str, Any]) -> None:
    item["body"] = {"value": "none"}


def bare(item: dict[str, Any]) -> None:
    item["body"] = item["body"]["value"]


def nameless(item: dict[str, Any]) -> None:
    item["body"] = {"value": [{"id": "no type"}]}


def elsewhere(item: dict[str, Any]) -> None:
    item["body"] = {"value": item["body"]["value"][:1], "@odata.nextLink": "https://elsewhere.example/next"}


def elsewhere_empty(item: dict[str, Any]) -> None:
    item["body"] = {"value": [], "@odata.nextLink": "https://elsewhere.example/next"}


def answered(monkeypatch: pytest.MonkeyPatch, path: str, change: Change) -> None:
    """Parts of batches whose path has `path` in it are answered so."""
    send = GraphClient.send_once

    async def sent(self: GraphClient, method: str, where: str, **more: Any) -> Response:
        answer = await send(self, method, where, **more)
        if where == "$batch":
            urls = {part["id"]: part["url"] for part in more["body"]["requests"]}
            for item in answer.body["responses"]:
                if path in urls[item["id"]]:
                    change(item)
        elif path in where:
            item = {"status": answer.status, "body": answer.body}
            change(item)
            return answer._replace(status=item["status"], body=item["body"] if isinstance(item["body"], dict) else {})
        return answer

    monkeypatch.setattr(GraphClient, "send_once", sent)


@pytest.mark.parametrize("change", [html, moved, no_list, elsewhere])
@pytest.mark.parametrize("path", ["authentication/methods", "transitiveMemberOf", "ownedObjects"])
async def test_read_at_the_reset_that_is_no_whole_list_removes_and_settles_nothing(
    works: Works, monkeypatch: pytest.MonkeyPatch, change: Change, path: str
) -> None:
    user = works.user(MOBILE, APP, TOKEN)
    works.without_tenant_wide_lists()
    await works.planned(user)
    before = works.present(user)
    answered(monkeypatch, path, change)
    target = await works.reset()
    assert (target.outcome, works.present(user), works.deletes(user)) == (TargetOutcome.FAILED, before, [])
    assert {m.outcome.value for m in target.methods} == {"failed"}


@pytest.mark.parametrize(
    ("change", "reason"), [(html, "methodsUnreadable"), (no_list, "methodsUnreadable"), (moved, "customerUnreachable")]
)
async def test_an_answer_that_cannot_be_read_is_not_said_to_be_none(
    works: Works, monkeypatch: pytest.MonkeyPatch, change: Change, reason: str
) -> None:
    await works.planned(works.user(APP))
    answered(monkeypatch, "authentication/methods", change)
    assert (await works.reset()).reason == reason


@pytest.mark.parametrize(
    ("method", "path", "reason", "left"),
    [
        ("DELETE", "*/phoneMethods/*", "unverified", 1),
        ("POST", "*/revokeSignInSessions", "sessionsNotRevoked", 0),
        ("GET", "*/authentication/methods", "methodsUnreadable", 2),
    ],
)
async def test_methods_that_were_read_are_not_said_to_be_unreadable(
    works: Works, method: str, path: str, reason: str, left: int
) -> None:
    """Graph fails at this user to the end, while it answers for others."""
    user = works.user(MOBILE, APP)
    await works.planned(user)
    works.world.faults.add(method=method, path=path, status=503)
    assert (await works.once())["fault"] == "unavailable"
    await reset_one(works.services, "r1", 0, last=True, answered=True)
    target = await works.target()
    assert (target.reason, len(works.present(user)), target.sessions_revoked) == (reason, left, False)


@pytest.mark.parametrize(
    ("path", "change"),
    [
        ("$select=id,displayName,userPrincipalName", html),
        ("$select=id,displayName,userPrincipalName", no_list),
        ("authentication/methods", bare),
        ("authentication/methods", nameless),
    ],
    ids=["a user, HTML", "a user, no list", "methods, a bare list", "methods without types"],
)
async def test_what_does_not_say_what_it_is_leaves_the_user_alone(
    works: Works, monkeypatch: pytest.MonkeyPatch, path: str, change: Change
) -> None:
    user = works.user(APP)
    await works.planned(user)
    answered(monkeypatch, path, change)
    target = await works.reset()
    assert (target.outcome, works.deletes(user)) == (TargetOutcome.FAILED, [])


@pytest.mark.parametrize("change", [html, no_list])
async def test_user_who_cannot_be_read_for_the_plan_is_not_reported_as_unknown(
    works: Works, monkeypatch: pytest.MonkeyPatch, change: Change
) -> None:
    answered(monkeypatch, "$select=id,displayName,userPrincipalName", change)
    found = await find_users(works.services.graph.of(CONTOSO), ["adele@contoso.com", "alex@contoso.com"])
    assert [entry.fault for entry in found if isinstance(entry, GraphError)] == [Fault.UNAVAILABLE] * 2


@pytest.mark.parametrize("content", [b"[]", b"<html>", b'"text"', b"{}", b'{"value": [1]}'])
def test_what_is_no_list_of_objects_is_not_an_empty_one(content: bytes) -> None:
    with pytest.raises(GraphError) as error:
        Response(200, {}, parsed(content)).items()
    assert error.value.fault is Fault.UNAVAILABLE


async def test_lost_page_of_one_user_leaves_the_others_planned(works: Works, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = works.user(APP, name="first"), works.user(APP, name="second")
    works.without_tenant_wide_lists()
    answered(monkeypatch, f"{second.id}/ownedObjects", elsewhere_empty)
    details = await read_details(works.services.graph.of(CONTOSO), [first.id, second.id], hardware=False)
    assert [entry.fault if isinstance(entry, GraphError) else "" for entry in details] == ["", Fault.UNAVAILABLE]


async def test_lost_page_does_not_hide_that_the_sessions_were_revoked(
    works: Works, monkeypatch: pytest.MonkeyPatch
) -> None:
    user = works.user(APP)
    answered(monkeypatch, "authentication/methods", elsewhere_empty)
    answer, found = await revoke_and_read(works.services.graph.of(CONTOSO), user.id, revoke=True, hardware=False)
    assert answer is not None
    assert answer.ok
    assert isinstance(found, GraphError)


async def test_revocation_with_an_empty_response_is_not_reported_as_done(
    works: Works, monkeypatch: pytest.MonkeyPatch
) -> None:
    user = works.user(APP)
    await works.planned(user)
    answered(monkeypatch, "revokeSignInSessions", html)
    target = await works.reset()
    assert (target.outcome, target.sessions_revoked) == (TargetOutcome.PARTIALLY_RESET, False)


def in_pages(monkeypatch: pytest.MonkeyPatch, path: str, link: str) -> None:
    """Lists of that path come one item to a page."""
    rest: list[dict[str, Any]] = []

    def first(item: dict[str, Any]) -> None:
        items = item["body"]["value"]
        rest[:] = items[1:]
        item["body"] = {"value": items[:1]} | ({"@odata.nextLink": f"{link}1"} if rest else {})

    answered(monkeypatch, path, first)
    send = GraphClient.send_once

    async def sent(self: GraphClient, method: str, where: str, **more: Any) -> Response:
        if where.startswith(link):
            number = int(where.removeprefix(link))
            body: dict[str, Any] = {"value": rest[number - 1 : number]}
            return Response(200, {}, body | ({"@odata.nextLink": f"{link}{number + 1}"} if rest[number:] else {}))
        return await send(self, method, where, **more)

    monkeypatch.setattr(GraphClient, "send_once", sent)


async def test_methods_on_further_pages_are_planned_and_removed(works: Works, monkeypatch: pytest.MonkeyPatch) -> None:
    user = works.user(MOBILE, APP, TOKEN)
    in_pages(monkeypatch, "authentication/methods", "http://127.0.0.1:9/v1.0/next?page=")
    await works.planned(user)
    target = await works.reset()
    assert target.outcome is TargetOutcome.RESET
    assert [m.outcome.value for m in target.methods] == ["deleted"] * 3
    assert not works.present(user)


async def test_role_assignable_group_on_a_further_page_makes_privileged(
    works: Works, monkeypatch: pytest.MonkeyPatch
) -> None:
    def second(item: dict[str, Any]) -> None:
        item["body"] = {"value": [], "@odata.nextLink": "http://127.0.0.1:9/v1.0/next"}

    answered(monkeypatch, "ownedObjects", second)
    send = GraphClient.send_once
    group = {"id": "g1", "displayName": "Tier zero", "isAssignableToRole": True}

    async def sent(self: GraphClient, method: str, where: str, **more: Any) -> Response:
        if where.endswith("/v1.0/next"):
            return Response(200, {}, {"value": [group]})
        return await send(self, method, where, **more)

    monkeypatch.setattr(GraphClient, "send_once", sent)
    await works.planned(works.user(APP))
    assert (await works.target()).privileges == ["role-assignable group Tier zero"]


@pytest.mark.parametrize(
    ("link", "fault"),
    [("http://127.0.0.1:9/v1.0/next", Fault.UNAVAILABLE), ("https://elsewhere.example/next", Fault.REFUSED)],
)
async def test_list_that_never_ends_or_goes_on_elsewhere_is_a_fault(
    works: Works, monkeypatch: pytest.MonkeyPatch, link: str, fault: Fault
) -> None:
    asked: list[str] = []

    async def sent(_: GraphClient, __: str, where: str, **___: Any) -> Response:
        asked.append(where)
        return Response(200, httpx.Headers(), {"value": [{}], "@odata.nextLink": link})

    monkeypatch.setattr(GraphClient, "send_once", sent)
    with pytest.raises(GraphError) as error:
        await read_all(works.services.graph.of(CONTOSO), "users")
    assert error.value.fault is fault
    assert "https://elsewhere.example/next" not in asked
    assert len(asked) <= 101


@pytest.mark.parametrize("responses", [None, "none", [None], [{"id": "0"}], [{"id": "0", "status": "200"}]])
async def test_reads_of_an_unreadable_batch_are_asked_for_one_by_one(
    works: Works, monkeypatch: pytest.MonkeyPatch, responses: Any
) -> None:
    async def sent(_: GraphClient, method: str, where: str, **__: Any) -> Response:
        if where == "$batch":
            return Response(200, {}, {"responses": responses})
        if where == "users/b":
            raise GraphError(Fault.UNAVAILABLE, "cut")
        return Response(200, {}, {"id": f"{method} {where}"})

    monkeypatch.setattr(GraphClient, "send_once", sent)
    client = works.services.graph.of(CONTOSO)
    parts = [Part("users/a"), Part("users/b"), Part("users/c/revokeSignInSessions", "POST")]
    read, cut, write = await batch(client, parts)
    assert (read.body, cut.status, write.status) == ({"id": "GET users/a"}, 502, 502)


async def test_part_without_an_answer_is_asked_for_again_and_harms_no_other(
    works: Works, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[list[str]] = []

    async def sent(_: GraphClient, __: str, where: str, **more: Any) -> Response:
        if where != "$batch":
            asked.append([where])
            return Response(503, {}, {})
        urls = [part["url"] for part in more["body"]["requests"]]
        asked.append(urls)
        return Response(
            200, {}, {"responses": [{"id": str(n), "status": 200, "body": {}} for n in range(len(urls) - 1)]}
        )

    monkeypatch.setattr(GraphClient, "send_once", sent)
    first, second = await batch(works.services.graph.of(CONTOSO), [Part("users/a"), Part("users/b")])
    assert (first.status, second.status) == (200, 503)
    assert asked == [["/users/a", "/users/b"], ["users/b"], ["users/b"], ["users/b"]]


@pytest.mark.parametrize(
    "date",
    [
        "2022-06-06T16:43:04.6438213Z",  # Graph documentation, "List temporaryAccessPassMethods"
        "0001-01-01T00:00:00Z",  # what Graph writes for an unknown date, in several resources
        "0001-01-01T00:00:00+02:00",
        "2022-06-06T16:43:04",
        "yesterday",
        "",
        0,
        None,
    ],
)
async def test_methods_with_any_date_are_planned_and_removed(
    works: Works, monkeypatch: pytest.MonkeyPatch, date: object
) -> None:
    def dated(item: dict[str, Any]) -> None:
        for method in item["body"]["value"]:
            method["createdDateTime"] = date

    user = works.user(MOBILE, APP)
    answered(monkeypatch, "authentication/methods", dated)
    await works.planned(user)
    target = await works.reset()
    assert target.outcome is TargetOutcome.RESET
    assert [m.outcome.value for m in target.methods] == ["deleted", "deleted"]
