"""The review calls final what is, whatever is ticked, and only where something would happen."""

from pathlib import Path

from tests.console.reading import text_of
from tests.system import System, system


async def reviewed(it: System, customer: str, user: str, **more: object) -> str:
    """The review of a plan for this user."""
    targets = [{"customer": customer, "users": [user]}]
    request = await it.ask(more={"targets": targets, "dryRun": True} | more)
    await it.services.requests.update(request["id"], lambda r: r.model_copy(update={"source": "console"}))
    return await text_of(it, f"reviews/{request['id']}")


async def test_what_is_removed_is_final_whether_sessions_end_or_not(tmp_path: Path) -> None:
    async with system(tmp_path) as it:
        ends = "All sign-in sessions of these users end."
        final = "Removed methods cannot be brought back"
        asked = "This person has to register again as soon as a sign-in asks for MFA."
        text = await reviewed(it, "contoso", "adele@contoso.com")
        assert f"{ends} {asked} {final}." in text
        text = await reviewed(it, "contoso", "adele@contoso.com", revokeSessions=False)
        assert f"{asked} {final}." in text
        assert ends not in text
        assert f"{final}; deactivated tokens can, for 7 days." in await reviewed(it, "contoso", "isaiah@contoso.com")


async def test_nothing_is_said_to_follow_where_nobody_is_reset(tmp_path: Path) -> None:
    async with system(tmp_path) as it:
        text = await reviewed(it, "contoso", "breakglass@contoso.com")
        assert "Not touched" in text
        assert "sessions" not in text
        assert "brought back" not in text


async def test_nobody_is_said_to_register_again_whom_nothing_asks_to(tmp_path: Path) -> None:
    async with system(tmp_path) as it:
        text = await reviewed(it, "tailspin", "miriam@tailspin.com")
        assert "Nothing makes this user register again" in text
        assert "to register again as soon as" not in text
