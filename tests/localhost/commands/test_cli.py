"""The command line as a person or a supervisor uses it: in a process of its own."""

import signal
import ssl
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest

from tests.localhost.driving import APPS

ROOT = Path(__file__).parents[3]


@dataclass
class Host:
    process: subprocess.Popen[str]
    said: list[str] = field(default_factory=list)

    @property
    def url(self) -> str:
        return self.said[-1].removeprefix("ready ")

    def value(self, name: str) -> str:
        return next(line.split()[-1] for line in self.said if line.startswith(name))

    @property
    def key(self) -> str:
        """The function key, from the file that the start names."""
        return Path(self.value("function key")).read_text("ascii")

    def stop(self, how: signal.Signals) -> int:
        self.process.send_signal(how)
        return self.process.wait(timeout=20)


def command(app: str, data: Path, *more: str) -> list[str]:
    flags = ["--port", "0", "--data", str(data), "--app", str(APPS / app)]
    return [sys.executable, "-W", "error", "-m", "localhost", "serve", *flags, *more]


@contextmanager
def serving(app: str, data: Path, *more: str) -> Iterator[Host]:
    pipe = subprocess.PIPE
    with subprocess.Popen(command(app, data, *more), cwd=ROOT, stdout=pipe, stderr=pipe, text=True) as process:
        host = Host(process)
        try:
            assert process.stdout is not None
            for line in process.stdout:
                host.said.append(line.strip())
                if line.startswith("ready "):
                    break
            else:
                pytest.fail(process.stderr.read() if process.stderr else "it ended")
            yield host
        finally:
            process.kill()


def refused(app: str, data: Path, *more: str) -> str:
    """What it says on stderr when it does not start."""
    done = subprocess.run(command(app, data, *more), cwd=ROOT, capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode == 1
    assert done.stdout == ""
    return done.stderr


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_it_serves_until_a_signal_and_its_key_stays(tmp_path: Path, how: signal.Signals) -> None:
    keys = []
    for _ in range(2):
        with serving("http_app.py", tmp_path / "data", "--graph", "http://127.0.0.1:9") as host:
            keys.append(host.key)
            assert httpx.get(f"{host.url}/api/things/1", headers={"x-functions-key": keys[-1]}).status_code == 200
            assert not [line for line in host.said if line.startswith("mailbox")]
            assert host.stop(how) == 0
    assert keys[0] == keys[1]


def test_without_a_graph_it_brings_the_simulator_and_its_mailbox(tmp_path: Path) -> None:
    with serving("http_app.py", tmp_path, "--simulator-users", "3", "--key", "mine") as host:
        assert httpx.get(host.value("mailbox")).status_code == 200
        assert httpx.get(f"{host.url}/api/things/1?code=mine").status_code == 200
        assert not [line for line in host.said if line.startswith("function key")]
        assert "another local host" in refused("http_app.py", tmp_path)
        assert host.stop(signal.SIGTERM) == 0


def test_an_app_that_refuses_to_start_is_one_clear_line(tmp_path: Path) -> None:
    said = refused("refusing_app.py", tmp_path)
    assert said == "localhost: policy has 2 mistakes: approval.quorum: must be 1 or more; limits: is missing\n"


@pytest.mark.parametrize("key", ["one,two", " spaced"])
def test_a_key_that_the_list_of_keys_cannot_hold_is_refused(tmp_path: Path, key: str) -> None:
    said = refused("http_app.py", tmp_path, "--graph", "http://127.0.0.1:9", "--key", key)
    assert said == "localhost: --key: a key has no comma in it and no space around it\n"


def test_a_task_hub_without_shared_records_is_refused(tmp_path: Path) -> None:
    said = refused("http_app.py", tmp_path, "--task-hub", "127.0.0.1:9")
    assert said == (
        "localhost: --task-hub: the hosts of a task hub share their records: set RECORDS=tables (a file is of one host"
        " alone)\n"
    )


def test_a_bug_is_a_traceback(tmp_path: Path) -> None:
    assert refused("broken_app.py", tmp_path).endswith("ZeroDivisionError: a bug\n")


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    assert refused("http_app.py", tmp_path, "--policy", "nowhere.toml") == (
        "localhost: --policy nowhere.toml: there is no such file\n"
    )


def test_it_serves_tls_and_says_when_it_is_ready(tmp_path: Path) -> None:
    certificate, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    make = "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost -addext subjectAltName=IP:127.0.0.1"
    subprocess.run([*make.split(), "-keyout", str(key), "-out", str(certificate)], check=True, capture_output=True)
    flags = ["--graph", "http://127.0.0.1:9", "--tls-cert", str(certificate), "--tls-key", str(key)]
    with serving("http_app.py", tmp_path / "data", *flags) as host:
        assert host.url.startswith("https://")
        answer = httpx.get(f"{host.url}/ready", verify=ssl.create_default_context(cafile=certificate))
        assert (answer.status_code, answer.json()) == (200, {"status": "ready"})
        assert host.stop(signal.SIGTERM) == 0


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (["--tls-cert", "cert.pem"], "localhost: --tls-cert and --tls-key belong together\n"),
        (
            ["--trust-proxy", "all"],
            "localhost: --trust-proxy all: it must be an address or a network like 10.0.0.0/24\n",
        ),
    ],
)
def test_a_flag_that_cannot_be_used_is_one_clear_line(tmp_path: Path, flags: list[str], said: str) -> None:
    assert refused("http_app.py", tmp_path, "--graph", "http://127.0.0.1:9", *flags) == said


def test_a_damaged_file_of_the_engine_is_one_clear_line_and_left_alone(tmp_path: Path) -> None:
    (tmp_path / "engine.sqlite").write_bytes(b"no database " * 500)
    said = refused("http_app.py", tmp_path, "--graph", "http://127.0.0.1:9")
    assert said.count("\n") == 1
    assert "is damaged" in said
    assert (tmp_path / "engine.sqlite").read_bytes() == b"no database " * 500
