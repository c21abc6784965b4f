"""Table Storage as Azurite plays it: a process that is started and stopped, and where it keeps its rows if at all."""

import os
import secrets
import signal
import socket
import subprocess
from pathlib import Path

_ROOT = Path(__file__).parents[1]


class NoAzuriteError(Exception):
    """It cannot be installed or started here; the text says why."""


class Azurite:
    """`folder`: what it writes goes there, its rows too unless they are kept in memory alone."""

    def __init__(self, folder: Path, *, in_memory: bool = True) -> None:
        installed = subprocess.run([_ROOT / "scripts/azurite"], capture_output=True, text=True, check=False)
        if installed.returncode != 0:
            raise NoAzuriteError(" ".join(installed.stderr.split())[:300])
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        self._folder = folder
        self._key = secrets.token_urlsafe(48).replace("-", "a").replace("_", "b")  # any base64 will do
        self._command = [installed.stdout.splitlines()[-1], "--silent", "--disableTelemetry", "--tablePort", str(port)]
        if in_memory:
            self._command.append("--inMemoryPersistence")
        self._process: subprocess.Popen[str] | None = None
        endpoint = f"http://127.0.0.1:{port}/records"
        self.connection = (
            f"DefaultEndpointsProtocol=http;AccountName=records;AccountKey={self._key};TableEndpoint={endpoint};"
        )

    def start(self) -> None:
        """Returns when it answers. Raises NoAzuriteError."""
        self._process = subprocess.Popen(
            self._command,
            cwd=self._folder,
            env=os.environ | {"AZURITE_ACCOUNTS": f"records:{self._key}"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        assert self._process.stdout is not None
        lines: list[str] = []
        for line in self._process.stdout:
            lines.append(line)
            if "successfully started" in line:
                return
        self.stop()
        raise NoAzuriteError(f"Azurite did not start: {' '.join(lines)[-300:]}")

    def stop(self) -> None:
        """Lets it write what it has: it does so for SIGINT, else every five seconds only, which loses what it answered."""
        if self._process is None:
            return
        self._process.send_signal(signal.SIGINT)
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if self._process.stdout is not None:
            self._process.stdout.close()
        self._process = None
