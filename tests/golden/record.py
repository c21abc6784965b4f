"""Records the stories of tests/golden with today's app: scripts/record-golden."""

import asyncio
import json
import shutil
import sys
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path

from tests.golden.histories import GOLDEN, write
from tests.system import ROOT, System, system

PEOPLE = {"contoso": ["adele@contoso.com"], "fabrikam": ["alex@fabrikam.com"]}


async def _ask(it: System, **more: object) -> str:
    targets = [{"customer": customer, "users": users} for customer, users in PEOPLE.items()]
    request = await it.ask(more={"targets": targets, **more})
    return str(request["id"])


async def approved(it: System) -> None:
    await it.approve(await _ask(it))


async def denied(it: System) -> None:
    link = next(iter(it.links(await _ask(it)).values()))
    await it.decide(link, "deny", comment="Not today")


async def expired(it: System) -> None:
    await _ask(it)
    await it.advance(hours=25)


async def dry_run(it: System) -> None:
    await _ask(it, dryRun=True)


async def no_access(it: System) -> None:
    it.world.tenants["11111111-1111-1111-1111-111111111111"].consented = False
    await it.approve(await _ask(it))


STORIES: tuple[Callable[[System], Awaitable[None]], ...] = (approved, denied, expired, dry_run, no_access)


async def _record(story: Callable[[System], Awaitable[None]], into: Path) -> None:
    with tempfile.TemporaryDirectory() as folder:
        async with system(Path(folder)) as it:
            await story(it)
            await it.host.idle()
            write(into, story.__name__, {name: it.host.history(name) for name in sorted(it.host.instance_ids())})


def main() -> int:
    host = json.loads((ROOT / "host.json").read_text("utf-8"))
    into = GOLDEN / f"v{host['extensions']['durableTask']['defaultVersion']}"
    shutil.rmtree(into, ignore_errors=True)
    for story in STORIES:
        asyncio.run(_record(story, into))
        sys.stdout.write(f"{into.name}/{story.__name__}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
