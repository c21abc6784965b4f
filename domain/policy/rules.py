"""What the tables of a policy file must agree on with each other.

These rules read the raw file, not the models, so that they speak up in the same run as the mistakes of single values;
what has the wrong shape is skipped here, the models name it.
"""

from collections.abc import Iterator, Mapping
from typing import Any

type Path = tuple[str | int, ...]
type Mistake = tuple[Path, str]


# Sources of requests that are no sources of the policy.
_TAKEN = frozenset({"api", "console", "servicebus"})


def disagreements(data: Mapping[str, Any]) -> Iterator[Mistake]:
    """Return every rule between tables that `data`, a whole policy file, breaks."""
    customers, sources = _tables(data, "customers"), _tables(data, "sources")
    yield from _shared_names(customers)
    yield from _of_sources(customers, sources)
    for key, access in _tables(data, "access").items():
        for index, name in enumerate(_texts(access, "customers")):
            if name not in customers:
                there = f"there is no customer {name!r}{did_you_mean(name, customers)}"
                yield ("access", key, "customers", index), there
    yield from _repeated(data, customers)
    for name in _TAKEN & sources.keys():
        yield ("sources", name), "is reserved for requests from another endpoint; choose another"
    for index, name in enumerate(_texts(_table(data, "queue"), "customers")):
        if name not in customers:
            yield ("queue", "customers", index), f"there is no customer {name!r}{did_you_mean(name, customers)}"
    yield from _too_few_approvers(data, customers, sources)
    yield from _of_approvers(_table(data, "approval"), customers)
    yield from _of_verification(_table(data, "verification"), customers, sources)
    yield from _of_profile(data, customers, sources)


def warnings(data: Mapping[str, Any]) -> Iterator[Mistake]:
    """Return what a valid file may mean, but probably does not."""
    approval = _table(data, "approval")
    more = _texts(approval, "escalateTo")
    needed = _escalation_quorum(approval)
    if more and len({name.lower() for name in more}) < needed and not any(":" in name for name in more):
        what = f"{needed} approvals are needed after an escalation and {len(more)} more approver(s) are asked"
        yield ("approval", "escalateTo"), f"{what}: where the first do not respond, nothing can be approved"
    step_up = _number(_table(approval, "stepUp"), "quorum", 2)
    for key, customer in _tables(data, "customers").items():
        people = {mail.lower() for mail in (*_texts(customer, "approvers"), *_texts(approval, "approvers"))}
        if len(people) < step_up and not any(":" in name for name in people) and not _texts(approval, "escalateTo"):
            what = f"{step_up} approvals are needed after a step-up and {key} has {len(people)} approver(s)"
            yield ("approval", "stepUp", "quorum"), f"{what}: such requests cannot be approved"


def did_you_mean(word: str, known: Any) -> str:
    from difflib import get_close_matches

    close = get_close_matches(word, [str(name) for name in known], n=1)
    return f"; did you mean {close[0]!r}?" if close else ""


def _of_sources(
    customers: Mapping[str, Mapping[str, Any]], sources: Mapping[str, Mapping[str, Any]]
) -> Iterator[Mistake]:
    for key, source in sources.items():
        for index, name in enumerate(_texts(source, "customers")):
            if name not in customers:
                yield (
                    ("sources", key, "customers", index),
                    f"there is no customer {name!r}{did_you_mean(name, customers)}",
                )
        if isinstance(fields := source.get("fields"), Mapping) and "requester" not in fields:
            yield ("sources", key, "fields"), "needs requester: every source names the person who asks, by mail address"


def _of_profile(
    data: Mapping[str, Any], customers: Mapping[str, Mapping[str, Any]], sources: Mapping[str, Mapping[str, Any]]
) -> Iterator[Mistake]:
    path = ("profiles", "compromised")
    profile = _table(_table(data, "profiles"), "compromised")
    for index, name in enumerate(_texts(profile, "customers")):
        if name not in customers:
            yield (*path, "customers", index), f"there is no customer {name!r}{did_you_mean(name, customers)}"
    known = {*sources, *_TAKEN}
    for key in ("sources", "containFirstSources"):
        for index, name in enumerate(_texts(profile, key)):
            if name not in known:
                yield (*path, key, index), f"there is no source {name!r}{did_you_mean(name, known)}"
    accepted = _texts(_table(data, "verification"), "accept") or ["verifiedId", "externalProof"]
    if profile.get("unblock") == "verified" and set(accepted) <= {"managerAttestation"}:
        what = "needs verifiedId, externalProof or callback in [verification] accept: managers are not asked about an unblocking"
        yield (*path, "unblock"), what


