"""System query options: which an endpoint accepts, and the rules of advanced queries on directory objects.

Advanced queries [d: concepts/aad-advanced-queries] need the header `ConsistencyLevel: eventual` and `$count=true`:
`ne`, `not`, `endsWith`, some properties, `$filter` together with `$orderby`, and on the memberships of a user
`$filter`, `$orderby` and casts [d: user-list-transitivememberof]. (Public scripts make casts without them; what is
documented is what we hold callers to.) `$search` needs the header alone, `$count=true`
without the header is ignored silently. Azure AD B2C tenants have no advanced queries at all.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qsl

from localhost.simulator.protocol.errors import GraphError
from localhost.simulator.protocol.filters import Filter, Test, search
from localhost.simulator.protocol.messages import Request
from localhost.simulator.protocol.options import Options
from localhost.simulator.protocol.resource_types import ResourceType

KNOWN = ("$select", "$filter", "$expand", "$orderby", "$top", "$skip", "$count", "$search", "$format", "$skiptoken")
# Values of `in`, and parts of an `or`. Not so in advanced queries. [i microsoft-graph-docs#21098]
_ALTERNATIVES = 15
_EXPANDED = re.compile(r"(\w+)(?:\((.*)\))?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Accepts:
    """What an endpoint accepts. `expand` maps a relationship to the type of what it leads to."""

    type: ResourceType
    options: frozenset[str] = frozenset()
    expand: Mapping[str, ResourceType] = field(default_factory=dict)
    directory: bool = False  # directory objects: the rules of advanced queries apply
    relationship: bool = False  # $filter and $orderby always need the parameters of advanced queries
    cast: bool = False  # the cast itself needs them
    own_filter: bool = False  # the handler reads $filter itself


def parse_options(request: Request, accepts: Accepts) -> Options:
    """Return the query options of a request.

    Raises:
        GraphError: 400, as Graph refuses them: unknown or unsupported options, unknown properties, unsupported
            filters, advanced queries without their parameters.
    """
    _check_syntax(request)
    params = {name: value for name, value in request.params.items() if name.startswith("$")}
    for name in params:
        _check_supported(name, accepts)
    if not params and not accepts.cast:
        return Options()
    counted = params.get("$count", "").lower() == "true" and request.eventual and request.own_tenant.advanced_queries
    if accepts.cast and not counted:
        raise _needs_advanced("cast")
    select = _selected(params.get("$select", ""), accepts.type)
    parsed = Filter(params["$filter"]) if "$filter" in params and not accepts.own_filter else None
    where = parsed.parse() if parsed else None
    order, _, direction = params.get("$orderby", "").partition(" ")
    if parsed:
        _check_filter(parsed, accepts, advanced=counted)
    if order:
        _check_order(order, accepts, advanced=counted, filtered=parsed is not None)
    found = _searched(request, params["$search"], accepts) if "$search" in params else None
    expand = _expanded(params["$expand"], accepts) if "$expand" in params else {}
    if expand and (found or (parsed and parsed.advanced)):
        raise _unsupported("Unsupported Query.")  # $expand is not supported with advanced queries [d]
    return Options(
        select=select,
        where=where,
        compared=tuple(parsed.uses) if parsed else (),
        search=found,
        order=order,
        descending=direction.strip().lower() == "desc",
        counted=counted,
        expand=expand,
    )


def _check_syntax(request: Request) -> None:
    """Refuse what Graph's parser cannot read. [m: Microsoft.OData.Core]"""
    names = [name for name, _ in parse_qsl(request.query, keep_blank_values=True) if name.startswith("$")]
    for name in names:
        if names.count(name) > 1:
            raise _unreadable(
                f"Query option '{name}' was specified more than once, but it must be specified at most once."
            )
    order = request.params.get("$orderby", "").split()
    if len(order) > 2 or (len(order) == 2 and order[1].lower() not in {"asc", "desc"}):
        raise _unreadable(
            f"Syntax error at position {len(request.params['$orderby'])} in '{request.params['$orderby']}'."
        )
    counted = request.params.get("$count", "true")
    if counted.lower() not in {"true", "false"}:
        raise _unreadable(f"'{counted}' is not a valid count option.")


def _unreadable(text: str) -> GraphError:
    return GraphError(400, "BadRequest", text)


