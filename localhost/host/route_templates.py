"""Azure's route templates (`requests/{id}`, `{id:guid}`, `{name?}`, `{*rest}`) as patterns to match paths with."""

import re
from dataclasses import dataclass

from localhost.errors import UnsupportedFunctionError

# The constraints that Azure's documentation names and that a pattern can express; a value stays text.
_CONSTRAINTS = {
    "": r"[^/]+",
    "alpha": r"[A-Za-z]+",
    "bool": r"(?:[Tt]rue|[Ff]alse)",
    "guid": r"[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}",
    "int": r"-?[0-9]+",
    "long": r"-?[0-9]+",
}
# Of the constraints with an argument the one that the app uses: no character at all, which makes a route of the empty path.
_CONSTRAINTS["maxlength(0)"] = ""
_PARAMETER = re.compile(r"^\{(?P<rest>\*?)(?P<name>\w+)(?::(?P<constraint>\w+(?:\(\d+\))?))?(?P<optional>\??)\}$")


@dataclass(frozen=True, slots=True)
class Route:
    """`rank` sorts routes: literal segments before constrained parameters, those before free ones, `{*rest}` last."""

    template: str
    pattern: re.Pattern[str]
    rank: tuple[int, ...]

    def match(self, path: str) -> dict[str, str] | None:
        """The route's parameters if it is the path's route, in whatever case; `path` is decoded, without a leading slash."""
        found = self.pattern.fullmatch(path)
        return None if found is None else {name: value for name, value in found.groupdict().items() if value}


def parse_route(template: str) -> Route:
    """Raises: UnsupportedFunctionError for a segment or constraint that this host does not know."""
    pattern, rank = "", []
    for segment in filter(None, template.split("/")):
        slash = "/" if pattern else ""
        if "{" not in segment:
            pattern += slash + re.escape(segment)
            rank.append(0)
            continue
        parameter = _PARAMETER.match(segment)
        if parameter is None or (parameter["constraint"] or "") not in _CONSTRAINTS:
            raise UnsupportedFunctionError(f"route {template}: the local host cannot read '{segment}'")
        if parameter["rest"]:
            pattern += f"(?:{slash}(?P<{parameter['name']}>.*))?"
            rank.append(3)
            continue
        value = f"{slash}(?P<{parameter['name']}>{_CONSTRAINTS[parameter['constraint'] or '']})"
        pattern += f"(?:{value})?" if parameter["optional"] else value
        rank.append(1 if parameter["constraint"] else 2)
    return Route(template, re.compile(pattern, re.IGNORECASE), tuple(rank))
