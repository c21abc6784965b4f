"""SIGKILL at random and at named moments; a few by default, and for the long run:

CRASH_KILLS=200 python -m pytest tests/crash/test_kills.py -s    # CRASH_SEED=1000 for other worlds
"""

import asyncio
import os
import random
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.crash.child import MOMENTS
from tests.crash.invariants import check, check_audit
from tests.crash.service import CUSTOMERS, Shop, shop

_LONG = int(os.environ.get("CRASH_KILLS", "0"))
# How long the host lives at most before it is killed at no particular moment, in seconds.
_LIFE = (0.05, 1.5)
# A named moment that did not come by then is no longer waited for.
_LONGEST = 15.0 if not _LONG else 2.5
# How often a named moment is let pass before it kills.
_SKIPS = (0, 0, 1, 3, 10)


async def _killed(it: Shop, moments: list[str], dice: random.Random, kills: int, skips: Sequence[int]) -> None:
    """Lives and deaths: a named moment each, or a random one when the named one does not come."""
    while it.kills < kills:
        moment = moments[it.kills % len(moments)]
        if await it.start(moment, dice.choice(skips) if moment else 0):
            if await it.died(dice.uniform(*_LIFE) if not moment else _LONGEST):
                it.moments[moment] = it.moments.get(moment, 0) + 1
            else:
                await it.kill()
                it.moments["random"] = it.moments.get("random", 0) + 1
        else:
            it.moments[moment] = it.moments.get(moment, 0) + 1
        it.kills += 1
    assert await it.start(), it.log()[-3000:]


async def _run(
    folder: Path, *, users: int, few: int, kills: int, moments: list[str], seed: int, skips: Sequence[int] = (0,)
) -> tuple[Shop, Counter[str]]:
    """One world: a request over everybody and small ones beside it, and the host killed this often meanwhile."""
    dice = random.Random(seed)  # noqa: S311 - deaths that repeat
    async with shop(folder, users=users) as it:
        killer = asyncio.create_task(_killed(it, moments, dice, kills, skips))
        approver = asyncio.create_task(it.approve_all())
        everybody = {customer: it.upns(customer)[:-few] for customer in CUSTOMERS}
        tickets = [{customer: [upn]} for customer in CUSTOMERS for upn in it.upns(customer)[-few:]]
        try:
            first, others = await asyncio.gather(it.deliver(everybody, "INC0"), _one_after_another(it, tickets))
            requests = [first, *others]
            await killer
            for request_id in requests:
                await it.ended(request_id)
                await it.called_back_in_full(request_id)
            outcomes = await check(it, requests)
            assert await it.stop() == 0
            await check_audit(it, requests)
        finally:
            killer.cancel()
            approver.cancel()
            await asyncio.gather(killer, approver, return_exceptions=True)
        return it, outcomes


async def _one_after_another(it: Shop, tickets: list[dict[str, list[str]]]) -> list[str]:
    """So that there is always something at every stage."""
    requests = []
    for number, targets in enumerate(tickets, 1):
        requests.append(await it.deliver(targets, f"INC{number}"))
        await asyncio.sleep(1)
    return requests


async def test_nothing_is_lost_in_a_few_kills(tmp_path: Path) -> None:
    moments = ["recorded, not scheduled", "decided, not woken", "removed, not known", "in the engine's commit"]
    it, outcomes = await _run(tmp_path, users=12, few=1, kills=len(moments), moments=moments, seed=1)
    assert outcomes["reset"] > 0
    assert set(it.moments) == set(moments)


@pytest.mark.skipif(not _LONG, reason="CRASH_KILLS=200 runs it")
async def test_nothing_is_lost_in_many_kills(tmp_path_factory: pytest.TempPathFactory) -> None:
    started, kills, targets = time.monotonic(), 0, 0
    totals, moments, seed = Counter[str](), Counter[str](), int(os.environ.get("CRASH_SEED", "0"))
    while kills < _LONG:
        seed += 1
        order = [*MOMENTS, *[""] * len(MOMENTS)]
        random.Random(seed).shuffle(order)  # noqa: S311
        folder = tmp_path_factory.mktemp("world")
        it, outcomes = await _run(folder, users=67, few=6, kills=20, moments=order, seed=seed, skips=_SKIPS)
        kills += it.kills
        totals += outcomes
        targets += outcomes.total()
        moments.update(it.moments)
        print(f"world {seed}: {kills} kills, {targets} targets, {time.monotonic() - started:.0f} s", flush=True)  # noqa: T201
    print(f"{kills} kills {dict(moments)}; {targets} targets {dict(totals)}")  # noqa: T201
