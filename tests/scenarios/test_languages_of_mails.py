"""Mails, comments and the Teams card are in the language of the customers; a user's notice in the user's own, where it is known."""

from pathlib import Path
from typing import Any

import pytest

from tests.receiver import SECRET, callback_to, receiving, send_ticket
from tests.system import ROOT, System, system
from tests.teams_workflow import texts_of, workflow


def german_policy(tmp_path: Path, more: str = "", **replace: str) -> Path:
    """The demo's policy, where Contoso reads German."""
    text = (ROOT / "localhost/policy.demo.toml").read_text()
    text = text.replace('name = "Contoso"\n', 'name = "Contoso"\nlanguage = "de"\nnotifyManagers = true\n')
    for old, new in replace.items():
        text = text.replace(f"[{old}]\n", f"[{old}]\n{new}", 1)
    path = tmp_path / "policy.toml"
    path.write_text(text + more)
    return path


def subjects(it: System, to: str) -> list[str]:
    return [mail.subject for mail in it.world.mailbox.to(to)]


def set_language(it: System, name: str, language: str) -> None:
    (user,) = [user for tenant in it.world.tenants.values() for user in tenant.users.values() if user.upn == name]
    user.language = language


async def finished(it: System, users: list[str]) -> str:
    request = await it.ask(contoso=users)
    await it.approve(request["id"])
    assert (await it.shown(request["id"]))["status"] == "completed"
    return str(request["id"])


@pytest.mark.azure_storage
async def test_everyone_reads_german_about_a_german_customer(tmp_path: Path) -> None:
    async with system(tmp_path, policy=german_policy(tmp_path)) as it:
        await finished(it, ["adele@contoso.com"])
        (asked,) = it.world.mailbox.to("owner@contoso.com")
        assert asked.subject.startswith("MFA-Zurücksetzung von Adele Vance genehmigen (INC0012345) [")
        assert "Vor der Genehmigung wird nichts entfernt." in asked.content
        assert '<html lang="de">' in asked.content
        assert len(asked.links) == 1
        (outcome,) = it.world.mailbox.to("tech@msp.example")
        assert outcome.subject.startswith("MFA-Zurücksetzung: ")
        assert "Anforderung anzeigen" in outcome.content
        assert subjects(it, "adele@contoso.com") == ["Ihre Multi-Faktor-Authentifizierung wurde zurückgesetzt"]


@pytest.mark.azure_storage
async def test_a_request_about_customers_of_two_languages_is_written_in_that_of_all_mails(tmp_path: Path) -> None:
    async with system(tmp_path, policy=german_policy(tmp_path)) as it:
        request = await it.ask(contoso=["adele@contoso.com"], fabrikam=["diego@fabrikam.com"])
        await it.approve(request["id"])
        assert subjects(it, "tech@msp.example")[0].startswith("MFA reset ")
        # Each approver is asked about their own customer alone.
        assert subjects(it, "owner@contoso.com")[0].startswith("MFA-Zurücksetzung von ")


@pytest.mark.azure_storage
async def test_a_person_s_own_language_comes_before_the_customers(tmp_path: Path) -> None:
    more = '\n[languages]\n"owner@contoso.com" = "en"\n"msp.example" = "en"\n'
    async with system(tmp_path, policy=german_policy(tmp_path, more)) as it:
        await finished(it, ["adele@contoso.com"])
        assert subjects(it, "owner@contoso.com")[0].startswith("Approve MFA reset of ")
        assert subjects(it, "tech@msp.example")[0].startswith("MFA reset ")
        assert subjects(it, "adele@contoso.com") == ["Ihre Multi-Faktor-Authentifizierung wurde zurückgesetzt"]


@pytest.mark.azure_storage
@pytest.mark.parametrize(
    ("language", "subject"),
    [
        ("en-GB", "Your multi-factor authentication was reset"),
        ("de-AT", "Ihre Multi-Faktor-Authentifizierung wurde zurückgesetzt"),
        ("ja-JP", "Ihre Multi-Faktor-Authentifizierung wurde zurückgesetzt"),
    ],
)
async def test_a_notice_is_in_the_users_own_language_else_in_the_customers(
    tmp_path: Path, language: str, subject: str
) -> None:
    async with system(tmp_path, policy=german_policy(tmp_path)) as it:
        set_language(it, "adele@contoso.com", language)
        await finished(it, ["adele@contoso.com"])
        assert subjects(it, "adele@contoso.com") == [subject]


@pytest.mark.azure_storage
async def test_comments_and_the_card_are_german_and_the_event_is_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with receiving() as receiver, workflow() as teams:
        monkeypatch.setenv("HELPDESK_CALLBACK_SECRET", SECRET)
        monkeypatch.setenv("TEAMS_WEBHOOK", teams.url)
        more = callback_to(receiver.url, 'template = "zendesk"')
        policy = german_policy(tmp_path, more, approval='teamsWebhook = "env:TEAMS_WEBHOOK"\n')
        async with system(tmp_path, policy=policy) as it:
            request_id = await send_ticket(it, contoso=["adele@contoso.com"])
            await it.approve(request_id)
            data: dict[str, Any] = receiver.last("decided").event["data"]
            assert "<strong>MFA-Zurücksetzung: genehmigt</strong>" in data["comment"]
            assert data["status"] == "resetting"
            assert texts_of(teams.cards[0])[0] == "Genehmigung nötig: MFA-Zurücksetzung"
