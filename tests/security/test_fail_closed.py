"""Switches that are forgotten, mistyped or set in the wrong place close what they guard; a foreign host name gets nothing."""

import re
import ssl
import subprocess
from pathlib import Path

import azure.functions as func
import httpx
import pytest

from localhost.commands.app_settings import app_settings
from localhost.data_dir import DataDir
from localhost.host.host_names import is_loopback
from services import Services
from settings import SettingsError, read_settings, removing_stopped
from tests.localhost.commands.test_cli import serving
from tests.system import environment, system
from triggers.http.forms import FormError, check_origin

HERE = {"PUBLIC_BASE_URL": "http://127.0.0.1:7071"}
PUBLIC = {"PUBLIC_BASE_URL": "https://mfa-reset.msp.example", "CONSOLE_TEST_SIGN_IN": ""}
REBOUND = "rebound.evil.example"


def mistakes(tmp_path: Path, more: dict[str, str]) -> list[str]:
    try:
        read_settings(environment(tmp_path, more=HERE | more))
    except SettingsError as error:
        return error.mistakes
    return []


@pytest.mark.parametrize(
    "more",
    [
        PUBLIC,
        PUBLIC | {"WEBSITE_AUTH_ENABLED": "False"},
        {"GRAPH_ENDPOINT": "https://graph.microsoft.com", "CONSOLE_TEST_SIGN_IN": ""},
        {"REQUIRE_SIGN_IN": "true"},
        PUBLIC | {"REQUIRE_SIGN_IN": "fasle"},
    ],
)
def test_the_start_fails_where_people_have_to_sign_in_and_no_sign_in_is_seen(
    tmp_path: Path, more: dict[str, str]
) -> None:
    assert any(mistake.startswith("setting REQUIRE_SIGN_IN ") for mistake in mistakes(tmp_path, more))


@pytest.mark.parametrize("more", [PUBLIC | {"WEBSITE_AUTH_ENABLED": "True"}, PUBLIC | {"REQUIRE_SIGN_IN": "false"}, {}])
def test_it_starts_with_sign_in_or_where_the_operator_does_without(tmp_path: Path, more: dict[str, str]) -> None:
    assert mistakes(tmp_path, more) == []


def test_a_message_that_leads_to_a_sign_in_needs_one(tmp_path: Path) -> None:
    policy = tmp_path / "policy.toml"
    demo = Path(environment(tmp_path)["POLICY_FILE"]).read_text()
    policy.write_text(demo.replace("[approval]\n", '[approval]\nteamsWebhook = "env:TEAMS_WEBHOOK"\n', 1))
    teams = {"POLICY_FILE": str(policy), "TEAMS_WEBHOOK": "https://flows.example/invoke?sig=c2lnbmF0dXJl"}
    assert mistakes(tmp_path, teams) == []
    assert mistakes(tmp_path, PUBLIC | teams | {"WEBSITE_AUTH_ENABLED": "True"}) == []
    (mistake,) = mistakes(tmp_path, PUBLIC | teams | {"REQUIRE_SIGN_IN": "false"})
    assert mistake.startswith("setting POLICY_FILE has teamsWebhook in [approval]")


def test_a_port_that_others_reach_needs_sign_in(tmp_path: Path) -> None:
    with DataDir(tmp_path) as data:
        found = app_settings(
            {}, data, graph_url="http://127.0.0.1:9", policy=None, base_url=HERE["PUBLIC_BASE_URL"],
            bound_to_loopback=False,
        )  # fmt: skip
    assert any("REQUIRE_SIGN_IN" in mistake for mistake in mistakes(tmp_path, found))


@pytest.mark.parametrize(
    ("simulated", "loopback", "works"), [(True, True, True), (False, True, False), (True, False, False)]
)
def test_the_test_sign_in_is_for_the_bundled_simulator_on_a_loopback_port(
    tmp_path: Path, *, simulated: bool, loopback: bool, works: bool
) -> None:
    named = {"CONSOLE_TEST_SIGN_IN": "me@msp.example"}
    with DataDir(tmp_path) as data:
        found = app_settings(
            named, data, graph_url="http://127.0.0.1:9", policy=None, base_url=HERE["PUBLIC_BASE_URL"],
            simulated=simulated, bound_to_loopback=loopback,
        )  # fmt: skip
    assert bool(found["CONSOLE_TEST_SIGN_IN"]) is works


@pytest.mark.parametrize("name", ["PUBLIC_BASE_URL", "GRAPH_ENDPOINT", "GRAPH_AUTHORITY"])
def test_the_app_refuses_the_test_sign_in_where_anything_is_elsewhere(tmp_path: Path, name: str) -> None:
    more = {name: "https://elsewhere.example", "REQUIRE_SIGN_IN": "false"}
    assert mistakes(tmp_path, more) == [
        "setting CONSOLE_TEST_SIGN_IN is for the simulator on this machine; take it out"
    ]


@pytest.mark.parametrize("value", ["", "0"])
def test_the_start_fails_without_strict_typing_of_durable_payloads(tmp_path: Path, value: str) -> None:
    found = mistakes(tmp_path, {"AZURE_FUNCTIONS_DURABLE_STRICT_TYPING": value})
    assert found == ["setting AZURE_FUNCTIONS_DURABLE_STRICT_TYPING must be 1"]


