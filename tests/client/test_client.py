"""Both clients of the Python API against the whole service."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from inspect import signature
from pathlib import Path

import httpx
import pytest

from mfa_reset_client import (
    Accepted,
    AsyncClient,
    Client,
    ConflictError,
    CustomerTargets,
    InvalidInputError,
    NotAllowedError,
    NotFoundError,
    ResetRequest,
    Status,
    Target,
    TargetOutcome,
    UnexpectedResponseError,
    UnreachableError,
    WaitTimeoutError,
)
from mfa_reset_client.clock import Clock
from mfa_reset_client.lookups import Lookups
from mfa_reset_client.operations import Operations
from tests.client.harness import Faulty, Waits, client_of
from tests.system import System, system

ADELE = [CustomerTargets(customer="contoso", users=["adele@contoso.com"])]


PUBLIC = [name for kind in (Lookups, Operations) for name in vars(kind) if not name.startswith("_")]


@pytest.mark.parametrize("name", PUBLIC)
def test_both_clients_have_every_operation_with_its_parameters(name: str) -> None:
    parameters = signature(getattr(Operations, name)).parameters
    for client in (Client, AsyncClient):
        method = getattr(client, name)
        assert list(signature(method).parameters) == list(parameters)
        assert method.__doc__ == getattr(Operations, name).__doc__


def test_signatures_show_what_is_returned() -> None:
    assert signature(Client.wait).return_annotation is ResetRequest
    assert signature(AsyncClient.create).return_annotation is Accepted
    assert signature(Client.targets).return_annotation == Iterator[Target]
    assert signature(AsyncClient.list).return_annotation == AsyncIterator[ResetRequest]


async def approve_all(it: System) -> None:
    for request in (await it.call("GET", "/api/reset-requests"))["value"]:
        await it.approve(request["id"])


async def test_create_wait_and_read_the_targets(tmp_path: Path) -> None:
    async with system(tmp_path) as it:
        waits = Waits(it, meanwhile=lambda: approve_all(it))
        seen: list[str] = []

        def blocking() -> None:
            with client_of(waits) as client:
                accepted = client.create(ADELE, reason="Lost phone", ticket="INC1", requester="tech@msp.example")
                assert accepted.is_new
                ended = client.wait(accepted.request.id, on_poll=lambda request: seen.append(request.status))
                assert ended.status is Status.COMPLETED
                assert ended.totals.reset == 1
                assert [d.decision for d in ended.approval.decisions] == ["approve"]
                (target,) = client.targets(ended.id)
                assert target.outcome is TargetOutcome.RESET
                assert target.sessions_revoked is True
                assert {method.outcome for method in target.methods} == {"deleted"}
                assert [request.id for request in client.list(status="completed")] == [ended.id]

        await asyncio.to_thread(blocking)
        assert seen[-1] == "completed"
        assert min(waits.slept) >= 1


async def test_async_client_does_the_same(tmp_path: Path) -> None:
    async with system(tmp_path) as it:
        waits = Waits(it, meanwhile=lambda: approve_all(it))
        async with AsyncClient(it.host.base_url, it.host.key, clock=waits.async_clock) as client:
            accepted = await client.create(ADELE, reason="Lost phone")
            ended = await client.wait(accepted.request.id)
            assert ended.status is Status.COMPLETED
            assert [t.outcome async for t in client.targets(ended.id)] == [TargetOutcome.RESET]
            assert [r.id async for r in client.list()] == [ended.id]
            with pytest.raises(ConflictError):
                await client.cancel(ended.id)
            with pytest.raises(ConflictError):
                await client.retry(ended.id)


async def test_every_page_is_read(tmp_path: Path) -> None:
    users = [f"nobody{number}@contoso.com" for number in range(1003)]
    async with system(tmp_path) as it:
        waits = Waits(it)
        with client_of(waits) as client:
            groups = [CustomerTargets(customer="contoso", users=users)]
            accepted = await asyncio.to_thread(client.create, groups, dry_run=True)
            await it.host.idle()
            found = await asyncio.to_thread(lambda: list(client.targets(accepted.request.id)))
            assert [target.user_principal_name for target in found] == users
            none = await asyncio.to_thread(lambda: list(client.targets(accepted.request.id, outcome="reset")))
            assert none == []


async def test_the_same_key_gives_the_same_request(tmp_path: Path) -> None:
    async with system(tmp_path) as it:
        with client_of(Waits(it)) as client:

            def create(reason: str) -> Accepted:
                return client.create(ADELE, reason=reason, idempotency_key="run-1")

            first = await asyncio.to_thread(create, "Lost phone")
            again = await asyncio.to_thread(create, "Lost phone")
            assert (first.is_new, again.is_new) == (True, False)
            assert again.request.id == first.request.id
            with pytest.raises(InvalidInputError, match="another body"):
                await asyncio.to_thread(create, "Stolen phone")


async def test_a_lost_response_makes_no_second_request(tmp_path: Path) -> None:
    async with system(tmp_path) as it:
        waits = Waits(it)
        transport = Faulty(httpx.ReadError("gone"), after=True)
        with client_of(waits, transport) as client:
            accepted = await asyncio.to_thread(client.create, ADELE, reason="Lost phone")
        requests = (await it.call("GET", "/api/reset-requests"))["value"]
        assert [request["id"] for request in requests] == [accepted.request.id]
        keys = {call.headers["Idempotency-Key"] for call in transport.calls}
        assert len(transport.calls) == 2
        assert keys == {accepted.idempotency_key}


async def test_wait_survives_throttling_faults_and_a_restart(tmp_path: Path) -> None:
    async with system(tmp_path) as it:
        request = await it.ask(contoso=["adele@contoso.com"])
        await it.approve(request["id"])
        waits = Waits(it)
        faults = (
            httpx.Response(429, headers={"Retry-After": "40"}),
            httpx.Response(503, text="<html>"),
            httpx.ConnectError("refused"),
            httpx.ReadTimeout("slow"),
        )
        with client_of(waits, Faulty(*faults)) as client:
            ended = await asyncio.to_thread(client.wait, request["id"])
        assert ended.status is Status.COMPLETED
        assert len(waits.slept) == len(faults)
        assert waits.slept[0] == 40
        assert all(1 <= pause <= 37.5 for pause in waits.slept[1:])
        assert waits.slept[1] < waits.slept[3]


async def test_retries_end_with_the_retry_timeout(tmp_path: Path) -> None:
    async with system(tmp_path) as it:
        waits = Waits(it)
        always = [httpx.ConnectError("refused")] * 1000
        with client_of(waits, Faulty(*always)) as client, pytest.raises(UnreachableError, match="refused"):
            await asyncio.to_thread(client.get, "any")
        assert sum(waits.slept) == pytest.approx(60, abs=0.001)
        assert len(waits.slept) < 20


async def test_a_retry_after_beyond_the_retry_timeout_fails_at_once(tmp_path: Path) -> None:
    async with system(tmp_path) as it:
        waits = Waits(it)
        busy = httpx.Response(429, headers={"Retry-After": "61"})
        with client_of(waits, Faulty(busy)) as client, pytest.raises(UnreachableError, match="429"):
            await asyncio.to_thread(client.get, "any")
        assert waits.slept == []


async def test_wait_polls_rarely_and_times_out(tmp_path: Path) -> None:
    async with system(tmp_path) as it:
        request = await it.ask(contoso=["adele@contoso.com"])
        waits = Waits(it)
        with client_of(waits) as client, pytest.raises(WaitTimeoutError) as caught:
            await asyncio.to_thread(lambda: client.wait(request["id"], timeout=600))
        assert caught.value.request.status is Status.AWAITING_APPROVAL
        assert sum(waits.slept) == pytest.approx(600)
        assert len(waits.slept) < 60
        assert min(waits.slept[:-1]) >= 2  # what the service says in Retry-After


async def test_cancelling_twice_succeeds(tmp_path: Path) -> None:
    async with system(tmp_path) as it:
        request = await it.ask(contoso=["adele@contoso.com"])
        with client_of(Waits(it), Faulty(httpx.ReadError("gone"), after=True)) as client:
            await asyncio.to_thread(client.cancel, request["id"])
            await it.host.idle()
            again = await asyncio.to_thread(client.cancel, request["id"])
        assert again.status is Status.CANCELLED


async def test_retry_contains_what_did_not_end_well(tmp_path: Path) -> None:
    async with system(tmp_path) as it:
        request = await it.ask(contoso=["adele@contoso.com", "nobody@contoso.com"])
        await it.approve(request["id"])
        with client_of(Waits(it)) as client:
            accepted = await asyncio.to_thread(client.retry, request["id"])
            await it.host.idle()
            assert accepted.request.retry_of == request["id"]
            (target,) = await asyncio.to_thread(lambda: list(client.targets(accepted.request.id)))
        assert target.user_principal_name == "nobody@contoso.com"


async def test_each_refusal_has_its_error(tmp_path: Path) -> None:
    async with system(tmp_path) as it:
        waits = Waits(it)
        with client_of(waits, key="another-key") as stranger, pytest.raises(NotAllowedError) as refused:
            await asyncio.to_thread(stranger.get, "any")
        assert "another-key" not in str(refused.value) + repr(stranger)
        with client_of(waits) as client:
            with pytest.raises(NotFoundError):
                await asyncio.to_thread(client.get, "../../health")
            groups = [CustomerTargets(customer="nobody", users=["a@b.c"])]
            with pytest.raises(InvalidInputError) as bad:
                await asyncio.to_thread(client.create, groups, methods=["carrierPigeon"])
        assert "/methods/0" in {error["pointer"] for error in bad.value.errors}
        assert waits.slept == []  # a retry would change nothing


def client_with(respond: Callable[[httpx.Request], httpx.Response]) -> Client:
    clock = Clock(lambda: 0.0, lambda _: None)
    return Client("https://host.example/api/", "k", clock=clock, transport=httpx.MockTransport(respond))


def test_redirects_are_not_followed_with_the_key() -> None:
    seen: list[str] = []

    def respond(request: httpx.Request) -> httpx.Response:
        seen.append(str(request.url))
        return httpx.Response(302, headers={"Location": "https://elsewhere.example/"})

    with client_with(respond) as client, pytest.raises(UnexpectedResponseError):
        client.get("1")
    assert seen == ["https://host.example/api/reset-requests/1"]


@pytest.mark.parametrize("answer", [httpx.Response(200, text="<html>Sign in"), httpx.Response(200, json={"id": 1})])
def test_responses_of_other_servers_are_recognised(answer: httpx.Response) -> None:
    with client_with(lambda _: answer) as client, pytest.raises(UnexpectedResponseError):
        client.get("1")


def test_unknown_fields_and_values_are_kept() -> None:
    body = {
        "id": "1",
        "status": "sleeping",
        "createdAt": "2026-01-05T09:30:00Z",
        "totals": {"targets": 1, "asleep": 1},
        "mood": "good",
    }
    with client_with(lambda _: httpx.Response(200, json=body)) as client:
        request = client.get("1")
    assert request.status == "sleeping"
    assert not request.ended
    assert request.to_json() == body


@pytest.mark.parametrize(
    "url",
    ["", "host.example", "ftp://host", "http://host.example", "https://host/?code=secret", "https://user:secret@host/"],
)
def test_an_unsafe_or_invalid_base_url_is_rejected(url: str) -> None:
    with pytest.raises(ValueError, match=r"base URL|https") as caught:
        Client(url, "k")
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("key", ["", " ", "a\nb", "schlüssel"])
def test_an_invalid_key_is_rejected(key: str) -> None:
    with pytest.raises(ValueError, match="function key"):
        Client("https://host", key)