def _of_verification(
    general: Mapping[str, Any], customers: Mapping[str, Mapping[str, Any]], sources: Mapping[str, Mapping[str, Any]]
) -> Iterator[Mistake]:
    services = _tables(general, "services")
    for key, service in services.items():
        for index, name in enumerate(_texts(service, "customers")):
            if name not in customers:
                there = f"there is no customer {name!r}{did_you_mean(name, customers)}"
                yield ("verification", "services", key, "customers", index), there
    overrides: list[tuple[Path, Mapping[str, Any]]] = [(("verification",), general)]
    overrides += [(("customers", key, "verification"), _table(each, "verification")) for key, each in customers.items()]
    overrides += [(("sources", key, "verification"), _table(each, "verification")) for key, each in sources.items()]
    for path, table in overrides:
        accepted = _texts(table, "accept")
        if "verifiedId" in accepted and "verifiedId" not in general:
            yield (*path, "accept"), "verifiedId needs the table [verification.verifiedId]"
        if "externalProof" in accepted and not services:
            yield (*path, "accept"), "externalProof needs a table [verification.services.NAME]"
        if _texts(table, "issuers") and "verifiedId" not in general:
            yield (*path, "issuers"), "needs the table [verification.verifiedId]"


def _shared_names(customers: Mapping[str, Mapping[str, Any]]) -> Iterator[Mistake]:
    owners: dict[str, str] = {}
    for key, customer in customers.items():
        domains = _texts(customer, "domains")
        named: list[tuple[Path, str]] = [(("customers", key), key)]
        if isinstance(tenant := customer.get("tenantId"), str):
            named.append((("customers", key, "tenantId"), tenant))
        named += [(("customers", key, "domains", index), name) for index, name in enumerate(domains)]
        for path, name in named:
            owner = owners.setdefault(name.lower(), key)
            if owner != key:
                yield path, f"{name!r} already names the customer {owner!r}"
        if len({name.lower() for name in domains}) < len(domains):
            yield ("customers", key, "domains"), "has a domain twice"


def _repeated(data: Mapping[str, Any], customers: Mapping[str, Mapping[str, Any]]) -> Iterator[Mistake]:
    lists: list[tuple[Path, list[str]]] = [(("approval", "approvers"), _texts(_table(data, "approval"), "approvers"))]
    lists += [(("customers", key, "approvers"), _texts(customer, "approvers")) for key, customer in customers.items()]
    for path, mails in lists:
        if len({mail.lower() for mail in mails}) < len(mails):
            yield path, "names a person twice; each counts once"


def _of_approvers(approval: Mapping[str, Any], customers: Mapping[str, Mapping[str, Any]]) -> Iterator[Mistake]:
    """Groups and on-call tables that are named are there, and an escalation is more careful than what it follows."""
    lists: list[tuple[Path, list[str]]] = [
        (("approval", name), _texts(approval, name)) for name in ("approvers", "escalateTo", "delegates")
    ]
    lists += [(("customers", key, "approvers"), _texts(customer, "approvers")) for key, customer in customers.items()]
    tables = {"group": _table(approval, "groups"), "onCall": _table(approval, "onCall")}
    for path, names in lists:
        for index, name in enumerate(names):
            kind, colon, key = name.partition(":")
            if colon and kind in tables and key not in tables[kind]:
                where = "groups" if kind == "group" else "onCall"
                yield (*path, index), f"there is no {key!r} in approval.{where}{did_you_mean(key, tables[kind])}"
    if "escalateAfter" in approval and not _texts(approval, "escalateTo"):
        yield ("approval", "escalateAfter"), "needs escalateTo: who is asked then"
    quorum = _number(approval, "quorum", 1)
    if _number(approval, "escalationQuorum", quorum + 1) <= quorum:
        yield ("approval", "escalationQuorum"), f"must be more than approval.quorum, which is {quorum}"


def _escalation_quorum(approval: Mapping[str, Any]) -> int:
    return max(_number(approval, "quorum", 1) + 1, _number(approval, "escalationQuorum", 0))


def _too_few_approvers(
    data: Mapping[str, Any], customers: Mapping[str, Mapping[str, Any]], sources: Mapping[str, Mapping[str, Any]]
) -> Iterator[Mistake]:
    approval = _table(data, "approval")
    quorum, general = _number(approval, "quorum", 1), _texts(approval, "approvers")
    for key, customer in customers.items():
        people = {mail.lower() for mail in (_texts(customer, "approvers") or general)}
        able = [source for source in sources.values() if key in (_texts(source, "customers") or [key])]
        # The API always needs approval; only a customer that exempt sources alone reach can do without approvers.
        exempt = bool(able) and all(source.get("approval") == "exempt" for source in able)
        if not people and not exempt:
            yield ("customers", key, "approvers"), "has no approvers: name them here or in approval.approvers"
        elif people and len(people) < quorum and not any(":" in name for name in people):
            yield (
                ("customers", key, "approvers"),
                f"has {len(people)} approver(s), but approval.quorum asks for {quorum}",
            )


def _table(data: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    value = data.get(key)
    return value if isinstance(value, Mapping) else {}


def _tables(data: Mapping[str, Any], key: str) -> dict[str, Mapping[str, Any]]:
    return {name: value for name, value in _table(data, key).items() if isinstance(value, Mapping)}


def _texts(table: Mapping[str, Any], key: str) -> list[str]:
    value = table.get(key)
    return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []


def _number(table: Mapping[str, Any], key: str, default: int) -> int:
    value = table.get(key, default)
    return value if isinstance(value, int) else default
