"""What must be true at the end, however often the host was killed on the way."""

from collections import Counter
from collections.abc import Iterable
from typing import Any

from records.audits import Audits
from records.sqlite import SqliteStore
from records.store import Store
from tests.crash.service import Shop

_GONE = {"deleted", "deactivated", "alreadyGone"}
# What is written once for a request, whatever ran twice.
_ONCE = {"accepted", "planned", "resetting", "ended"}


async def check(shop: Shop, requests: Iterable[str], *, callbacks: bool = True) -> Counter[str]:
    """Check the records and return how many targets have each outcome.

    Requests that did not come by webhook have no callbacks. Raises: AssertionError for the first contradiction.
    """
    outcomes = Counter[str]()
    planned: dict[str, set[str]] = {}
    for request_id in requests:
        shown = await shop.get(f"/api/reset-requests/{request_id}")
        assert shown["endedAt"], f"{request_id} has not ended: {shown['status']}"
        targets = await shop.targets(request_id)
        counts = Counter(target["outcome"] for target in targets)
        totals = {name: count for name, count in shown["totals"].items() if count and name != "targets"}
        assert counts == totals, f"{request_id}: totals {totals}, but {dict(counts)} targets"
        for target in targets:
            await _check_target(shop, target, planned)
        outcomes += counts
        await _check_mail(shop, shown)
        if callbacks:
            _check_callbacks(shop, request_id)
    await _check_nothing_else(shop, planned)
    return outcomes


async def _check_target(shop: Shop, target: dict[str, Any], planned: dict[str, set[str]]) -> None:
    name = target["userPrincipalName"] or target["asked"]
    assert target["outcome"] != "pending", f"{name} is still pending"
    if not target["userId"]:
        return
    state = await shop.from_graph(f"/simulator/state/{target['tenantId']}/{target['userId']}")
    usable = {method["id"] for method in state["methods"] if method.get("usable", True)}
    for method in target["methods"]:
        planned.setdefault(target["userId"], set()).add(method["id"])
        claims = method["outcome"] in _GONE
        assert claims == (method["id"] not in usable), f"{name}: {method['type']} is said to be {method['outcome']}"
    if target["sessionsRevoked"]:
        assert state["sessionsRevokedAt"], f"{name}: the sessions are said to be revoked"
    if target["outcome"] == "reset":
        assert all(method["outcome"] in _GONE | {"keptNewer"} for method in target["methods"]), name


async def _check_nothing_else(shop: Shop, planned: dict[str, set[str]]) -> None:
    for tenant in shop.world.tenants.values():
        for user in tenant.users.values():
            state = await shop.from_graph(f"/simulator/state/{tenant.id}/{user.id}")
            now = {method["id"] for method in state["methods"] if method.get("usable", True)}
            before = {m.id for m in user.methods.values() if m.usable and m.kind.name != "password"}
            lost = before - now - planned.get(user.id, set())
            assert not lost, f"{user.upn} lost {lost}, which no plan listed"


async def _check_mail(shop: Shop, shown: dict[str, Any]) -> None:
    if not (shown["approval"] or {}).get("approvers"):
        return
    mails = (await shop.from_graph("/mailbox.json"))["value"]
    mailed = {mail["to"][0] for mail in mails if any("/api/approvals?token=" in link for link in mail["links"])}
    decided = {decision["approver"] for decision in shown["approval"].get("decisions", [])}
    for entry in shown["approval"]["approvers"]:
        assert entry["approver"] in mailed | decided, f"{entry['approver']} got no mail"


def _check_callbacks(shop: Shop, request_id: str) -> None:
    """Every event came, and every repeat of it under the same id."""
    mine = [(id_, event) for id_, event in shop.called_back if request_id in str(event)]
    kinds: dict[str, set[str]] = {}
    for id_, event in mine:
        kinds.setdefault(event["type"], set()).add(id_)
    assert any(kind.endswith("accepted") for kind in kinds), f"no callback said that {request_id} was accepted"
    assert any(kind.endswith("completed") for kind in kinds), f"no callback said that {request_id} ended: {kinds}"
    assert all(len(ids) == 1 for ids in kinds.values()), f"repeats under another id: {kinds}"


async def check_audit(shop: Shop, requests: Iterable[str], store: Store | None = None) -> None:
    """With the host down: the chains as they are on disk, or in the store that the host was given."""
    store = store or SqliteStore.open(shop.data / "records.sqlite")
    try:
        audits = Audits(store)
        for request_id in requests:
            assert await audits.verify(request_id) is None
            events = Counter(event.event for event in await audits.all(request_id))
            assert all(events[name] == 1 for name in _ONCE), dict(events)
    finally:
        await store.close()
