"""`python -m bench.compare`: the service, the plain script and the floor, in one run on the simulator."""

import argparse
import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass

import httpx

from bench import service
from bench.processes import ROOT, started
from bench.settings import settings

SIZES = (10, 100, 1000, 10_000)
_CUSTOMERS = 10
# The script goes one user after the other: more of them only take longer, at the same cost each.
_SCRIPT_MOST = 100


@dataclass(frozen=True, slots=True)
class Network:
    """`latency` in milliseconds for every call; `rate` calls per second and customer, then 429."""

    name: str
    latency: float
    rate: float | None = None


NETWORKS = (Network("50 ms", 50), Network("150 ms", 150), Network("50 ms, throttled at 100 calls/s", 50, 100))


@dataclass(frozen=True, slots=True)
class Result:
    network: str
    targets: int
    who: str
    plan: float
    reset: float
    cpu: float
    memory: float
    calls: int

    @property
    def seconds(self) -> float:
        return self.plan + self.reset

    def row(self, floor: "Result | None") -> str:
        against = f"{self.seconds / floor.seconds:.2f} / {self.reset / floor.reset:.2f}" if floor else ""
        return (
            f"| {self.network} | {self.targets:,} | {self.who} | {self.seconds:.1f} | {self.plan:.1f} + {self.reset:.1f} "
            f"| {self.targets / self.seconds:.0f} | {against} | {self.calls / self.targets:.1f} "
            f"| {1000 * self.cpu / self.targets:.1f} | {self.memory / 2**20:.0f} |"
        )


HEAD = (
    "| network | targets | who | seconds | plan + reset | targets/s | to the floor, all / reset | calls/target "
    "| CPU ms/target | peak MiB |\n| --- | ---: | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |"
)


def measure(network: Network, targets: int, who: str, run: Callable[[str, int, int], dict[str, float]]) -> Result:
    customers = min(_CUSTOMERS, targets)
    users = targets // customers
    flags = ["--port", "0", "--customers", str(customers), "--users", str(users), "--latency", str(network.latency)]
    if network.rate:
        flags += ["--rate", str(network.rate)]
    with started("localhost.simulator", *flags) as simulator:
        done = run(simulator.url, customers, users)
        calls = _calls(simulator.url)
    if "well" in done and done["well"] < targets:
        print(f"  only {done['well']:.0f} of {targets} targets ended well", file=sys.stderr)
    return Result(network.name, targets, who, done["plan"], done["reset"], done["cpu"], done["memory"], calls)


def _calls(graph: str) -> int:
    """Calls that count against a quota: parts of batches, not batches, and no tokens."""
    counts = httpx.get(f"{graph}/simulator/calls", timeout=120).json()["counts"]
    return sum(c["count"] for c in counts if not c["template"].endswith(("$batch", "token")))


def _child(module: str) -> Callable[[str, int, int], dict[str, float]]:
    def run(graph: str, customers: int, users: int) -> dict[str, float]:
        name, _, flag = module.partition("-")  # "floor-aiohttp": the floor on the service's own connections
        command = [
            sys.executable,
            "-m",
            f"bench.{name}",
            graph,
            str(customers),
            str(users),
            *([f"--{flag}"] if flag else []),
        ]
        done = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)  # noqa: S603 - our own
        result: dict[str, float] = json.loads(done.stdout)
        return result

    return run


_LIST = (
    "import sys, sysconfig, function_app; libs = sysconfig.get_paths()['purelib']; "
    "print(' '.join(n for n, m in list(sys.modules.items()) if (getattr(m, '__file__', None) or '').startswith(libs)))"
)


def imports() -> str:
    """How long `function_app.py` takes to import, next to the very modules of other packages that it brings in."""
    listed = _python(_LIST).split()
    bare = "import importlib\nfor name in " + repr(listed) + ":\n importlib.import_module(name)"
    app, packages = (_import_seconds(code) for code in ("import function_app", bare))
    return (
        f"import of function_app.py {app:.2f} s of CPU, its packages alone {packages:.2f} s: {app / packages:.2f} times"
    )


def _import_seconds(code: str) -> float:
    timed = f"import time; start = time.process_time()\n{code}\nprint(time.process_time() - start)"
    return min(float(_python(timed)) for _ in range(7))


def _python(code: str) -> str:
    command = [sys.executable, "-c", code]
    done = subprocess.run(  # noqa: S603 - our own
        command, cwd=ROOT, check=True, capture_output=True, text=True, env=settings()
    )
    return done.stdout.splitlines()[-1]


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.compare", description=__doc__)
    parser.add_argument("--targets", type=int, nargs="*", default=list(SIZES))
    parser.add_argument("--network", type=int, nargs="*", default=list(range(len(NETWORKS))), help="which, from 0")
    parser.add_argument("--who", nargs="*", default=["floor", "floor-aiohttp", "service", "script"])
    given = parser.parse_args()
    print(HEAD, flush=True)
    for network in (NETWORKS[n] for n in given.network):
        for targets in given.targets:
            floor = None
            for who in given.who:
                if who == "script" and targets > _SCRIPT_MOST:
                    continue
                run = service.run if who == "service" else _child(who)
                result = measure(network, targets, who, run)
                floor = result if who == "floor" else floor
                print(result.row(floor), flush=True)
    print(f"\n{imports()}")


if __name__ == "__main__":
    main()
