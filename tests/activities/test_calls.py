"""How many calls a user costs: docs/engine.md says it, and this holds it there."""

from pathlib import Path
from typing import Any

import pytest

from domain.outcomes import TargetOutcome
from graph.privileged_users import tenant_wide
from localhost.simulator.seeds.people import GLOBAL_ADMINISTRATOR, role
from tests.activities.conftest import CONTOSO, Works

DOCS = Path(__file__).resolve().parents[2] / "docs/engine.md"
STEPS: list[tuple[str, dict[str, Any]]] = [
    ("softwareOath", {}),
    ("phone", {"phoneType": "office"}),
    ("phone", {"phoneType": "mobile"}),
    ("microsoftAuthenticator", {}),
]


async def trips(works: Works) -> int:
    """Return the round trips of a reset while it is known who is privileged: what is inside a batch costs none."""
    client = works.services.graph.of(CONTOSO)
    await tenant_wide(client, client.privileged.resets, 100)
    works.world.calls.clear()
    assert (await works.reset()).outcome in {TargetOutcome.RESET, TargetOutcome.ALREADY_CLEAR}
    return sum(not call.in_batch and "token" not in call.path for call in works.world.calls)


def graph_calls(works: Works) -> int:
    """Return the calls that Graph counts: each part of a batch, and each call of its own."""
    return sum(not call.path.endswith("$batch") and "token" not in call.path for call in works.world.calls)


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


async def test_user_known_as_privileged_is_not_asked_about_again(works: Works) -> None:
    user = works.user(STEPS[0])
    user.roles.append(role(works.world.tenant("contoso"), GLOBAL_ADMINISTRATOR))
    await works.planned(user)
    works.world.calls.clear()
    await works.reset()
    asked = [call.path for call in works.world.calls]
    assert not [path for path in asked if "role" in path.lower() or "memberOf" in path]


async def test_hardware_tokens_cost_two_more_beside_the_others(works: Works) -> None:
    await works.planned(works.user(("hardwareOath", {}), STEPS[0]))
    assert await trips(works) == 2 + 2 + 2


@pytest.mark.parametrize(("k", "each"), [(0, 4), (1, 6), (2, 8), (3, 9)])
async def test_at_a_hundred_targets_a_user_with_k_methods_costs_k_and_six_calls(
    works: Works, k: int, each: int
) -> None:
    prefer = [None, "oath", "voiceOffice", "sms"][k]
    people = [works.user(*STEPS[:k], prefer=prefer, name=f"person{n}") for n in range(100)]
    works.world.calls.clear()
    await works.planned(*people)
    for number in range(100):
        await works.reset(number=number)
    shared = graph_calls(works) - each * 100
    # Fifteen users are found with one call, ten calls for groups of twenty, and fifteen are one call before their reset; who is
    # privileged is read once for the plans and once for the resets.
    assert 0 <= shared <= 10 + 7 + 2 * 10
    text = " ".join(DOCS.read_text(encoding="utf-8").split())
    assert (
        "k + 6 calls that Graph counts for a user with two methods or more, k + 5 for others (a user without methods takes four)"
        in text
    )


async def test_plan_of_twenty_users_is_five_batches(works: Works) -> None:
    people = [works.user(*STEPS[:2], name=f"person{n}") for n in range(20)]
    client = works.services.graph.of(CONTOSO)
    await tenant_wide(client, client.privileged.plans, 100)
    works.world.calls.clear()
    await works.planned(*people)
    batches = [call for call in works.world.calls if call.path.endswith("$batch")]
    alone = [
        call.path
        for call in works.world.calls
        if not call.in_batch and call not in batches and "token" not in call.path
    ]
    assert (len(batches), alone[:-1]) == (4, [])  # found; methods; tokens; preferences
