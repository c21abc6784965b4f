"""Azure Storage as Azurite plays it: a process that is started and stopped, and where it keeps its data if at all."""

import os
import secrets
import signal
import socket
import subprocess
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

_ROOT = Path(__file__).parents[1]


class NoAzuriteError(Exception):
    """It cannot be installed or started here; the text says why."""


# Seconds. What is killed before it has written loses messages that it had taken.
_WRITES_WITHIN = 60
ALL_SERVICES = ("blob", "queue", "table")


class Azurite:
    """`folder`: what it writes goes there, its data too unless they are kept in memory alone.

    `services`: the table service alone starts quicker; a task hub wants `ALL_SERVICES`.
    """

    def __init__(self, folder: Path, *, in_memory: bool = True, services: Sequence[str] = ("table",)) -> None:
        installed = subprocess.run([_ROOT / "scripts/azurite"], capture_output=True, text=True, check=False)
        if installed.returncode != 0:
            raise NoAzuriteError(" ".join(installed.stderr.split())[:300])
        table = Path(installed.stdout.splitlines()[-1])
        program = table if tuple(services) == ("table",) else table.with_name("azurite")
        with ExitStack() as free:
            sockets = [free.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in services]
            ports = {service: sock.getsockname()[1] for service, sock in zip(services, sockets, strict=True)}
        self._services = len(services)
        self._folder = folder
        self._key = secrets.token_urlsafe(48).replace("-", "a").replace("_", "b")  # any base64 will do
        self._command = [str(program), "--silent", "--disableTelemetry", "--skipApiVersionCheck"]
        for service, port in ports.items():
            self._command += [f"--{service}Port", str(port)]
        if in_memory:
            self._command.append("--inMemoryPersistence")
        self._process: subprocess.Popen[str] | None = None
        endpoints = "".join(
            f"{service.capitalize()}Endpoint=http://127.0.0.1:{port}/records;" for service, port in ports.items()
        )
        self.connection = f"DefaultEndpointsProtocol=http;AccountName=records;AccountKey={self._key};{endpoints}"

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
            if (
                sum(" service is successfully" in each or "successfully started" in each for each in lines)
                == self._services
            ):
                return
        self.stop()
        raise NoAzuriteError(f"Azurite did not start: {' '.join(lines)[-300:]}")

    @property
    def pid(self) -> int:
        """Of the running process."""
        assert self._process is not None
        return self._process.pid

    def stop(self) -> None:
        """Lets it write what it has: it does so for SIGINT, else every five seconds only, which loses what it answered."""
        if self._process is None:
            return
        self._process.send_signal(signal.SIGINT)
        try:
            self._process.wait(_WRITES_WITHIN)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if self._process.stdout is not None:
            self._process.stdout.close()
        self._process = None
