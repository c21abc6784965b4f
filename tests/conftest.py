"""What several folders of tests share: Table Storage, and a word at the end on what was left out on this machine."""

import os
import secrets
import socket
import subprocess
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest

_ROOT = Path(__file__).parents[1]
_LEFT_OUT = pytest.StashKey[str]()


@pytest.fixture(scope="session")
def azurite(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Iterator[str]:
    """The connection string of an Azurite that keeps everything in memory; skips where there can be none."""

    def leave_out(why: str) -> None:
        reason = f"Table Storage was not tested: {why}"
        request.config.stash[_LEFT_OUT] = reason
        pytest.skip(reason)

    installed = subprocess.run([_ROOT / "scripts/azurite"], capture_output=True, text=True, check=False)
    if installed.returncode != 0:
        leave_out(" ".join(installed.stderr.split())[:300])
    command = installed.stdout.splitlines()[-1]
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    key = secrets.token_urlsafe(48).replace("-", "a").replace("_", "b")  # any base64 will do as an account's key
    process = subprocess.Popen(
        [command, "--silent", "--inMemoryPersistence", "--disableTelemetry", "--tablePort", str(port)],
        cwd=tmp_path_factory.mktemp("azurite"),
        env=os.environ | {"AZURITE_ACCOUNTS": f"records:{key}"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert process.stdout is not None
    with process.stdout as said:
        lines: list[str] = []
        for line in said:
            lines.append(line)
            if "successfully started" in line:
                break
        else:
            process.wait()
            leave_out(f"Azurite did not start: {' '.join(lines)[-300:]}")
        endpoint = f"http://127.0.0.1:{port}/records"
        yield f"DefaultEndpointsProtocol=http;AccountName=records;AccountKey={key};TableEndpoint={endpoint};"
        process.terminate()
        process.wait()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """A skip is easily overlooked; this is not."""
    left_out = []
    if reason := config.stash.get(_LEFT_OUT, None):
        left_out.append(reason)
    if find_spec("proton") is None:
        left_out.append(
            "The Service Bus on this machine was not tested: python-qpid-proton is not installed "
            "(make setup builds it, which needs a C compiler)."
        )
    if left_out:
        terminalreporter.write_sep("=", "left out", yellow=True)
    for line in left_out:
        terminalreporter.write_line(line)
