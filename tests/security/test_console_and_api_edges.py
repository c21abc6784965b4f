"""What other sites, other accounts and old sessions get at the API and the console; and odd input, which is 400 with words."""

from collections.abc import AsyncIterator
from copy import replace
from pathlib import Path

import httpx
import pytest

from domain.access.callers import read_principal
from domain.access.console_session import form_nonce, session_for
from tests.browsing import browser_client
from tests.console.pages import hidden, sign_in
from tests.system import HOME, System, system
from tests.triggers.principals import CONTOSO, KNOWN, SOMEBODY, principal
from triggers.console.operators import COOKIE
from triggers.http.authorization import PRINCIPAL

SIGN_IN = {"WEBSITE_AUTH_ENABLED": "True", "API_KEYS": "pipeline:a-function-key-of-the-tests"}
BODY = {"targets": [{"customer": "contoso", "users": ["adele@contoso.com"]}], "requester": "tech@msp.example"}
OTHER = SOMEBODY.replace("a", "c")


@pytest.fixture
async def it(tmp_path: Path) -> AsyncIterator[System]:
    async with system(tmp_path) as made:
        yield made


# --- past requests ---


async def test_past_requests_of_a_user_are_those_within_the_readers_reach(
    it: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine = await it.ask(contoso=["adele@contoso.com"])
    await it.call("POST", f"/api/reset-requests/{mine['id']}/cancel", 202)
    await it.host.idle()
    both = await it.ask(contoso=["adele@contoso.com"], fabrikam=["alex@fabrikam.com"], more={"ticket": "SECRET-TICKET"})
    monkeypatch.setattr(it.services, "settings", replace(it.services.settings, signs_in=True))
    async with httpx.AsyncClient(base_url=it.host.base_url) as http:
        theirs = principal("op@contoso.com", "Operator", tid=CONTOSO)
        path = f"/console/users/contoso/{it.world.user('contoso', 'adele@contoso.com').id}"
        page = await http.get(path, headers=theirs)
        assert page.status_code == 200
        assert mine["id"] in page.text
        assert both["id"] not in page.text
        assert "SECRET-TICKET" not in page.text
        ours = await http.get(path, headers=principal("op@msp.example", "Operator"))
        assert both["id"] in ours.text


# --- writes of the API ---


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", ""]
)
async def test_a_body_that_a_form_could_send_is_refused(it: System, kind: str) -> None:
    answer = await it.http.post("/api/reset-requests", content=b'{"targets": []}', headers={"Content-Type": kind})
    assert (answer.status_code, answer.headers["content-type"]) == (415, "application/problem+json")


async def test_json_in_any_spelling_and_no_body_are_taken(it: System) -> None:
    for kind in ("application/json", "application/json; charset=utf-8", "Application/JSON"):
        headers = {"Content-Type": kind}
        assert (await it.http.post("/api/reset-requests", content=b"{", headers=headers)).status_code == 400
    request = await it.ask(contoso=["adele@contoso.com"])
    await it.call("POST", f"/api/reset-requests/{request['id']}/cancel", 202)


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
    ],
)
async def test_another_sites_page_writes_nothing_with_its_visitors_session(
    tmp_path: Path, headers: dict[str, str]
) -> None:
    async with system(tmp_path, settings=SIGN_IN) as it:
        session = principal("tech@msp.example", "Operator")
        request = await it.call("POST", "/api/reset-requests", 202, json=BODY, headers=session)
        for path in ("", f"/{request['id']}/cancel", f"/{request['id']}/retry", f"/{request['id']}/mails/resend"):
            answer = await it.http.post(f"/api/reset-requests{path}", json=BODY, headers=session | headers)
            assert answer.status_code == 403, path
        own = session | {"Sec-Fetch-Site": "same-origin", "Origin": it.host.base_url}
        await it.call("POST", f"/api/reset-requests/{request['id']}/cancel", 202, headers=own)
        assert len((await it.call("GET", "/api/reset-requests", headers=session | headers))["value"]) == 1


