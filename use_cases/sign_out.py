"""End sessions, and recognise those that were ended."""

from domain.access.callers import Principal
from services import Services


async def sign_out(services: Services, session: str) -> None:
    """End a session: the test sign-in's cookie, or the identity of an account that the platform signed in."""
    await services.sign_outs.end(session, services.now())


async def is_ended(services: Services, session: str) -> bool:
    """Return whether this session of the test sign-in was ended."""
    return await services.sign_outs.ended_at(session, services.now()) is not None


async def is_signed_out(services: Services, principal: Principal) -> bool:
    """Return whether the account signed out after this session of the platform began.

    App Service keeps a session in its cookie alone and cannot take it back, so the time that the token was issued at is
    compared. Without that claim it cannot be known.
    """
    if principal.issued_at is None:
        return False
    ended_at = await services.sign_outs.ended_at(principal.identity, services.now())
    return ended_at is not None and principal.issued_at <= ended_at
