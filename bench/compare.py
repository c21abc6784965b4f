"""`python -m bench.compare`: the service, the plain script and the floor, in one run on the simulator.

Prints a Markdown table. What took longer than there is time for, or was left out, has a row that says so and no figures.
"""

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass

import httpx

from bench import service
from bench.imports import imports
from bench.processes import ROOT, started

SIZES = (10, 100, 1000)
LARGE = 10_000
_CUSTOMERS = 10
# The script goes one user after the other: more of them only take longer, at the same cost each.
_SCRIPT_MOST = 100
# Seconds for everything that is measured; what has not begun by then is left out, what runs is ended.
_WITHIN, _WITHIN_LARGE, _WITHIN_QUICK = 3600.0, 3 * 3600.0, 300.0


@dataclass(frozen=True, slots=True)
class Network:
    """`latency` in milliseconds for every call; `rate` calls per second and customer, then 429; `faults` as the simulator's flag."""

    name: str
    latency: float
    rate: float | None = None
    faults: bool = False


NETWORKS = (
    Network("50 ms", 50),
    Network("150 ms", 150),
    Network("50 ms, throttled at 100 calls/s", 50, 100),
    Network("50 ms, 10 % 503, 10 % 429, 3 % cut", 50, faults=True),
)
# Sizes that are run with faults: by the service, and by the floor on its connections, which makes failed calls again, too.
_FAULTY_SIZES = (20, 1000)


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
    customers: int

    @property
    def seconds(self) -> float:
        return self.plan + self.reset

    def row(self, floors: "dict[str, Result]") -> str:
        """Return a line of the table; ratios are to the floors of the same cell, over all and over the reset alone."""
        against = " | ".join(
            f"{self.seconds / floor.seconds:.2f} / {self.reset / floor.reset:.2f}"
            if (floor := floors.get(who)) and self.who != who
            else ""
            for who in _FLOORS
        )
        return (
            f"| {self.network} | {_size(self.targets, self.customers)} | {self.who} "
            f"| {self.seconds:.1f} | {self.plan:.1f} + {self.reset:.1f} "
            f"| {self.targets / self.seconds:.0f} | {against} | {self.calls / self.targets:.1f} "
            f"| {1000 * self.cpu / self.targets:.1f} | {self.memory / 2**20:.0f} |"
        )


HEAD = (
    "| network | targets | who | seconds | plan + reset | targets/s | to floor, all / reset | to floor-aiohttp, all / reset "
    "| calls/target | CPU ms/target | peak MiB |\n"
    "| --- | ---: | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |"
)
_FLOORS = ("floor", "floor-aiohttp")


def _size(targets: int, customers: int) -> str:
    """Return how the table names a size: the customers where they are not the usual ones."""
    return f"{targets:,}" if customers == min(_CUSTOMERS, targets) else f"{targets:,} over {customers}"


# Seconds for a run of these calls: graph, customers, users of each, seconds at most.
Run = Callable[[str, int, int, float], dict[str, float]]


def gap(cell: "Cell", who: str, why: str) -> str:
    """Return the line of what was not measured."""
    return f"| {cell.network.name} | {_size(cell.targets, cell.customers)} | {who} | {why} | | | | | | | |"


def measure(cell: "Cell", who: str, run: Run, longest: float) -> Result:
    """Run one of those who are compared and return its figures. Raises: TimeoutError after `longest` seconds."""
    network, targets, customers = cell.network, cell.targets, cell.customers
    users = targets // customers
    flags = ["--port", "0", "--customers", str(customers), "--users", str(users), "--latency", str(network.latency)]
    if network.rate:
        flags += ["--rate", str(network.rate)]
    if network.faults:
        flags.append("--faults")
    with started("localhost.simulator", *flags) as simulator:
        done = run(simulator.url, customers, users, longest)
        calls = _calls(simulator.url)
    if "well" in done and done["well"] < targets:
        print(f"  only {done['well']:.0f} of {targets} targets ended well", file=sys.stderr)
    return Result(
        network.name, targets, who, done["plan"], done["reset"], done["cpu"], done["memory"], calls, customers
    )


def _calls(graph: str) -> int:
    """Calls that count against a quota: parts of batches, not batches, and no tokens."""
    counts = httpx.get(f"{graph}/simulator/calls", timeout=120).json()["counts"]
    return sum(c["count"] for c in counts if not c["template"].endswith(("$batch", "token")))


