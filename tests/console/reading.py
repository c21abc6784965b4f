"""The console's pages as a person reads them, without a browser."""

import httpx

from domain.access.console_session import session_for
from tests.system import System
from tests.web.markup import Markup
from triggers.console.operators import COOKIE


async def fetched(it: System, path: str, mail: str = "tech@msp.example") -> Markup:
    """The page at `/console/<path>`, as `mail` gets it."""
    session = session_for(it.services.settings.approval_keys, mail, it.services.now())
    async with httpx.AsyncClient(base_url=it.host.base_url, cookies={COOKIE: session}, timeout=60) as http:
        answer = await http.get(f"/console/{path}")
    assert answer.status_code == 200, f"{answer.status_code}: {answer.text[:1000]}"
    return Markup(answer.text)


async def text_of(it: System, path: str, mail: str = "tech@msp.example") -> str:
    return (await fetched(it, path, mail)).text
