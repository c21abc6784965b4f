"""Several hosts on one task hub of the real Azure Storage provider, left running or killed: `make cluster`.

    make cluster ARGS="--hosts 3"     # left running, until Ctrl-C
    make cluster ARGS="--kill"        # kills parts in mid-reset, prints how long each took, compares with the directory
    make cluster ARGS="--knee"        # how many users a second 1, 2 and 3 hosts reset: bench/cluster_knee.py; some minutes
    make cluster ARGS="--load 1"      # one request a second through all hosts, with --kill one killed every 20 s: bench/cluster_load.py

Every host has a `taskhub` beside it, over one Azurite; the tenants are the simulator's.
"""

import argparse
import asyncio
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

from bench.cluster_knee import HOSTS, Work, knees
from bench.cluster_load import BURST, TOGETHER, load
from bench.cluster_load import policy as load_policy
from tests.azurite import NoAzuriteError
from tests.crash.cluster import Cluster, Worker, approving, cluster, until_more
from tests.crash.invariants import check
from tests.crash.service import CUSTOMERS, KEY

# Where something is killed, short times show in seconds what takes minutes. A knee needs those of the provider: what waits for longer than
# the visibility time-out is delivered again, and then there is more to do.
_TIMES = (("lease_s", 6, 30), ("visibility_s", 15, 300), ("partitions", 1, 4))
_PER_KILL = 8  # users of each customer in the request that a kill interrupts


@dataclass(frozen=True)
class Kill:
    what: str
    strike: Callable[[Cluster], Awaitable[object]]
    restore: Callable[[Cluster], Awaitable[object]]
    at_once: bool = True  # whether it is started again right away, or only when the request has ended


async def _kill_hub(worker: Worker) -> None:
    await asyncio.to_thread(worker.hub.kill)


async def _stop(worker: Worker) -> None:
    await worker.host.stop()
    await asyncio.to_thread(worker.hub.stop)


async def _all(cluster: Cluster, do: Callable[[Worker], Awaitable[None]]) -> None:
    for worker in cluster.workers:
        await do(worker)


KILLS = (
    Kill("a host, started again", lambda it: it.workers[-1].host.kill(), lambda it: it.workers[-1].start_host()),
    Kill("a host's hub, started again", lambda it: _kill_hub(it.workers[-1]), lambda it: it.workers[-1].restart_hub()),
    Kill(
        "a host and its hub for good",
        lambda it: it.workers[-1].kill(),
        lambda it: it.workers[-1].start(),
        at_once=False,
    ),
    Kill("all hosts and hubs", lambda it: _all(it, Worker.kill), lambda it: _all(it, Worker.start)),
    Kill(
        "a host and its hub with SIGTERM",
        lambda it: _stop(it.workers[-1]),
        lambda it: it.workers[-1].start(),
        at_once=False,
    ),
)


async def _kill(it: Cluster) -> None:
    """Raises: AssertionError where an outcome is not what the directory holds."""
    shop = it.shop
    requests = []
    print(f"{'killed in mid-reset':34}{'next user done':>16}{'request ended':>16}   (seconds after it)")
    for number, kill in enumerate(KILLS):
        part = slice(number * _PER_KILL, (number + 1) * _PER_KILL)
        async with approving([shop]):
            request_id = await shop.deliver({name: shop.upns(name)[part] for name in CUSTOMERS}, f"INC{number}")
            requests.append(request_id)
            done = await until_more(shop, request_id, 0)
        began = time.monotonic()
        await kill.strike(it)
        if kill.at_once:
            await kill.restore(it)
        await until_more(shop, request_id, done, 600)
        following = time.monotonic() - began
        await shop.ended(request_id, 600)
        print(f"{kill.what:34}{following:16.1f}{time.monotonic() - began:16.1f}", flush=True)
        if not kill.at_once:
            await kill.restore(it)
    for request_id in requests:
        await shop.called_back_in_full(request_id, 300)
    outcomes: Counter[str] = await check(shop, requests)
    print(f"Outcomes of {len(requests)} requests: {', '.join(f'{n} {name}' for name, n in sorted(outcomes.items()))}.")
    print("Every one of them is what the directory holds, and nothing else was changed there.")


async def _leave_running(it: Cluster) -> None:
    for worker in it.workers:
        print(f"host           {worker.host.url}   task hub {worker.hub.address}")
    print(f"function key   {KEY}\nmailbox        {it.shop.graph_url}/mailbox\nEnd it with Ctrl-C.", flush=True)
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    await stop.wait()


async def _run(options: argparse.Namespace, taskhub: str) -> None:
    users = _PER_KILL * len(KILLS)
    policy: dict[str, str] = {}
    if options.load:
        users = -(-options.requests // len(CUSTOMERS)) * TOGETHER + BURST
        policy = load_policy(options.requests * TOGETHER, options.in_flight)
    times = {"lease_s": options.lease_s, "visibility_s": options.visibility_s, "partitions": options.partitions}
    with tempfile.TemporaryDirectory(prefix="mfa-reset-cluster-") as folder:
        if options.knee:
            await knees(
                Path(folder),
                taskhub,
                options.latency,
                times,
                HOSTS[: options.hosts],
                Work(options.backlog, options.together),
            )
            return
        async with cluster(
            Path(folder), taskhub, options.hosts, users=users, latency=options.latency, policy=policy, **times
        ) as it:
            if options.load:
                await load(it, options.load, options.requests, options.in_flight, kill=options.kill)
            else:
                await (_kill(it) if options.kill else _leave_running(it))


def parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="make cluster", description=__doc__)
    parser.add_argument("--hosts", type=int, help="default: 2, and with --knee 1, 2 and 3 one after the other")
    parser.add_argument("--knee", action="store_true", help="find how many users a second up to three hosts reset")
    parser.add_argument(
        "--backlog", type=int, default=40, help="of --knee: requests for each host (default: %(default)s)"
    )
    parser.add_argument(
        "--together", type=int, default=1, help="of --knee: users of one request (default: %(default)s)"
    )
    parser.add_argument("--kill", action="store_true", help="kill parts in mid-reset and compare with the directory")
    parser.add_argument("--latency", type=int, default=300, help="of the simulated Graph, in ms (default: %(default)s)")
    parser.add_argument("--lease-s", type=int, help="how long a dead hub keeps its partitions (Azure: 30)")
    parser.add_argument("--visibility-s", type=int, help="when what it held comes back (host.json: 60)")
    parser.add_argument("--partitions", type=int, help="of the task hub (Azure: 4)")
    parser.add_argument(
        "--load", type=float, metavar="RATE", help="requests of eight users a second, through all hosts in turn"
    )
    parser.add_argument("--requests", type=int, default=60, help="how many of them (default: %(default)s)")
    parser.add_argument("--in-flight", type=int, default=4, help="users of a customer at once (default: %(default)s)")
    return parser


def main() -> int:
    options = parser().parse_args()
    options.hosts = options.hosts or (len(HOSTS) if options.knee else 2)
    for name, short, usual in _TIMES:
        if getattr(options, name) is None:
            setattr(options, name, usual if options.knee else short)
    if (taskhub := shutil.which("taskhub")) is None:
        print("make cluster: there is no `taskhub` on PATH (CONTRIBUTING.md)", file=sys.stderr)
        return 1
    try:
        asyncio.run(_run(options, taskhub))
    except NoAzuriteError as why:
        print(f"make cluster: {why}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        pass
    return 0


if __name__ == "__main__":
    sys.exit(main())
