"""The service with a test identity, as a process of its own: `python -m bench.console_app GRAPH POLICY DATA`.

`localhost serve` offers no test identities where it is given another Graph server than the bundled one.
"""

import asyncio
import signal
import sys
from copy import replace
from pathlib import Path

import services
from localhost.commands.serve import ServeOptions, served

TECHNICIAN = "tech@msp.example"


async def main(graph: str, policy: str, data: str) -> None:
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    async with served(ServeOptions(port=0, data=Path(data), graph=graph, policy=Path(policy))) as it:
        made = services.current_services()
        made.settings = replace(made.settings, console_test_sign_in=(TECHNICIAN,))
        print(f"ready {it.host.base_url}", flush=True)
        await stop.wait()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
