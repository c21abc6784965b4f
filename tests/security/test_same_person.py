"""The same person under another spelling is neither asked to approve their own request nor lets anybody else be taken for them."""

from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.system import HOME, ROOT, System, system
from tests.triggers.deliveries import deliver
from tests.triggers.principals import principal

LEAD, SECOND = "lead@msp.example", "second@msp.example"
SIGN_IN = {"WEBSITE_AUTH_ENABLED": "True", "API_KEYS": "tests:a-function-key-of-the-tests"}


async def _post(it: System, requester: object, *, dry_run: bool = False) -> httpx.Response:
    body = {
        "targets": [{"customer": "fabrikam", "users": ["alex@fabrikam.com"]}],
        "reason": "Lost phone",
        "requester": requester,
        "dryRun": dry_run,
    }
    answer = await it.http.post("/api/reset-requests", json=body)
    await it.host.idle()
    return answer


def _policy(tmp_path: Path, *changes: tuple[str, str]) -> Path:
    text = (ROOT / "localhost/policy.demo.toml").read_text()
    for old, new in changes:
        assert old in text
        text = text.replace(old, new, 1)
    path = tmp_path / "policy.toml"
    path.write_text(text)
    return path


@pytest.mark.parametrize(
    "spelling",
    [
        "lead@msp.example.",
        "LEAD@MSP.EXAMPLE",
        '"lead"@msp.example',
        "lead+tickets@msp.example",
        "lead_msp.example#EXT#@contoso.onmicrosoft.com",
        "\uff4c\uff45\uff41\uff44\uff20\uff4d\uff53\uff50\uff0e\uff45\uff58\uff41\uff4d\uff50\uff4c\uff45",  # full width
        "le\u200bad@msp.example",  # an invisible space
    ],
)
async def test_another_spelling_is_the_same_requester(tmp_path: Path, spelling: str) -> None:
    async with system(tmp_path) as it:
        answer = await _post(it, spelling)
        assert answer.status_code == 202, answer.text
        shown = await it.shown(answer.json()["id"])
        assert [entry["approver"] for entry in shown["approval"]["approvers"]] == [SECOND]
        assert (shown["approval"]["quorum"], shown["approval"]["unknownRequester"]) == (1, False)


@pytest.mark.parametrize(
    "spelling",
    [
        "Lena Lead <lead@msp.example>",
        "mailto:lead@msp.example",
        "'lead@msp.example'",
        "octocat",
        "99999999-9999-9999-9999-999999999999",
        "l\u0435ad@msp.example",  # Cyrillic
        "lead@m\u0455p.example",  # Cyrillic
        "lead@xn--mp-vmc.example",  # the same as punycode
    ],
)
async def test_what_is_no_address_or_looks_like_another_is_refused(tmp_path: Path, spelling: str) -> None:
    async with system(tmp_path) as it:
        answer = await _post(it, spelling)
        assert answer.status_code == 400
        assert answer.json()["errors"][0]["pointer"] == "/requester"


async def test_an_alias_of_the_account_is_found_in_the_directory_and_compared_by_id(tmp_path: Path) -> None:
    async with system(tmp_path) as it:
        (lead,) = [user for user in it.world.tenants[HOME].users.values() if user.upn == LEAD]
        lead.mail = "lena.lead@msp.example"
        shown = await it.shown((await _post(it, "lena.lead@msp.example")).json()["id"])
        assert [entry["approver"] for entry in shown["approval"]["approvers"]] == [SECOND]
        assert shown["approval"]["unknownRequester"] is False


async def test_ids_are_compared_at_the_decision(tmp_path: Path) -> None:
    """The session shows an address that the request does not have, and the account that asked all the same."""
    account = f'"{HOME}/{{}}"'
    async with system(tmp_path) as it:
        (tech,) = [user.id for user in it.world.tenants[HOME].users.values() if user.upn == "tech@msp.example"]
    named = f'identities = {{ "{SECOND}" = {account.format(tech)} }}\n[approval.stepUp]'
    policy = _policy(tmp_path, ("[approval.stepUp]", named))
    async with system(tmp_path / "again", policy=policy, settings=SIGN_IN) as it:
        request = await it.ask(fabrikam=["alex@fabrikam.com"])
        assert list(it.links(request["id"])) == [LEAD]  # the other approver's account is the requester's
    async with system(tmp_path / "later", settings=SIGN_IN) as it:
        request = await it.ask(fabrikam=["alex@fabrikam.com"])
        link = it.links(request["id"])[SECOND]
        renamed = principal(SECOND, tid=HOME, oid=tech)
        assert (await it.http.get(link, headers=renamed)).status_code == 403


@pytest.mark.parametrize("requester", ["ghost@msp.example", "", None])
async def test_an_unknown_requester_needs_two_approvals(tmp_path: Path, requester: str | None) -> None:
    async with system(tmp_path) as it:
        body: dict[str, Any] = {"targets": [{"customer": "fabrikam", "users": ["alex@fabrikam.com"]}]}
        body |= {} if requester is None else {"requester": requester}
        request = await it.call("POST", "/api/reset-requests", 202, json=body)
        await it.host.idle()
        approval = (await it.shown(request["id"]))["approval"]
        assert (approval["quorum"], approval["stepUp"], approval["unknownRequester"]) == (2, True, True)
        links = it.links(request["id"])
        assert "was not found in any directory" in (await it.http.get(links[LEAD])).text
        await it.decide(links[LEAD], "approve")
        assert (await it.shown(request["id"]))["status"] == "awaitingApproval"
        await it.decide(links[SECOND], "approve")
        assert (await it.shown(request["id"]))["status"] == "completed"


async def test_the_policy_can_refuse_unknown_requesters(tmp_path: Path) -> None:
    policy = _policy(tmp_path, ("[approval]\n", '[approval]\nunknownRequester = "refuse"\n'))
    async with system(tmp_path, policy=policy) as it:
        shown = await it.shown((await _post(it, "ghost@msp.example")).json()["id"])
        assert (shown["status"], shown["failure"]) == ("failed", "unknownRequester")
        assert {target["outcome"] for target in await it.targets(shown["id"])} == {"failed"}
        known = await it.shown((await _post(it, "tech@msp.example")).json()["id"])
        assert known["status"] == "awaitingApproval"


async def test_who_asked_is_part_of_what_is_approved(tmp_path: Path) -> None:
    async with system(tmp_path) as it:
        request = await it.ask(fabrikam=["alex@fabrikam.com"])
        stored = await it.services.requests.get(request["id"])
        assert stored is not None
        assert stored.identities is not None
        assert [account.partition("/")[0] for account in stored.identities.requester] == [HOME]
        other = stored.identities.model_copy(update={"requester": [f"{HOME}/somebody-else"]})
        await it.services.requests.update(request["id"], lambda r: r.model_copy(update={"identities": other}))
        await it.decide(it.links(request["id"])[LEAD], "approve")
        assert (await it.shown(request["id"]))["failure"] == "planChanged"


async def test_every_source_names_a_requester(tmp_path: Path) -> None:
    async with system(tmp_path) as it:
        users = [{"organization": "contoso", "email": "adele@contoso.com"}]
        for number, agent in enumerate(({}, {"email": ""}, {"email": "octocat"})):
            body = {"ticket": {"id": "1", "subject": "x", "agent": agent, "users": users}}
            answer = await deliver(it, f"d{number}", body)
            assert answer.status_code == 400, answer.text
            assert answer.json()["errors"][0]["pointer"] == "/requester"
