"""The review says what cannot be undone, and only where something would be changed."""

from pathlib import Path

from tests.console.pages import text_of
from tests.system import System, system


async def reviewed(it: System, customer: str, user: str, **more: object) -> str:
    """The review of a plan for this user."""
    targets = [{"customer": customer, "users": [user]}]
    request = await it.ask(more={"targets": targets, "dryRun": True} | more)
    mine = {"source": "console", "requested_by_id": "test:tech@msp.example"}
    await it.services.requests.update(request["id"], lambda r: r.model_copy(update=mine))
    return await text_of(it, f"reviews/{request['id']}")


async def test_what_is_removed_is_final_whether_sessions_end_or_not(tmp_path: Path) -> None:
    async with system(tmp_path) as it:
        ends = "All sign-in sessions of this user end."
        final = "Removed methods cannot be brought back"
        asked = "This person has to register again as soon as a sign-in asks for MFA."
        text = await reviewed(it, "contoso", "adele@contoso.com")
        assert f"{ends} {asked} {final}." in text
        text = await reviewed(it, "contoso", "adele@contoso.com", revokeSessions=False)
        assert f"{asked} {final}." in text
        assert ends not in text
        assert f"{final}; deactivated tokens can, for 7 days." in await reviewed(it, "contoso", "isaiah@contoso.com")


async def test_review_without_a_reset_names_no_consequences(tmp_path: Path) -> None:
    async with system(tmp_path) as it:
        text = await reviewed(it, "contoso", "breakglass@contoso.com")
        assert "Not touched" in text
        assert "sessions" not in text
        assert "brought back" not in text


async def test_user_whom_no_policy_asks_for_mfa_is_not_said_to_register_again(tmp_path: Path) -> None:
    async with system(tmp_path) as it:
        text = await reviewed(it, "tailspin", "miriam@tailspin.com")
        assert "Nothing makes this user register again" in text
        assert "to register again as soon as" not in text