def _child(module: str) -> Run:
    def run(graph: str, customers: int, users: int, longest: float) -> dict[str, float]:
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
        try:
            done = subprocess.run(  # noqa: S603 - our own
                command, cwd=ROOT, check=True, capture_output=True, text=True, timeout=longest
            )
        except subprocess.TimeoutExpired as error:
            raise TimeoutError(f"{module} took longer than {longest:.0f} s") from error
        result: dict[str, float] = json.loads(done.stdout)
        return result

    return run


@dataclass(frozen=True, slots=True)
class Cell:
    """One size on one network, with those who are compared there."""

    network: Network
    targets: int
    who: tuple[str, ...]
    customers: int


def cells(targets: list[int], networks: list[int], who: list[str], customers: list[int], *, quick: bool) -> list[Cell]:
    """Small sizes first, so that what the time does not suffice for is the largest. `quick`: 1,000 at 50 ms only.

    The targets are spread evenly over the customers; a size that cannot be is left with one target a customer.
    """
    return [
        Cell(NETWORKS[n], size, tuple(who), min(many, size))
        for size in sorted(targets)
        for n in networks
        for many in sorted(customers)
        if not (quick and size >= 1000 and n)
    ]


def spread(results: list[Result]) -> list[str]:
    """Return, for the same targets over more customers, how many times the time per target of the fewest it takes."""
    lines: list[str] = []
    first: dict[tuple[str, int, str], Result] = {}
    for result in results:
        base = first.setdefault((result.network, result.targets, result.who), result)
        if base is not result:
            lines.append(
                f"{result.who}, {result.targets:,} targets, {result.network}: {result.customers} customers take "
                f"{result.seconds / base.seconds:.2f} times of {base.customers} per target, {result.cpu / base.cpu:.2f} times the CPU"
            )
    return lines


def compare(wanted: list[Cell], within: float, script_most: int) -> list[Result]:
    end, results = time.monotonic() + within, list[Result]()
    print(HEAD, flush=True)
    for cell in wanted:
        floors: dict[str, Result] = {}
        for who in cell.who:
            if who == "script" and cell.targets > script_most:
                print(gap(cell, who, f"not run above {script_most} targets"), flush=True)
                continue
            left = end - time.monotonic()
            if left <= 0:
                print(gap(cell, who, "not run: the time was up"), flush=True)
                continue
            try:
                run = service.run if who == "service" else _child(who)
                result = measure(cell, who, run, left)
            except TimeoutError:
                print(gap(cell, who, f"not done after {left:.0f} s"), flush=True)
                continue
            if who in _FLOORS:
                floors[who] = result
            results.append(result)
            print(result.row(floors), flush=True)
    return results


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.compare", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="ends within six minutes")
    parser.add_argument("--large", action="store_true", help=f"{LARGE:,} targets, too")
    parser.add_argument("--faults", action="store_true", help="the floor and the service, without faults and with them")
    parser.add_argument("--targets", type=int, nargs="*", help="the sizes, instead of " + ", ".join(map(str, SIZES)))
    parser.add_argument("--customers", type=int, nargs="*", default=[_CUSTOMERS], help="over how many customers, each")
    parser.add_argument("--network", type=int, nargs="*", default=[0, 1, 2], help="which, from 0")
    parser.add_argument("--who", nargs="*", default=[*_FLOORS, "service", "script"])
    parser.add_argument("--within", type=float, help="seconds for all that is measured")
    given = parser.parse_args()
    if given.faults:
        given.network, given.who = [0, 3], ["floor-aiohttp", "service"]
    sizes = given.targets or (list(_FAULTY_SIZES) if given.faults else [*SIZES, *([LARGE] if given.large else [])])
    within = given.within or (_WITHIN_QUICK if given.quick else _WITHIN_LARGE if given.large else _WITHIN)
    wanted = cells(sizes, given.network, given.who, given.customers, quick=given.quick)
    results = compare(wanted, within, script_most=10 if given.quick else _SCRIPT_MOST)
    if len(given.customers) > 1:
        print("", *spread(results), sep="\n")
        return
    print(f"\n{imports()}")


if __name__ == "__main__":
    main()