# --- nonces and sessions ---


async def test_a_form_nonce_is_one_accounts_and_not_one_addresss(it: System, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two accounts with one address, of two tenants: the form that was made for one is refused from the other."""
    monkeypatch.setattr(it.services, "settings", replace(it.services.settings, signs_in=True))
    one, other = (principal("op@contoso.com", "Operator", tid=CONTOSO, oid=oid) for oid in (SOMEBODY, OTHER))
    async with browser_client(it.host.base_url) as browser:
        nonce = hidden((await browser.get("/console/users", headers=one)).text)
        form = {"nonce": nonce, "customer": "contoso", "return": "/console/users"}
        assert (await browser.post("/console/customers", data=form, headers=other)).status_code == 403
        assert (await browser.post("/console/customers", data=form, headers=one)).status_code == 303


async def test_an_approvers_form_is_the_accounts_that_saw_it(tmp_path: Path) -> None:
    async with system(tmp_path, settings=SIGN_IN) as it:
        request = await it.ask(fabrikam=["alex@fabrikam.com"])
        link = it.links(request["id"])["lead@msp.example"]
        both = [f"{HOME}/{oid}" for oid in (SOMEBODY, OTHER)]
        await it.services.requests.update(
            request["id"],
            lambda r: r.with_approvers(lambda entry: entry.model_copy(update={"accounts": both})),
        )
        one, other = (principal("lead@msp.example", oid=oid) for oid in (SOMEBODY, OTHER))
        form = {"nonce": hidden((await it.http.get(link, headers=one)).text), "decision": "approve", "comment": ""}
        origin = {"Origin": it.host.base_url}
        assert (await it.http.post(link, data=form, headers=other | origin)).status_code == 403
        assert (await it.http.post(link, data=form, headers=one | origin)).status_code == 200


async def test_a_copy_of_a_session_ends_with_the_sign_out(it: System) -> None:
    async with browser_client(it.host.base_url) as browser:
        await sign_in(browser, "tech@msp.example")
        copy = {COOKIE: browser.cookies[COOKIE]}
        other = {COOKIE: session_for(it.services.settings.approval_keys, "tech@msp.example", it.services.now())}
        nonce = hidden((await browser.get("/console/users")).text)
        gone = await browser.post("/console/sign-out", data={"nonce": nonce})
        assert (gone.status_code, gone.headers["Location"]) == (303, "/console/sign-in")
    origin = {"Origin": it.host.base_url}
    async with httpx.AsyncClient(base_url=it.host.base_url, headers=origin, cookies=copy) as http:
        replayed = await http.get("/console/users")
        assert replayed.status_code == 303
        assert replayed.headers["Location"].startswith("/console/sign-in")
        form = {"nonce": nonce, "customer": "contoso", "return": "/console/users"}
        posted = await http.post("/console/customers", data=form)
        assert posted.headers["Location"].startswith("/console/sign-in")
        assert (await http.get("/console/sign-in")).status_code == 200
    async with httpx.AsyncClient(base_url=it.host.base_url, cookies=other) as http:
        assert (await http.get("/console/users")).status_code == 200  # another session of the same person


async def test_a_platforms_session_from_before_the_sign_out_is_none(
    it: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = await it.ask(fabrikam=["alex@fabrikam.com"])
    monkeypatch.setattr(it.services, "settings", replace(it.services.settings, signs_in=True))
    now = int(it.services.now().timestamp())
    account = KNOWN[HOME, "lead@msp.example"]
    before, after = (principal("op@msp.example", "Operator", oid=account, iat=at) for at in (now - 60, now + 1))
    link = it.links(request["id"])["lead@msp.example"]
    lead = principal("lead@msp.example", iat=now - 60)  # the same account
    async with browser_client(it.host.base_url) as browser:
        page = await browser.get("/console/users", headers=before)
        assert 'action="/console/sign-out"' in page.text
        assert (await browser.get(link, headers=lead)).status_code == 200
        gone = await browser.post("/console/sign-out", data={"nonce": hidden(page.text)}, headers=before)
        assert gone.headers["Location"] == "/.auth/logout?post_logout_redirect_uri=%2Fconsole"
        assert (await browser.get("/console/users", headers=before)).status_code == 401
        assert (await browser.get(link, headers=lead)).status_code == 401
        assert (await browser.get("/console/users", headers=after)).status_code == 200


async def test_the_api_ends_with_the_session_and_a_token_goes_on(it: System, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(it.services, "settings", replace(it.services.settings, signs_in=True))
    now = int(it.services.now().timestamp())
    own = principal("op@msp.example", "Operator", oid=KNOWN[HOME, "lead@msp.example"], iat=now - 60)
    own["x-functions-key"] = it.http.headers["x-functions-key"]  # this host has its own level for the routes
    cookie = {"Cookie": "AppServiceAuthSession=abc"}
    async with browser_client(it.host.base_url) as browser:
        assert (await browser.get("/api/reset-requests", headers=own | cookie)).status_code == 200
        page = await browser.get("/console/users", headers=own)
        await browser.post("/console/sign-out", data={"nonce": hidden(page.text)}, headers=own)
        for name in (
            "AppServiceAuthSession=abc",
            "AppServiceAuthSession1=abc",
            "a=b; AppServiceAuthSession=abc",
            "a=b",
        ):
            refused = await browser.get("/api/reset-requests", headers=own | {"Cookie": name})
            assert refused.status_code == 401, name
        bearer = {"Authorization": "Bearer of-an-hour"}
        assert (await browser.get("/api/reset-requests", headers=own | bearer)).status_code == 200


@pytest.mark.parametrize("odd", ["Infinity", "-1", "1e9", "9" * 30, "٣", ""])
def test_an_odd_time_of_issue_is_none(odd: str) -> None:
    assert read_principal(principal("a@msp.example", iat=odd)[PRINCIPAL]).issued_at is None


# --- odd input ---


@pytest.mark.parametrize("back", ["/console/é", "/console/users?search=ÿ", "/console/\u2028", "/console/💣"])
async def test_a_return_address_that_is_no_address_is_400_with_words(it: System, back: str) -> None:
    async with browser_client(it.host.base_url) as browser:
        page = await browser.get("/console/sign-in", params={"return": back})
        assert page.status_code == 400
        assert "<h1" in page.text
        assert (await sign_in(browser, "tech@msp.example", **{"return": back})).status_code == 400
        await sign_in(browser, "tech@msp.example")
        nonce = form_nonce(it.services.settings.approval_keys, "test:tech@msp.example", it.services.now())
        for path, more in (("customers", {"customer": "contoso"}), ("review", {"user": "x"})):
            form = {"nonce": nonce, "return": back} | more
            assert (await browser.post(f"/console/{path}", data=form)).status_code == 400, path


@pytest.mark.parametrize("number", ["Infinity", "NaN", "1e999", "-1", "٣", "9" * 40])
async def test_a_number_that_is_none_is_400_with_words(it: System, number: str) -> None:
    request = await it.ask(contoso=["adele@contoso.com"])
    own = f"/api/reset-requests/{request['id']}"
    paths = (f"{own}/targets?cursor=", f"{own}/audit?cursor=", f"{own}/export?cursor=", "/api/users?limit=")
    for path in (*paths, "/api/authentication-methods?olderThanDays="):
        problem = await it.call("GET", f"{path}{number}", 400)
        assert problem["errors"][0]["detail"]
    if number in {"Infinity", "NaN"}:
        raw = f'{{"targets": {number}}}'.encode()
        json_body = {"Content-Type": "application/json"}
        await it.call("POST", "/api/reset-requests", 400, content=raw, headers=json_body)
