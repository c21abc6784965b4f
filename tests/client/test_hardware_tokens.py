"""Undo and activate with the client, and which token a user's name means."""

import asyncio
import json
from pathlib import Path

import httpx
import pytest

from mfa_reset_client import AsyncClient, ConflictError, InvalidInputError, UnreachableError
from mfa_reset_client.hardware_tokens import find_token
from mfa_reset_client.models import Method, Target
from tests.client.harness import Faulty, Waits, client_of, command
from tests.scenarios.test_undo import CODE, ISAIAH, WRONG, reset, token
from tests.system import system


async def test_undo_and_activate_commands(tmp_path: Path) -> None:
    async with system(tmp_path) as it:
        waits, request_id = Waits(it), await reset(it)
        asked = await command(waits, "undo", request_id, "--reason", "Found again", "--json")
        assert asked.code == 0, asked.err
        undo = json.loads(asked.out)
        assert (undo["undoOf"], undo["reason"], undo["ticket"]) == (request_id, "Found again", "INC0012345")
        await it.host.idle()
        early = await command(waits, "activate", undo["id"], "--user", ISAIAH, "--code", CODE)
        assert early.code == 12
        await it.approve(undo["id"])
        assert (await command(waits, "activate", undo["id"], "--user", "adele@contoso.com", "--code", CODE)).code == 2
        wrong = await command(waits, "activate", undo["id"], "--user", ISAIAH.upper(), "--code", WRONG)
        assert (wrong.code, WRONG in wrong.out + wrong.err) == (2, False)
        done = await command(waits, "activate", undo["id"], "--user", ISAIAH, "--code", CODE, "--json")
        assert done.code == 0, done.err
        assert [method["reactivated"] for method in json.loads(done.out)["methods"]] == [True]
        assert token(it).usable
        await it.host.idle()
        assert (await command(waits, "wait", undo["id"], "--quiet")).code == 0
        assert (await command(waits, "undo", request_id, "--idempotency-key", "another")).code == 12


async def test_undo_and_activate_in_both_clients(tmp_path: Path) -> None:
    async with system(tmp_path) as it:
        waits, request_id = Waits(it), await reset(it)
        with client_of(waits) as client:
            accepted = await asyncio.to_thread(client.undo, request_id, ticket="INC7")
            assert (accepted.is_new, accepted.request.undo_of, accepted.request.ticket) == (True, request_id, "INC7")
            await it.host.idle()
            await it.approve(accepted.request.id)
            with pytest.raises(InvalidInputError):
                await asyncio.to_thread(client.activate, accepted.request.id, 0, token(it).id, WRONG)
        async with AsyncClient(it.host.base_url, it.host.key, clock=waits.async_clock) as same:
            target = await same.activate(accepted.request.id, 0, token(it).id, CODE)
            assert target.methods[0].reactivated
            await it.host.idle()
            with pytest.raises(ConflictError):
                await same.undo(request_id)


async def test_a_code_is_retried_only_while_it_is_valid(tmp_path: Path) -> None:
    async with system(tmp_path) as it:
        waits = Waits(it)
        unavailable = Faulty(*[httpx.Response(503)] * 50)
        with client_of(waits, unavailable) as client, pytest.raises(UnreachableError):
            await asyncio.to_thread(client.activate, "any", 0, "token", CODE)
        assert sum(waits.slept) < 16


def target(number: int, upn: str, *methods: tuple[str, str]) -> Target:
    made = [Method(type="hardwareOath", id=name, outcome=outcome) for name, outcome in methods]
    return Target(
        number=number, customer="contoso", user_id=f"id-{number}", user_principal_name=upn, outcome="x", methods=made
    )


def test_find_token() -> None:
    targets = [
        target(0, "a@contoso.com", ("t1", "keptNewer"), ("t2", "pending")),
        target(1, "b@contoso.com", ("t3", "pending"), ("t4", "pending")),
        target(2, "c@contoso.com", ("t5", "keptNewer")),
        target(3, "B@contoso.com"),
    ]
    assert find_token(targets, "A@contoso.com", None) == (0, "t2")
    assert find_token(targets, "a@contoso.com", "t1") == (0, "t1")
    assert find_token(targets, "id-2", None) == (2, "t5")  # a repeat gets the first response
    for user, method, why in (
        ("d@contoso.com", None, "not in this request"),
        ("b@contoso.com", None, "more than once"),
        ("id-1", None, "t3, t4"),
        ("id-1", "t9", "t3, t4"),
        ("id-3", None, "none"),
    ):
        with pytest.raises(LookupError, match=why):
            find_token(targets, user, method)
