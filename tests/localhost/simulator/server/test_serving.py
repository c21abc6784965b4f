"""The simulator as a process, over real sockets."""

import signal
import subprocess
import sys
from collections.abc import Iterator

import httpx
import pytest

from localhost.simulator.__main__ import main


@pytest.fixture
def process() -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "localhost.simulator", "--port", "0", "--users", "20"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as started:
        yield started
        started.kill()


def test_it_says_how_it_is_started(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--help"])
    assert ended.value.code == 0
    assert "10 % of calls 503" in " ".join(capsys.readouterr().out.split())


def test_a_process_of_its_own(process: subprocess.Popen[str]) -> None:
    assert process.stdout is not None
    word, base = process.stdout.readline().split()
    assert word == "ready"
    with httpx.Client(base_url=base) as client:
        form = {"client_id": "a", "client_secret": "b", "grant_type": "client_credentials", "scope": "x/.default"}
        token = client.post("/contoso.com/oauth2/v2.0/token", data=form).json()["access_token"]
        client.headers["authorization"] = f"Bearer {token}"
        url = "/v1.0/users/lynne@contoso.com/authentication/phoneMethods"
        body = {"phoneType": "mobile", "phoneNumber": "+1 2065550123"}

        client.post("/simulator/faults", json={"method": "POST", "path": "*/phoneMethods", "drop": "after"})
        with pytest.raises((httpx.RemoteProtocolError, httpx.ReadError)):
            client.post(url, json=body)
        client.delete("/simulator/faults")
        reply = client.get(url)
        assert len(reply.json()["value"]) == 1, "the change was made before the connection ended"
        assert len(reply.headers.get_list("date")) == 1

    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=10) == 0
