"""The system query options of one request, checked and parsed: see query_options.py."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from localhost.simulator.protocol.filters import Test


@dataclass(frozen=True, slots=True)
class Options:
    """`select` is empty where all default properties are wanted; `expand` maps a relationship to its own select."""

    select: tuple[str, ...] = ()
    where: Test | None = None
    compared: tuple[tuple[str, str], ...] = ()  # operator and property of each comparison in $filter
    search: Test | None = None
    order: str = ""
    descending: bool = False
    counted: bool = False
    expand: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def passes(self, row: Mapping[str, object]) -> bool:
        return (self.where is None or self.where(row)) and (self.search is None or self.search(row))

    def filtered_by(self, operator: str) -> set[str]:
        """The properties that $filter compares with this operator."""
        return {name for used, name in self.compared if used == operator}
