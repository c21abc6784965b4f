"""`taskhub` (the Azure Storage provider behind the durable task protocol) as a process that is started, stopped and killed."""

import subprocess
from pathlib import Path

from tests.azurite import Azurite


class TaskHubProcess:
    """One instance's part of hub `name`; several of one name share it as instances of a Functions app do.

    The times are short ones, so that tests see in seconds what takes minutes on Azure.
    """

    def __init__(self, program: str, azurite: Azurite, name: str, folder: Path, **options: int | str) -> None:
        short = {"poll_max_ms": 100, "lease_s": 6, "visibility_s": 15, "partitions": 1}
        self._command = [program, "--storage", azurite.connection, "--hub", name]
        for option, value in (short | options).items():
            self._command += [f"--{option.replace('_', '-')}", str(value)]
        self._log = folder / f"{name}.log"
        self._process: subprocess.Popen[str] | None = None
        self.address = ""

    def start(self) -> str:
        """Return the address when it takes connections; a second start takes the same port."""
        port = self.address.rpartition(":")[2] or "0"
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [*self._command, "--port", port], stdout=subprocess.PIPE, stderr=log, text=True
            )
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line.startswith("listening on "), f"{line}{self.log()[-1000:]}"
        self.address = line.split()[-1]
        return self.address

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process is not None else None

    def stop(self) -> int:
        """SIGTERM: what is in hand goes back to the hub. Return the exit code."""
        assert self._process is not None
        self._process.terminate()
        return self._ended()

    def kill(self) -> None:
        assert self._process is not None
        self._process.kill()
        self._ended()

    def _ended(self) -> int:
        assert self._process is not None
        code = self._process.wait(60)
        if self._process.stdout is not None:
            self._process.stdout.close()
        self._process = None
        return code

    def close(self) -> None:
        """Kill it where it still runs."""
        if self._process is not None:
            self.kill()

    def log(self) -> str:
        return self._log.read_text() if self._log.exists() else ""
