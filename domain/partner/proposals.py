"""Proposed files of customers: `customers/KEY.toml`, for a person to review. Nothing here changes the policy in use."""

import json
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from domain.policy.files import FOLDER
from domain.policy.model import Policy
from domain.policy.values import domain_name
from domain.text import clean

_NOT_IN_KEY = re.compile(r"[^a-z0-9]+")
_LONGEST_KEY, _LONGEST_NAME = 40, 100
# No file can be called so on Windows, with any extension. (learn.microsoft.com/windows/win32/fileio/naming-a-file)
_RESERVED = frozenset({"con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in range(10))})
# Legal forms at the end of a name: many customers share one.
_FORMS = frozenset({"inc", "ltd", "llc", "gmbh", "ag", "corp", "co", "bv", "sa", "sarl", "plc", "oy", "ab", "as", "kg"})


class Proposal(NamedTuple):
    """A file for the policy. `taken` are domains of the tenant that another customer of the policy has."""

    key: str
    file: str
    text: str
    taken: tuple[str, ...] = ()


def keys_of(named: Mapping[str, str], policy: Policy) -> dict[str, str]:
    """Return a key for each tenant of `named`, which holds names by tenant id; those of the policy are not given again.

    Two tenants of one name both get a part of their id, so that a key does not depend on who else is new.
    """
    made = {tenant_id: _key(name) for tenant_id, name in named.items()}
    many = Counter(made.values())
    return {
        tenant_id: key
        if key and many[key] == 1 and key not in _RESERVED and policy.find_customer(key) is None
        else f"{key or 'tenant'}-{tenant_id[:8]}"
        for tenant_id, key in made.items()
    }


def propose(key: str, tenant_id: str, name: str, domains: Sequence[str] | None, policy: Policy) -> Proposal:
    """Return the file of a customer. `domains` None: they could not be read, and the file says so.

    The text passes the policy's check together with the rest of the policy, unless [approval] names no approvers: then each
    customer needs its own, and the file says so, too.
    """
    good, taken = _domains(domains or (), policy)
    shown = clean(name, _LONGEST_NAME)
    lines = ["# Proposed from the partner relationship. Review it before it becomes part of the policy."]
    lines += [f"tenantId = {_text(tenant_id)}", f"name = {_text(shown)}" if shown else "# name = "]
    if domains is None:
        lines.append("# domains = []    # could not be read: list the tenant's verified domains here")
    elif good:
        lines.append(f"domains = [{', '.join(map(_text, good))}]")
    lines += [f"# {domain} is not listed: another customer of the policy has it" for domain in taken]
    if not policy.approval.approvers:
        lines.append("# approvers = []    # needed here, because [approval] names none")
    return Proposal(key, f"{FOLDER}/{key}.toml", "\n".join(lines) + "\n", taken)


def patch_of(proposals: Iterable[Proposal]) -> str:
    """Return new files as a patch for `git apply`, to be committed in a branch and reviewed there."""
    return "".join(map(_added, proposals))


def _added(proposal: Proposal) -> str:
    # By the newline alone, as git counts.
    lines = proposal.text.removesuffix("\n").split("\n")
    head = f"diff --git a/{proposal.file} b/{proposal.file}\nnew file mode 100644\n"
    head += f"--- /dev/null\n+++ b/{proposal.file}\n@@ -0,0 +1,{len(lines)} @@\n"
    return head + "".join(f"+{line}\n" for line in lines)


def _domains(domains: Iterable[str], policy: Policy) -> tuple[list[str], tuple[str, ...]]:
    good: dict[str, None] = {}
    taken: dict[str, None] = {}
    for domain in domains:
        try:
            name = domain_name(domain)
        except ValueError:  # a name that the policy would not take
            continue
        (good if policy.find_customer(name) is None else taken)[name] = None
    return list(good), tuple(taken)


def _key(name: str) -> str:
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    words = [word for word in _NOT_IN_KEY.split(plain) if word]
    while len(words) > 1 and words[-1] in _FORMS:
        words.pop()
    return "-".join(words)[:_LONGEST_KEY].strip("-")


def _text(text: str) -> str:
    """Return a text as TOML writes it: its escapes are JSON's, but it takes no DEL, and no halves of surrogate pairs."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
