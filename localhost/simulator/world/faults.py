"""Faults on demand: rules that match requests and say how they fail."""

import random
from dataclasses import dataclass, field, fields
from fnmatch import fnmatchcase
from itertools import count as counter
from typing import Any, Literal

from localhost.simulator.protocol.errors import GraphError
from localhost.simulator.protocol.messages import Request


@dataclass(slots=True)
class Rule:
    """Which requests it matches, then its effect. A field that is None or "*" matches everything or has no effect."""

    tenant: str | None = None  # id, short name or domain
    user: str | None = None  # object id or UPN
    method: str = "*"  # HTTP verb
    path: str = "*"  # pattern for the path or the template: "*/phoneMethods/*", "*/oauth2/v2.0/token"
    skip: int = 0  # let this many matching requests pass first
    count: int | None = None  # then hit this many; None: all
    probability: float = 1.0  # by the seeded generator of `Faults`
    batch: bool | None = None  # only inside (True) or outside (False) of $batch
    in_group: bool | None = None  # only for users who are members of a group (True) or of none (False)

    latency: float = 0.0  # seconds
    status: int | None = None
    code: str = "UnknownError"
    message: str = "A fault of the simulator."
    retry_after: float | None = None  # seconds, sent as it is: 90 or 0.5
    wrapped: bool = True  # False: a body without `error`
    applied: bool = False  # True: the change is made, and the error comes all the same
    # The connection ends without a response, before the change is made or after.
    drop: Literal["before", "after"] | None = None
    # How the response is spoiled: "html" sends raw HTML (within a batch, where the part's body would be), "absent" leaves
    # the part out of the batch's responses. [i docs-contrib#3435, msgraph-sdk-java#2472]
    malformed: Literal["html", "absent"] | None = None
    aadsts: int | None = None  # of the token endpoint: an error of protocol/token_errors.py
    # Removals that match stay visible for this many reads, or for so long by the world's clock.
    visible_after_reads: int | None = None
    visible_after_seconds: float | None = None
    id: int = 0
    hits: int = field(default=0, init=False)
    seen: int = field(default=0, init=False)

    def matches(self, request: Request) -> bool:
        if self.count is not None and self.hits >= self.count:
            return False
        if self.method not in {"*", request.verb} or (self.batch is not None and self.batch != request.in_batch):
            return False
        if self.tenant is not None and (request.tenant is None or not request.tenant.named(self.tenant)):
            return False
        if self.aadsts is not None and not request.template.endswith("/oauth2/v2.0/token"):
            return False
        if self.in_group is not None and (request.user is None or bool(request.user.groups) is not self.in_group):
            return False
        if self.user is not None:
            key = self.user.lower()
            if request.user is None or (request.user.id != key and request.user.upn.lower() != key):
                return False
        return self.path == "*" or fnmatchcase(request.path, self.path) or fnmatchcase(request.template, self.path)

    def error(self) -> GraphError | None:
        if self.status is None:
            return None
        headers = {} if self.retry_after is None else {"retry-after": f"{self.retry_after:g}"}
        body = None if self.wrapped else {"Message": self.message}
        return GraphError(self.status, self.code, self.message, headers=headers, wrapped=self.wrapped, body=body)


# Faults that Graph is known for.
KNOWN_FAULTS: dict[str, dict[str, Any]] = {
    # For a while after Entra's signing keys have changed. [i msgraph-sdk-dotnet-core#222]
    "signingKeyInvalid": {
        "status": 401,
        "code": "InvalidAuthenticationToken",
        "message": "Signing key is invalid.",
        "path": "/[vb]*",  # every call of v1.0 and beta
        "count": 1,
    },
    # Members of groups: the cast fails, the unfiltered list works. [s Azure CLI, ICM 392112435]
    "roleCastFails": {
        "status": 500,
        "code": "InternalServerError",
        "message": "An internal server error occurred.",
        "path": "*/transitiveMemberOf/microsoft.graph.directoryRole",
        "in_group": True,
    },
    # One user's authentication methods are locked.
    "methodsLocked": {
        "status": 423,
        "code": "Locked",
        "message": "The resource is locked.",
        "path": "*/authentication/*",
    },
}
RULE_FIELDS = frozenset(f.name for f in fields(Rule) if f.init and f.name != "id")


@dataclass(slots=True)
class Effect:
    latency: float = 0.0
    aadsts: int | None = None
    error: GraphError | None = None
    drop: Literal["before", "after"] | None = None
    applied: bool = False


NOTHING = Effect()


class Faults:
    def __init__(self, seed: int = 1) -> None:
        self.rules: list[Rule] = []
        self._random = random.Random(seed)  # noqa: S311 - faults that repeat, not secrets
        self._ids = counter(1)

    def add_known(self, name: str, **what: Any) -> Rule:
        """Add a fault that Graph is known for, by a name of KNOWN_FAULTS; `what` narrows it down.

        Raises:
            KeyError: there is no such fault.
        """
        return self.add(**(KNOWN_FAULTS[name] | what))

    def add(self, **what: Any) -> Rule:
        """Add a rule, for example `add(status=503, path="*/phoneMethods/*", count=2)`.

        Raises:
            ValueError: a field that no rule has.
        """
        unknown = sorted(set(what) - RULE_FIELDS)
        if unknown:
            raise ValueError(f"a fault has no {', '.join(unknown)}; it has {', '.join(sorted(RULE_FIELDS))}")
        rule = Rule(**what)
        rule.id = next(self._ids)
        self.rules.append(rule)
        return rule

    def remove(self, rule: Rule) -> None:
        self.rules.remove(rule)

    def clear(self) -> None:
        self.rules.clear()

    def reseed(self, seed: int) -> None:
        self._random.seed(seed)

    def effect(self, request: Request) -> Effect:
        """Return the effect on this request: the longest matching latency, the first matching error or drop."""
        if not self.rules:
            return NOTHING
        effect = Effect()
        for rule in self.rules:
            # The latency of the line is paid once per batch; a part pays only for rules that name its path [inf].
            if not rule.matches(request) or (
                rule.latency and request.in_batch and rule.path == "*" and rule.batch is None
            ):
                continue
            rule.seen += 1
            if rule.seen <= rule.skip or (rule.probability < 1 and self._random.random() >= rule.probability):
                continue
            ends = rule.status is not None or rule.drop is not None or rule.aadsts is not None
            if ends and (effect.error or effect.drop or effect.aadsts):
                continue
            rule.hits += 1
            effect.latency = max(effect.latency, rule.latency)
            if ends:
                effect.error, effect.drop, effect.applied = rule.error(), rule.drop, rule.applied
                effect.aadsts = rule.aadsts
            request.malformed = request.malformed or rule.malformed
            if rule.visible_after_reads is not None or rule.visible_after_seconds is not None:
                request.visible_after_reads = rule.visible_after_reads
                request.visible_after_seconds = rule.visible_after_seconds
        return effect
