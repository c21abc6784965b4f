"""Read the console's pages and send its forms without a browser."""

import re

import httpx

from domain.access.console_session import session_for
from tests.browsing import browser_client
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


async def sign_in(http: httpx.AsyncClient, mail: str, **more: str) -> httpx.Response:
    nonce = hidden((await http.get("/console/sign-in")).text)
    return await http.post(
        "/console/sign-in", data={"identity": mail, "nonce": nonce, "return": "/console/audit"} | more
    )


def hidden(page: str, name: str = "nonce") -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', page)
    assert found
    return found[1]


def notice_of(answer: httpx.Response) -> str:
    """Return the code of the notice that the next page will show, "" for none."""
    found = re.search(r"mfareset-notice=(\w*)", answer.headers.get("Set-Cookie", ""))
    return found[1] if found else ""


async def section(it: System, request_id: str, name: str, mail: str = "tech@msp.example") -> str:
    """Return the words of one section of a request's page, as this person sees them; "" where there is none."""
    async with browser_client(it.host.base_url) as http:
        await sign_in(http, mail)
        page = (await http.get(f"/console/requests/{request_id}")).text
    found = re.search(rf'<section class="[^"]*" aria-labelledby="{name}">(.*?)</section>', page, re.DOTALL)
    return " ".join(re.sub("<[^>]*>", " ", found[1]).split()) if found else ""
