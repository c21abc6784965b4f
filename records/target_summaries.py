"""What became of the targets of a long request that has ended, per window: which of them have which outcome.

Made once, after the end, when outcomes change no more; the follow-up's is made at its own end. What only counts, or names those with
trouble first, then need not read every target.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Literal, NamedTuple

from pydantic import NonNegativeInt, TypeAdapter

from records.reading import read_fields
from records.store import Store

type Of = Literal["outcomes", "followUps"]
type Groups = Mapping[str, Mapping[str, Sequence[int]]]
"""Numbers of targets by customer and by outcome, or by what the follow-up found."""


_WORDS = TypeAdapter(dict[str, list[NonNegativeInt]])


class Grouped(NamedTuple):
    customer: str
    word: str
    numbers: Sequence[int]


class TargetSummaries:
    def __init__(self, store: Store) -> None:
        self._store = store

    async def put(self, request_id: str, of: Of, start: int, groups: Groups) -> None:
        value = {customer: {word: list(found) for word, found in words.items()} for customer, words in groups.items()}
        await self._store.put(request_id, f"{_prefix(of)}{start:06d}", value)

    async def read(self, request_id: str, of: Of) -> dict[int, Groups]:
        """Return what is kept, by the first number of each window; nothing of one that cannot be read."""
        rows = await self._store.scan(request_id, prefix=_prefix(of), limit=1000)
        found = {int(row.key.removeprefix(_prefix(of))): read_fields(_WORDS, row, "TargetSummary") for row in rows}
        return {start: groups for start, groups in found.items() if groups}


def grouped(windows: Mapping[int, Groups]) -> Iterator[Grouped]:
    """Yield the groups of all windows, in the order of the windows."""
    for start in sorted(windows):
        for customer, words in windows[start].items():
            for word, numbers in words.items():
                yield Grouped(customer, word, numbers)


def _prefix(of: Of) -> str:
    return f"summary:{of}:"
