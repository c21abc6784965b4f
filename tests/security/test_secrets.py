"""A secret that can be guessed, or that is none, stops the start; and what is made here is shown to its owner, once."""

import base64
import os
import pty
import re
import stat
import subprocess
from pathlib import Path

import pytest

from domain.access.secret_strength import weakness
from domain.policy.load import PolicyError, parse_policy
from localhost.commands.function_key import check_strength, given_key
from localhost.data_dir import DataDir
from localhost.errors import BadFlagError
from settings import SettingsError, read_settings
from tests.localhost.commands.test_cli import ROOT, command, refused, serving
from tests.system import environment

HERE = {"PUBLIC_BASE_URL": "http://127.0.0.1:7071"}
UNRESOLVED = "@Microsoft.KeyVault(SecretUri=https://vault.vault.azure.net/secrets/helpdesk-secret/)"
GUESSABLE = [
    "x",
    "short-secret",
    "changemechangemechangeme",
    "a" * 64,
    "0123456789abcdef",
    UNRESOLVED,
    f" {UNRESOLVED.lower()}",
]
POLICY = """
[approval]
approvers = ["lead@msp.example"]
[customers.contoso]
tenantId = "11111111-1111-1111-1111-111111111111"
domains = ["contoso.com"]
[sources.one]
scheme = "{scheme}"
secret = "env:ONE"
"""
GRAPH = ["--graph", "http://127.0.0.1:9"]


@pytest.mark.parametrize("scheme", ["standard-webhooks", "github", "jira", "zendesk", "bearer"])
@pytest.mark.parametrize("secret", [*GUESSABLE, "whsec_" + base64.b64encode(bytes(32)).decode()])
def test_no_source_starts_with_a_secret_that_can_be_guessed(scheme: str, secret: str) -> None:
    if secret.startswith("whsec_") and scheme != "standard-webhooks":
        return
    with pytest.raises(PolicyError) as raised:
        parse_policy(POLICY.format(scheme=scheme), {"ONE": secret})
    assert "sources.one" in str(raised.value)
    assert secret not in str(raised.value)


@pytest.mark.parametrize("scheme", ["github", "jira", "zendesk", "bearer"])
def test_sixteen_random_bytes_are_enough_however_they_are_written(scheme: str) -> None:
    raw = os.urandom(16)
    for secret in (raw.hex(), base64.urlsafe_b64encode(raw).decode()):
        assert parse_policy(POLICY.format(scheme=scheme), {"ONE": secret}).sources["one"].secrets == (secret,)


@pytest.mark.parametrize("secret", GUESSABLE)
def test_no_api_key_can_be_guessed(tmp_path: Path, secret: str) -> None:
    more = HERE | {"WEBSITE_AUTH_ENABLED": "true", "API_KEYS": f"pipeline:{secret.strip()}"}
    with pytest.raises(SettingsError) as raised:
        read_settings(environment(tmp_path, more=more))
    assert [mistake.split()[1] for mistake in raised.value.mistakes] == ["API_KEYS"]


@pytest.mark.parametrize(
    "name", ["APPROVAL_KEYS", "GRAPH_CLIENT_SECRET", "MAIL_FROM", "HELPDESK_SECRET", "POLICY_FILE"]
)
def test_no_setting_is_the_text_of_an_unresolved_reference(tmp_path: Path, name: str) -> None:
    with pytest.raises((SettingsError, PolicyError)) as raised:
        read_settings(environment(tmp_path, more=HERE | {name: UNRESOLVED}))
    assert name in str(raised.value)
    assert "not resolved" in str(raised.value)


@pytest.mark.parametrize("key", [bytes(32), b"ab" * 16])
def test_no_signing_key_repeats_itself(tmp_path: Path, key: bytes) -> None:
    more = HERE | {"APPROVAL_KEYS": f"k1:{base64.b64encode(key).decode()}"}
    with pytest.raises(SettingsError, match="can be guessed"):
        read_settings(environment(tmp_path, more=more))


