"""How the verification of a window of targets stands, so that a long request need not read all of them whenever one is verified.

Whatever changes a target's verification writes its window's row over in the same transaction. So a row that says something holds,
and one that was written while its window was read is read again.
"""

import hashlib
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import NamedTuple

from pydantic import NonNegativeInt, TypeAdapter

from domain.model import Model
from domain.request.plan import WINDOW
from domain.request.target import Target
from records.reading import WrittenInstant, read_fields, read_row
from records.removing import remove_with_prefix
from records.store import Row, Store

_PREFIX = "verification:"
_USERS = "verificationusers:"
# Characters of a name's hash.
_HASHED = 16
_NUMBER = TypeAdapter(NonNegativeInt)


class _KeptWindow(Model):
    states: dict[str, NonNegativeInt]
    until: WrittenInstant | None
    fresh_until: WrittenInstant | None


class WindowVerification(NamedTuple):
    """`states` counts targets per state. `until`: when the first of those that wait has waited for long enough, None: none waits.

    `fresh_until`: how long all evidence of the window is young enough, None: there is none.
    """

    states: Mapping[str, int]
    until: datetime | None = None
    fresh_until: datetime | None = None

    def is_due(self, now: datetime) -> bool:
        """Return whether time alone changes something."""
        is_over = self.until is not None and now >= self.until
        return is_over or (self.fresh_until is not None and now > self.fresh_until)


def unread_windows(starts: Iterable[int], windows: Mapping[int, WindowVerification], now: datetime) -> list[int]:
    """Return those of the windows that begin at `starts` in which something may have changed."""
    return [start for start in starts if start not in windows or windows[start].is_due(now)]


class VerificationWindows:
    def __init__(self, store: Store) -> None:
        self._store = store

    async def read(self, request_id: str) -> dict[int, WindowVerification]:
        """Return the windows that are known, by their first targets. One that cannot be read is read from its targets again."""
        rows = await self._store.scan(request_id, prefix=_PREFIX, limit=1000)
        found = {int(row.key.removeprefix(_PREFIX)): read_row(_KeptWindow, row) for row in rows if row.value}
        return {
            start: WindowVerification(kept.states, kept.until, kept.fresh_until)
            for start, kept in found.items()
            if kept is not None
        }

    async def keep_users(self, request_id: str, start: int, names: Mapping[str, int]) -> None:
        """Keep which target of a window each name is, once: after the plan was made they stay. Names are kept as hashes."""
        key = f"{_USERS}{start:06d}"
        if await self._store.get(request_id, key) is None:
            await self._store.insert(request_id, key, {_hash(name): number for name, number in names.items()})

    async def find_user(self, request_id: str, names: Iterable[str], starts: Collection[int]) -> set[int] | None:
        """Return the numbers of the targets that have one of these names; None: look in all.

        So it is where not all windows that begin at `starts` are kept, or one of them cannot be read.
        """
        rows = await self._store.scan(request_id, prefix=_USERS, limit=1000)
        if {int(row.key.removeprefix(_USERS)) for row in rows} != set(starts):
            return None
        windows = [read_fields(_NUMBER, row, "VerificationUsers") for row in rows]
        wanted = [_hash(name) for name in names]
        found: set[int] = set()
        for window in windows:
            if not window or not all(len(name) == _HASHED for name in window):
                return None
            found |= {window[name] for name in wanted if name in window}
        return found

    async def forget_users(self, request_id: str) -> None:
        """Remove what `keep_users` kept."""
        await remove_with_prefix(self._store, request_id, _USERS)

    async def begin(self, request_id: str, start: int) -> Row:
        """Return the row of a window that is about to be read."""
        while (row := await self._store.get(request_id, _key(start))) is None:
            await self._store.insert(request_id, _key(start), {})
        return row

    async def end(self, begun: Row, found: WindowVerification) -> None:
        """Keep what was read since `begin`, unless something has changed in between."""
        value = {
            "states": dict(found.states),
            "until": found.until.isoformat() if found.until else None,
            "freshUntil": found.fresh_until.isoformat() if found.fresh_until else None,
        }
        await self._store.replace(begun, value)


def changes_verification(before: Target, after: Target) -> bool:
    """Return whether a write to a target changes how its window stands."""
    return _standing(before) != _standing(after)


def verification_key(number: int) -> str:
    """Return the key of the row of a target's window; an empty one is written where its verification changes."""
    return _key(number - number % WINDOW)


def _standing(target: Target) -> object:
    verification = target.verification
    return verification and (verification.state, verification.until, verification.evidence, target.settled)


def _hash(name: str) -> str:
    """Return what a name is kept as. Names of 500 users are 15 KB so; two that meet are told apart by the target itself."""
    return hashlib.sha256(name.encode()).hexdigest()[:_HASHED]


def _key(start: int) -> str:
    return f"{_PREFIX}{start:06d}"
