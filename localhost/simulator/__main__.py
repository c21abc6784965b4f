"""`python -m localhost.simulator`: the simulator alone."""

import argparse
import asyncio

from localhost.simulator.server.app import create_app
from localhost.simulator.server.serving import serve
from localhost.simulator.world.world import World


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        prog="python -m localhost.simulator", description="A stand-in for Microsoft Graph."
    )
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=9000, help="0 takes a free one (default: 9000)")
    parser.add_argument("--customers", type=int, help="this many generated customers instead of the demo's")
    parser.add_argument("--users", type=int, default=30, help="users per customer (default: 30)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--latency", type=float, default=0, metavar="MS", help="of every call, in milliseconds")
    parser.add_argument("--rate", type=float, help="calls per second and tenant, then 429")
    parser.add_argument("--burst", type=float, help="calls at once before the rate counts (default: the rate)")
    parser.add_argument(
        "--faults",
        action="store_true",
        help="10 %% of calls 503, 10 %% 429 with Retry-After 1, 3 %% cut off, by the seed",
    )
    given = parser.parse_args(arguments)

    customers, users, seed = given.customers, given.users, given.seed
    world = World.demo(users, seed) if customers is None else World.generate(customers, users, seed)
    if given.latency:
        world.faults.add(latency=given.latency / 1000)
    if given.rate:
        world.throttle.limit(given.rate, given.burst or given.rate)
    if given.faults:
        world.faults.add(status=503, probability=0.1)
        world.faults.add(status=429, retry_after=1, probability=0.1)
        world.faults.add(drop="before", probability=0.015)
        world.faults.add(drop="after", probability=0.015)
    asyncio.run(
        serve(create_app(world), host=given.host, port=given.port, ready=lambda url: print(f"ready {url}", flush=True))
    )


if __name__ == "__main__":
    main()
