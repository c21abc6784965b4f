"""How many calls a user costs: docs/engine.md says it, and this holds it there."""

import re
from pathlib import Path
from typing import Any

import pytest

from domain.outcomes import TargetOutcome
from localhost.simulator.seeds.people import GLOBAL_ADMINISTRATOR, role
from tests.activities.conftest import Works

DOCS = Path(__file__).resolve().parents[2] / "docs/engine.md"
STEPS: list[tuple[str, dict[str, Any]]] = [
    ("softwareOath", {}),
    ("phone", {"phoneType": "office"}),
    ("phone", {"phoneType": "mobile"}),
    ("microsoftAuthenticator", {}),
]


async def trips(works: Works) -> int:
    """Round trips of a reset: what is inside a batch costs none."""
    works.world.calls.clear()
    assert (await works.reset()).outcome in {TargetOutcome.RESET, TargetOutcome.ALREADY_CLEAR}
    return sum(not call.in_batch and "token" not in call.path for call in works.world.calls)


@pytest.mark.parametrize("k", [1, 2, 3, 4])
async def test_reset_of_k_methods_is_k_and_two_round_trips(works: Works, k: int) -> None:
    user = works.user(*STEPS[:k], prefer=[None, "oath", "voiceOffice", "sms", "push"][k])
    await works.planned(user)
    assert await trips(works) == k + 2
    assert "k + 2 round trips" in DOCS.read_text(encoding="utf-8")


async def test_user_without_methods_costs_two(works: Works) -> None:
    await works.planned(works.user())
    assert await trips(works) == 2
    assert "a user without methods takes two" in DOCS.read_text(encoding="utf-8")


@pytest.mark.parametrize(("known", "reads"), [(False, 4), (True, 1)])
async def test_who_the_user_is_by_now_is_read_in_the_batch_of_the_look(works: Works, known: bool, reads: int) -> None:
    user = works.user(STEPS[0])
    if known:
        user.roles.append(role(works.world.tenant("contoso"), GLOBAL_ADMINISTRATOR))
    await works.planned(user)
    works.world.calls.clear()
    await works.once()
    look = [call for call in works.world.calls if call.in_batch and call.verb == "GET"]
    assert len(look) == reads + 2  # and the methods, in the look and in the confirmation
    assert "five reads, four of them about who the user is: one where" in DOCS.read_text(encoding="utf-8")


async def test_hardware_tokens_cost_two_more_beside_the_others(works: Works) -> None:
    await works.planned(works.user(("hardwareOath", {}), STEPS[0]))
    assert await trips(works) == 2 + 2 + 2


@pytest.mark.parametrize("users", [1, 20])
async def test_plan_of_twenty_users_is_seven_batches(works: Works, users: int) -> None:
    people = [works.user(*STEPS[:2], name=f"person{n}") for n in range(users)]
    await works.planned(*people, request_id="first")
    works.world.calls.clear()
    await works.services.requests.cancel("first", "tester", works.clock())
    await works.planned(*people, request_id="second")
    batches = [call for call in works.world.calls if call.path.endswith("$batch")]
    alone = [call for call in works.world.calls if not call.in_batch and call not in batches]
    parts = [call for call in works.world.calls if call.in_batch]
    if users == 20:
        assert (len(batches), len(alone)) == (7, 0)
    asked = len(parts) + len(alone)
    assert asked == 7 * users
    assert re.search(r"seven reads per user", DOCS.read_text(encoding="utf-8"))
