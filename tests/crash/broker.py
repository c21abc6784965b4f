"""A Service Bus in a process of its own, to be killed: `python -m tests.crash.broker PORT FILE KEY`."""

import signal
import sys
from pathlib import Path

from localhost.servicebus.server import service_bus

if __name__ == "__main__":
    port, file, key = sys.argv[1:]
    with service_bus(port=int(port), data=Path(file), key=key) as running:
        print(f"ready {running.connection_string}", flush=True)  # noqa: T201 - read by the process that started it
        signal.pause()