def _check_supported(name: str, accepts: Accepts) -> None:
    if name in accepts.options:
        return
    if name not in KNOWN:
        raise GraphError(400, "BadRequest", f"The query parameter '{name}' is not supported.")  # [inf]
    if accepts.directory:
        raise _unsupported("Unsupported Query.")  # [i microsoft-graph-docs#13735]
    option = name.removeprefix("$").capitalize()
    raise GraphError(  # [i microsoft-graph-docs-contrib#2169 #8527]
        400,
        "",
        f"The query specified in the URI is not valid. Query option '{option}' is not allowed. To allow it, set the"
        " 'AllowedQueryOptions' property on EnableQueryAttribute or QueryValidationSettings.",
    )


def _selected(text: str, of_type: ResourceType) -> tuple[str, ...]:
    chosen = tuple(name.strip() for name in text.split(",") if name.strip())
    for name in chosen:
        if name not in of_type.properties:
            raise _no_property(name, of_type, "Parsing OData Select and Expand failed")  # [i davmail#488]
    return chosen


def _check_filter(parsed: Filter, accepts: Accepts, *, advanced: bool) -> None:
    of_type = accepts.type
    if accepts.directory and not advanced and parsed.alternatives > _ALTERNATIVES:
        raise _unsupported(
            "Too many child clauses specified in search filter expression containing 'OR' operators:"
            f" {parsed.alternatives}. Max allowed: {_ALTERNATIVES}."
        )
    for operator, name in parsed.uses:
        if name not in of_type.properties:
            raise _no_property(name, of_type, "Invalid filter clause")
        usual = name in of_type.filters.get(operator, ())
        if not usual and name not in of_type.advanced_filters.get(operator, ()):
            raise _unsupported(  # [d]
                f"Unsupported or invalid query filter clause specified for property '{name}' of resource"
                f" '{of_type.name[:1].upper()}{of_type.name[1:]}'."
            )
        if not usual and not advanced:
            raise _needs_advanced(operator)
    if accepts.directory and not advanced and (parsed.negated or accepts.relationship):
        raise _needs_advanced("not" if parsed.negated else "filter")


def _check_order(order: str, accepts: Accepts, *, advanced: bool, filtered: bool) -> None:
    if order not in accepts.type.properties:
        raise _no_property(order, accepts.type, "Invalid orderby clause")
    if order not in accepts.type.sorts | accepts.type.advanced_sorts:
        raise _unsupported(f"Sorting by '{order}' is not supported.")  # [inf]
    needed = order in accepts.type.advanced_sorts or filtered or accepts.relationship
    if accepts.directory and needed and not advanced:
        raise _unsupported("Sorting not supported for current query.")  # [d: devblogs, May 2020]


def _searched(request: Request, text: str, accepts: Accepts) -> Test:
    if not request.eventual:
        raise _unsupported(  # [d]
            "Request with $search query parameter only works through MSGraph with a special request header:"
            " 'ConsistencyLevel: eventual'"
        )
    if not request.own_tenant.advanced_queries:
        raise _unsupported("Unsupported Query.")
    test, properties = search(text)
    for name in properties:
        if name not in accepts.type.properties:
            raise _no_property(name, accepts.type, "Invalid search clause")
    return test


def _expanded(text: str, accepts: Accepts) -> dict[str, tuple[str, ...]]:
    """One relationship, as `manager`, `manager($select=id)` or `manager($levels=1;$select=id)`."""
    found = _EXPANDED.fullmatch(text.strip())
    if found is None or found[1] not in accepts.expand:
        raise _no_property(found[1] if found else text, accepts.type, "Parsing OData Select and Expand failed")
    inner = dict(part.partition("=")[::2] for part in (found[2] or "").split(";") if part)
    for name in inner:
        if name not in {"$select", "$levels"}:
            raise GraphError(400, "BadRequest", f"The query parameter '{name}' is not supported in $expand.")  # [inf]
    return {found[1]: _selected(inner.get("$select", ""), accepts.expand[found[1]])}


def _no_property(name: str, of_type: ResourceType, what: str) -> GraphError:
    text = f"{what}: Could not find a property named '{name}' on type 'microsoft.graph.{of_type.name}'."
    return GraphError(400, "BadRequest", text)


def _unsupported(text: str) -> GraphError:
    return GraphError(400, "Request_UnsupportedQuery", text)


def _needs_advanced(operator: str) -> GraphError:
    if operator == "ne":
        return _unsupported("Unsupported property filter clause operator 'NotEqualsMatch'.")  # [i docs-contrib#3042]
    spelled = {"endswith": "endsWith", "startswith": "startsWith"}.get(operator, operator)
    return _unsupported(  # [d]
        f"Operator '{spelled}' is not supported because the required parameters might be missing. Try adding"
        " $count=true query parameter and ConsistencyLevel:eventual header. Refer to"
        " https://aka.ms/graph-docs/advanced-queries for more information"
    )
