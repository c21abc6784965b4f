"""Records the stories of tests/golden with today's app: scripts/record-golden."""

import asyncio
import json
import shutil
import sys
import tempfile
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from unittest.mock import patch

from activities import begin_request
from tests.golden.histories import GOLDEN, write
from tests.receiver import policy_with
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


async def verified(it: System) -> None:
    """Of a policy that has users verified (POLICIES)."""
    request_id = await _ask(it)
    for number in range(2):
        body = {"number": "+1 425 555 0112", "operator": "second@msp.example"}
        await it.call("POST", f"/api/reset-requests/{request_id}/targets/{number}/verification", json=body)
        await it.host.idle()
    await it.approve(request_id)


async def unverified(it: System) -> None:
    await _ask(it)
    await it.advance(hours=5)


async def followed(it: System) -> None:
    """Of a policy that looks at the users once."""
    await it.approve(await _ask(it))
    await it.advance(hours=5)


async def looked(it: System) -> None:
    """Of a policy that looks at the users three times."""
    await it.approve(await _ask(it))
    await it.advance(hours=5)


async def scheduled(it: System) -> None:
    """Of a policy with a maintenance window (POLICIES); two waves."""
    later = (it.services.now() + timedelta(hours=1)).isoformat()
    request_id = await _ask(it, notBefore=later, waves=[1])
    await it.approve(request_id)
    await it.advance(hours=26)


async def in_parts(it: System) -> None:
    """As if it had hundreds of customers: each is a part of its own."""
    with patch.object(begin_request, "_PART", 1):
        await it.approve(await _ask(it))


# What a story's policy has beside the demo's.
_WINDOW = '[customers.fabrikam.maintenance]\ntimeZone = "Etc/UTC"\nfrom = "20:00"\nto = "21:00"\n'
_VERIFICATION = '[verification]\nrequired = "always"\naccept = ["managerAttestation", "callback"]\n'
_FOLLOW_UP = '[followUp]\nafter = "4h"\n'
_LOOKS = '[followUp]\nafter = "4h"\nlooks = 3\n'
POLICIES = {
    "verified": _VERIFICATION,
    "unverified": _VERIFICATION,
    "followed": _FOLLOW_UP,
    "looked": _LOOKS,
    "scheduled": _WINDOW,
}
STORIES: tuple[Callable[[System], Awaitable[None]], ...] = (
    approved,
    denied,
    expired,
    dry_run,
    no_access,
    verified,
    unverified,
    followed,
    looked,
    scheduled,
    in_parts,
)


async def _record(story: Callable[[System], Awaitable[None]], into: Path) -> None:
    with tempfile.TemporaryDirectory() as folder:
        policy = policy_with(Path(folder), more) if (more := POLICIES.get(story.__name__)) else None
        async with system(Path(folder), policy=policy) as it:
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
