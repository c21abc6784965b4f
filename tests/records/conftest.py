"""The stores that the contract is tested against: a SQLite file, and Table Storage as Azurite plays it."""

import os
import secrets
import socket
import subprocess
import uuid
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from records.sqlite import SqliteStore
from records.store import Store
from records.tables import TableStore

_ROOT = Path(__file__).parents[2]
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
    if reason := config.stash.get(_LEFT_OUT, None):
        terminalreporter.write_sep("=", "left out", yellow=True)
        terminalreporter.write_line(reason)


@pytest.fixture(params=["sqlite", "tables"])
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Store]:
    opened: Store
    if request.param == "sqlite":
        opened = SqliteStore.open(tmp_path / "records.db")
    else:
        opened = TableStore.connect(connection_string=request.getfixturevalue("azurite"), table=f"t{uuid.uuid4().hex}")
    yield opened
    await opened.close()
