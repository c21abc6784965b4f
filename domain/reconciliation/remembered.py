"""What this process knows already of one tenant, so that a reading does not read the records of everything again.

Only what is written down is remembered. A process that starts knows nothing and judges all of it once more, which changes nothing.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

# As long as entries are read again; what is older is not asked about any more.
_KEPT = timedelta(hours=25)
# Of a tenant with more in a day than this all is forgotten now and then: it is judged again, and takes longer.
_MOST = 200_000


class Remembered:
    """`judged` has the entries that belong to a removal or are an alert, `due` when a removal that has ended is next looked at."""

    def __init__(self) -> None:
        self._judged: dict[str, datetime] = {}
        self._due: dict[str, datetime] = {}

    def is_judged(self, entry_id: str) -> bool:
        return entry_id in self._judged

    def note_judged(self, entries: Iterable[tuple[str, datetime]], now: datetime) -> None:
        """Remember entries, by id and instant, and forget those that are too old to be read again."""
        self._judged.update(entries)
        self._judged = {} if len(self._judged) > _MOST else _later(self._judged, now - _KEPT)

    def is_due(self, place: str, now: datetime) -> bool:
        due = self._due.get(place)
        return due is None or due <= now

    def note_due(self, place: str, at: datetime, now: datetime) -> None:
        if len(self._due) >= _MOST:
            self._due = _later(self._due, now)
        self._due[place] = at

    def forget(self, place: str) -> None:
        self._due.pop(place, None)


def _later(instants: dict[str, datetime], than: datetime) -> dict[str, datetime]:
    return {name: at for name, at in instants.items() if at > than}