def test_a_mistyped_kill_switch_stops() -> None:
    assert all(removing_stopped({"STOP_REMOVING": value}) for value in ("true", "1", "ture", "stop", "enabled"))
    assert not any(removing_stopped({"STOP_REMOVING": value}) for value in ("", "false", "0", "off", "No"))


async def test_a_name_that_was_bound_to_this_address_does_not_walk_through_the_demo(tmp_path: Path) -> None:
    """DNS rebinding: the browser sends the attacker's own name as Host and as Origin."""
    async with system(tmp_path) as it, httpx.AsyncClient(base_url=it.host.base_url) as browser:
        foreign = {"Host": f"{REBOUND}:7071", "Origin": f"http://{REBOUND}:7071"}
        page = await browser.get("/console/sign-in")
        form = dict(re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)">', page.text))
        form |= {"identity": "tech@msp.example"}
        for path in ("/console/sign-in", "/api/health", "/ready", "/"):
            assert (await browser.get(path, headers=foreign)).status_code == 421, path
        refused = await browser.post("/console/sign-in", data=form, headers=foreign)
        assert refused.status_code == 421
        assert "set-cookie" not in refused.headers
        for own in ("127.0.0.1:1", "localhost", "LOCALHOST.:80", "[::1]:7071"):
            assert (await browser.get("/api/health", headers={"Host": own})).status_code == 200, own
        for bad in ("", "localhost@evil.example", "127.0.0.1.evil.example", "evil.example#localhost", "[::1", "é"):
            answer = await browser.get("/api/health", headers=[(b"Host", bad.encode())])
            assert answer.status_code in {400, 421}, bad


def test_the_simulators_mailbox_is_closed_to_foreign_names(tmp_path: Path) -> None:
    with serving("http_app.py", tmp_path, "--simulator-users", "1", "--key", "a-function-key-of-the-tests") as host:
        mailbox = host.value("mailbox")
        assert httpx.get(mailbox).status_code == 200
        assert httpx.get(mailbox, headers={"Host": REBOUND}).status_code == 421


def test_a_name_is_served_where_it_is_allowed(tmp_path: Path) -> None:
    flags = ["--graph", "http://127.0.0.1:9", "--key", "a-function-key-of-the-tests", "--allow-host", "mfa.msp.example"]
    with serving("http_app.py", tmp_path, *flags) as host:
        assert httpx.get(f"{host.url}/ready", headers={"Host": "mfa.msp.example"}).status_code == 200
        assert httpx.get(f"{host.url}/ready", headers={"Host": REBOUND}).status_code == 421


def test_names_of_the_loopback_interface() -> None:
    assert all(is_loopback(name) for name in ("localhost", "127.0.0.1", "127.8.9.1", "::1"))
    assert not any(is_loopback(name) for name in ("10.0.0.1", "localhost.evil.example", "", "::"))


def test_a_forms_origin_is_no_name_that_the_client_chose(tmp_path: Path) -> None:
    """Also where another server runs the app: what the request calls this host says nothing about the page it comes from."""
    services = Services(read_settings(environment(tmp_path, more=HERE)))
    for host in (REBOUND, "10.0.0.1:7071"):
        foreign = func.HttpRequest(
            "POST", f"http://{host}/console/sign-in", headers={"Origin": f"http://{host}"}, body=b""
        )
        with pytest.raises(FormError, match="wrongOrigin"):
            check_origin(services, foreign)
    for own in ("http://127.0.0.1:7071", "http://localhost:7071"):
        check_origin(services, func.HttpRequest("POST", f"{own}/x", headers={"Origin": own}, body=b""))


async def test_over_tls_browsers_are_asked_to_insist_on_it(tmp_path: Path) -> None:
    async with system(tmp_path, settings={"PUBLIC_BASE_URL": "https://mfa.msp.example", **SIGNED_IN}) as it:
        proxied = await it.http.get("/api/health", headers={"X-Forwarded-Proto": "https"})
        assert proxied.headers["Strict-Transport-Security"] == "max-age=31536000; includeSubDomains"
        assert "Strict-Transport-Security" not in (await it.http.get("/api/health")).headers


SIGNED_IN = {"WEBSITE_AUTH_ENABLED": "True", "CONSOLE_TEST_SIGN_IN": "", "API_KEYS": "t:a-function-key-of-the-tests"}


def test_over_tls_of_its_own_too(tmp_path: Path) -> None:
    certificate, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    make = "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost -addext subjectAltName=IP:127.0.0.1"
    subprocess.run([*make.split(), "-keyout", str(key), "-out", str(certificate)], check=True, capture_output=True)
    flags = ["--graph", "http://127.0.0.1:9", "--key", "a-function-key-of-the-tests"]
    flags += ["--tls-cert", str(certificate), "--tls-key", str(key), "--app", "function_app.py"]
    with serving("http_app.py", tmp_path / "data", *flags) as host:
        answer = httpx.get(f"{host.url}/ready", verify=ssl.create_default_context(cafile=certificate))
        assert answer.headers["Strict-Transport-Security"] == "max-age=31536000; includeSubDomains"