def test_random_secrets_are_never_called_weak() -> None:
    assert not any(weakness(os.urandom(size)) for size in (16, 24, 32) for _ in range(2000))
    assert not any(weakness(os.urandom(16).hex()) for _ in range(2000))


# --- the function key of one machine ---


def test_a_weak_key_is_for_a_loopback_port() -> None:
    check_strength("mine", bound_to_loopback=True)
    for key in ("mine", "a" * 40):
        with pytest.raises(BadFlagError):
            check_strength(key, bound_to_loopback=False)


def test_the_key_comes_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_text("a-key-in-a-file-of-its-own\n")
    assert given_key(None, file) == "a-key-in-a-file-of-its-own"
    with pytest.raises(BadFlagError):
        given_key("also", file)
    assert refused("http_app.py", tmp_path / "data", *GRAPH, "--key-file", str(tmp_path / "none")).startswith(
        "localhost: --key-file"
    )


def test_a_key_that_is_made_is_in_no_pipe(tmp_path: Path) -> None:
    for _ in range(2):
        with serving("http_app.py", tmp_path / "data", *GRAPH) as host:
            file = Path(host.value("function key"))
            key = file.read_text("ascii")
            assert len(key) > 40
            assert key not in "\n".join(host.said)
            assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_a_terminal_shows_it_once(tmp_path: Path) -> None:
    shown = [_on_a_terminal(tmp_path / "data") for _ in range(2)]
    key = (tmp_path / "data/function-key").read_text("ascii")
    assert key in shown[0]
    assert key not in shown[1]


def _on_a_terminal(data: Path) -> str:
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        command("http_app.py", data, *GRAPH), cwd=ROOT, stdout=theirs, stderr=subprocess.DEVNULL
    ) as host:
        os.close(theirs)
        said = b""
        while b"ready " not in said:
            said += os.read(ours, 4096)
        host.terminate()
    os.close(ours)
    return said.decode()


def test_what_was_open_to_others_is_closed_at_the_start(tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir(mode=0o755)
    for name in ("function-key", "records.sqlite", "engine.sqlite-wal"):
        (data / name).write_text("")
        (data / name).chmod(0o664)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.touch(mode=0o644)
    (data / "link").symlink_to(elsewhere)
    with DataDir(data):
        assert stat.S_IMODE(data.stat().st_mode) == 0o700
        assert {stat.S_IMODE(file.stat().st_mode) for file in data.iterdir() if not file.is_symlink()} == {0o600}
    assert stat.S_IMODE(elsewhere.stat().st_mode) == 0o644


def test_a_running_host_leaves_nothing_open_to_others(tmp_path: Path) -> None:
    with serving("http_app.py", tmp_path / "data", *GRAPH):
        modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in (tmp_path / "data").iterdir()}
    assert "engine.sqlite" in modes
    assert set(modes.values()) == {0o600}


# --- what is installed ---


@pytest.mark.parametrize("name", sorted(path.name for path in ROOT.glob("requirements*.txt")))
def test_every_pinned_package_has_the_hashes_of_its_files(name: str) -> None:
    lines = (ROOT / name).read_text("utf-8").replace("\\\n", " ").splitlines()
    pins = [line for line in lines if line.strip() and not line.startswith("#")]
    assert pins
    assert [pin.split()[0] for pin in pins if "==" not in pin.split()[0] or "--hash=sha256:" not in pin] == []


def test_everything_that_installs_asks_for_hashes() -> None:
    for place in ("scripts/setup", "scripts/package.py", "scripts/api-tools", "Containerfile"):
        text = (ROOT / place).read_text("utf-8")
        installs = [
            line
            for line in text.splitlines()
            if "requirements" in line and re.search(r"\binstall \b|\bsync\b|\binstall --|--requirements", line)
        ]
        assert installs
        assert all("--require-hashes" in line for line in installs), place
    assert "--no-hashes" not in (ROOT / "scripts/lock").read_text("utf-8")  # uv writes them unless it is asked not to
