"""Whatever becomes of a kept record: the request ends, says what is so, gives its leases back, and harms no other user.

The request of `whole_request.py`, with one row damaged between two of its steps: cut, emptied, of another schema, or with an
odd value in one field.
"""

import json
import sqlite3
from typing import Self

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain.outcomes import TargetOutcome
from domain.request.target import Target
from tests.activities.whole_request import WholeRequest, run, whole_request
from tests.records.damage import variants

pytestmark = pytest.mark.usefixtures("unrecorded")

# A plan without methods is one that could be, and so is a dry run.
RIGHT = {("methods", "[]"), ("dryRun", "true")}

type Place = tuple[str, str]  # partition and key
type Rows = dict[Place, str]
type Damage = tuple[str, Place, str]  # before which step, where, and what stands there then


class Damager:
    """Looks at the rows before each step, and changes one as another program would."""

    def __init__(self, whole: WholeRequest, damage: Damage | None = None) -> None:
        self._db = sqlite3.connect(whole.folder / "records.sqlite", isolation_level=None)
        self._damage = damage
        self.rows: dict[str, Rows] = {}
        self.found = False
        whole.before = self._before

    def _before(self, step: str) -> None:
        if self._damage is None:
            self.rows[step] = {(p, k): v for p, k, v in self._db.execute("SELECT partition, key, value FROM rows")}
        elif self._damage[0] == step:
            self.found = self.write(*self._damage[1:])

    def write(self, place: Place, text: str) -> bool:
        query = "UPDATE rows SET value = ?, version = version + 1000000 WHERE partition = ? AND key = ?"
        return self._db.execute(query, (text, *place)).rowcount == 1

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._db.close()


async def recorded(padding: int) -> dict[str, Rows]:
    """Return the rows before each step of a request that nothing happens to."""
    async with whole_request(padding=padding) as whole:
        with Damager(whole) as damager:
            targets = await whole.run()
        await whole.check(targets)
        assert [target.outcome for target in targets[:2]] == [TargetOutcome.RESET] * 2
        return damager.rows


async def damaged(damage: Damage, padding: int = 0) -> list[Target]:
    async with whole_request(padding=padding) as whole:
        with Damager(whole, damage) as damager:
            targets = await whole.run()
        assert damager.found
        await whole.check(targets)
        return targets


@pytest.fixture(scope="module")
def rows() -> list[tuple[str, Place, str]]:
    """Every row of every step that something is read from later."""
    found = run(recorded(0))
    keys = " ".join(" ".join(place) for step in found.values() for place in step)
    for kept in ("lease:", "permits", "usage", "open", "request", "target:", "count:", "identities:", "audithead"):
        assert kept in keys
    return [(step, place, text) for step in found if step != "end" for place, text in found[step].items()]


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(st.data())
def test_damaged_record_ends_its_own_target_alone(rows: list[tuple[str, Place, str]], data: st.DataObject) -> None:
    step, place, text = data.draw(st.sampled_from(rows))
    targets = run(damaged((step, place, data.draw(st.sampled_from(list(variants(text, RIGHT)))))))
    if place[1] == "target:000000":
        assert targets[1].outcome is TargetOutcome.RESET


LEASE = "lease:11111111-1111-1111-1111-111111111111"
PERMITS = "permits:11111111-1111-1111-1111-111111111111"
CUT = '{"number": 0, "customer": "con'


@pytest.mark.parametrize(
    ("step", "place", "text"),
    [
        *(("reset 0", ("r1", key), CUT) for key in ("target:000000", "request", "count:000000", "audithead")),
        *(("seal", ("r1", key), CUT) for key in ("target:000000", "identities:contoso", "count:000000")),
        ("reset 0", (PERMITS, "permits"), "{}"),
        ("release", (PERMITS, "permits"), '{"running": [1], "queue": 7, "width": "x"}'),
        ("create", ("usage", "source:api"), '{"open": 7, "known": {"r9": "x"}, "minutes": {"soon": null}}'),
        ("seal", ("r1", "target:000000"), '{"outcome": []}'),
        ("plan", ("r1", "target:000000"), '{"number": 0, "customer": "x", "asked": "ann@contoso.com", "outcome": "pending"}'),
        ("finish", ("r1", "count:000000"), '{"reset": -1}'),
        ("finish", ("r1", "audithead"), '{"number": 0, "hash": ""}'),
    ],
    ids=lambda value: value if isinstance(value, str) else value[1],
)  # fmt: skip
def test_records_that_once_broke_a_request(step: str, place: Place, text: str) -> None:
    targets = run(damaged((step, place, text)))
    if "target" in place[1]:
        assert targets[0].reason == "recordUnreadable"
    if place != ("r1", "request"):
        assert targets[1].outcome is TargetOutcome.RESET


@pytest.mark.parametrize("text", ["{}", CUT, "[]", '{"requestId": 7}', '{"requestId": "", "number": 0}'])
async def test_lease_that_cannot_be_read_holds_no_user(text: str) -> None:
    async with whole_request() as whole:
        with Damager(whole) as damager:
            await whole.run()
            place = next(place for place in damager.rows["finish"] if place[0] == LEASE)
            damager.write(place, text)
        assert await whole.works.services.leases.holder(LEASE.removeprefix("lease:"), place[1]) is None


@pytest.mark.parametrize(("part", "unreadable"), [("all", 200), ("one", 1), ("half", 100)])
def test_draft_that_cannot_be_read_ends_its_own_targets(part: str, unreadable: int) -> None:
    found = run(recorded(203))["write"]
    first = next(place for place in found if place[1] == "draft:000000")
    targets = json.loads(found[first])["targets"]
    left = {"all": 7, "one": [*targets[:5], targets[5] | {"asked": 7}, *targets[6:]], "half": targets[:100]}
    ended = run(damaged(("write", first, json.dumps({"targets": left[part]})), padding=203))
    assert len([target for target in ended if target.reason == "recordUnreadable"]) == unreadable
