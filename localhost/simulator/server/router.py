"""Finds the handler of a path: a tree of segments, one step each. Starlette's regular expressions cost more."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from urllib.parse import unquote

from localhost.simulator.protocol.messages import Request, Response
from localhost.simulator.protocol.query_options import Accepts
from localhost.simulator.world.world import World

# Graph takes "microsoft.graph.group" [d] and, as its SDK writes it, "graph.group" [m]; also before actions.
CAST = "microsoft.graph."
CASTS = (CAST, "graph.")

Handler = Callable[[World, Request], Response]


@dataclass(frozen=True, slots=True)
class Route:
    template: str
    handler: Handler
    family: str = ""  # "methods" or "directory": how a 403 is worded; "" for what needs no token
    needs: frozenset[str] = frozenset()  # one of these application permissions; none: any token will do
    needs_too: frozenset[str] = frozenset()  # besides, one of these
    removes: bool = False  # removes a method of a user
    accepts: Accepts | None = None  # the query options; None: none of them
    plain: bool = False  # the simulator's own: no faults, no throttling, not in the call log


@dataclass(slots=True)
class Node:
    children: dict[str, "Node"] = field(default_factory=dict)
    name: str = ""  # of the segment that any text matches
    any: "Node | None" = None
    routes: dict[str, Route] = field(default_factory=dict)


class Router:
    def __init__(self) -> None:
        self._root = Node()

    def add(self, verb: str, route: Route) -> None:
        node = self._root
        for part in route.template.strip("/").split("/"):
            if part.startswith("{"):
                if node.any is None:
                    node.any, node.name = Node(), part.strip("{}")
                node = node.any
            else:
                node = node.children.setdefault(part, Node())
        node.routes[verb] = route

    def find(self, verb: str, raw_path: str) -> tuple[Route | None, dict[str, str], str]:
        """Return the route, the values of its names, and the segment that no route has ("": the path is known)."""
        node, names, part = self._root, dict[str, str](), ""
        for part, quoted in _segments(raw_path):
            child = None if quoted else _named(node, part)
            if child is None:
                child = node.any
                # `/users/$x@y.com` is 400: only system options begin with `$`; `/users('$x@y.com')` works. [d: user-get]
                # Parentheses are read as a key or as parameters, also when they are escaped. [m: Microsoft.OData.Core]
                if child is None or not part or (not quoted and (part.startswith("$") or "(" in part)):
                    return None, names, part
                names[node.name] = part
            node = child
        return node.routes.get(verb), names, "" if node.routes else part


def _named(node: Node, part: str) -> Node | None:
    """The child of this name; a cast may be short, and an action may carry the namespace."""
    child = node.children.get(part)
    if child is None and part.startswith(CASTS):
        name = part.rpartition("graph.")[2]
        child = node.children.get(CAST + name) or node.children.get(name)
    return child


def _segments(raw_path: str) -> Iterator[tuple[str, bool]]:
    """The segments of a path, and whether each was a key in parentheses and quotes: `users('x')` is two.

    A path is split before it is decoded: `users/a%2Fb` has two segments. [OData 4.01, URL conventions]
    """
    for part in map(unquote, raw_path.strip("/").split("/")):
        name, opened, key = part.partition("('")
        if opened and key.endswith("')"):
            yield name, False
            yield key[:-2].replace("''", "'"), True
        else:
            yield part, False
