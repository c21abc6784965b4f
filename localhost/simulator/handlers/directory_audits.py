"""`GET /auditLogs/directoryAudits`, and the service principal that its entries name."""

import re
from collections.abc import Callable
from typing import Any

from localhost.simulator.protocol.errors import GraphError
from localhost.simulator.protocol.filters import bad_filter
from localhost.simulator.protocol.messages import Request, Response, context
from localhost.simulator.protocol.paging import page
from localhost.simulator.world.directory_audits import service_principal_id
from localhost.simulator.world.world import World

# Operators by property, as the resource's page names them. [d resources/directoryaudit]
_DATE = re.compile(r"activityDateTime (eq|ge|le) (\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,7})?Z)")
_TEXT = re.compile(
    r"(activityDisplayName|correlationId|id|loggedByService|initiatedBy/user/(?:id|displayName|userPrincipalName)"
    r"|initiatedBy/app/(?:appId|displayName)) eq '((?:[^']|'')*)'"
)
_STARTS = re.compile(r"startswith\((activityDisplayName|initiatedBy/user/userPrincipalName), ?'((?:[^']|'')*)'\)")
_TARGET = re.compile(r"targetResources/any\( ?(\w+) ?: ?\1/(id|displayName) eq '((?:[^']|'')*)' ?\)")

Row = dict[str, Any]
Test = Callable[[Row], bool]


def list_audits(world: World, request: Request) -> Response:
    """Serve the log with the documented filters, joined by `and`, and `$orderby=activityDateTime`; the latest first [s]."""
    rows = [entry.row() for entry in world.audits.of(request.own_tenant, world.clock())]
    for test in _tests(request.params.get("$filter", "")):
        rows = [row for row in rows if test(row)]
    if request.options.order and not request.options.descending:
        rows.reverse()
    # No page size is documented; that of the sign-ins beside it is 1,000. [inf; d signin-list]
    return page(request, rows, lambda row: row, "auditLogs/directoryAudits", size=world.audits.page, largest=1000)


def list_service_principals(_: World, request: Request) -> Response:
    """Serve `GET /servicePrincipals?$filter=appId eq '...'`: of the application that asks; here there are no others."""
    wanted = re.fullmatch(r"appId eq '([^']*)'", request.params.get("$filter", ""))
    if wanted is None:
        raise GraphError(400, "Request_UnsupportedQuery", "The simulator finds service principals by appId only.")
    own = {"id": service_principal_id(request.own_tenant, request.client_id), "appId": request.client_id}
    names = request.options.select or tuple(own)
    rows = [{name: own.get(name) for name in names}] if wanted[1] == request.client_id else []
    return Response(200, {"@odata.context": context(request, "servicePrincipals"), "value": rows})


def _tests(text: str) -> list[Test]:
    tests: list[Test] = []
    rest = text.strip()
    while rest:
        test, end = _test(rest)
        tests.append(test)
        rest = rest[end:]
        if rest and not rest.startswith(" and "):
            raise bad_filter(f"it is not understood at: {rest}")
        rest = rest.removeprefix(" and ").strip()
    return tests


def _test(text: str) -> tuple[Test, int]:
    if found := _DATE.match(text):
        return _date(found[1], found[2]), found.end()
    if found := _TEXT.match(text):
        name, value = found[1], _unquoted(found[2])
        return (lambda row: str(_value(row, name)).lower() == value), found.end()
    if found := _STARTS.match(text):
        name, value = found[1], _unquoted(found[2])
        return (lambda row: str(_value(row, name)).lower().startswith(value)), found.end()
    if found := _TARGET.match(text):
        name, value = found[2], _unquoted(found[3])
        return (lambda row: any(str(one[name]).lower() == value for one in row["targetResources"])), found.end()
    raise bad_filter(f"it is not understood at: {text}")


def _date(operator: str, text: str) -> Test:
    # Texts of one length and form sort as instants do.
    moment = _seven(text)
    match operator:
        case "ge":
            return lambda row: _seven(row["activityDateTime"]) >= moment
        case "le":
            return lambda row: _seven(row["activityDateTime"]) <= moment
        case _:
            return lambda row: _seven(row["activityDateTime"]) == moment


def _seven(text: str) -> str:
    whole, _, digits = text.removesuffix("Z").partition(".")
    return f"{whole}.{digits.ljust(7, '0')}"


def _unquoted(text: str) -> str:
    return text.replace("''", "'").lower()


def _value(row: Row, path: str) -> Any:
    value: Any = row
    for name in path.split("/"):
        value = value.get(name) if isinstance(value, dict) else None
    return value
