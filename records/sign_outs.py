"""Sign-outs: which sessions were ended before their time, so that a copy of a cookie does not outlive them."""

import hashlib
from datetime import datetime

from records.reading import written_at
from records.store import Store

_PARTITION = "sign-outs"
_PAGE = 1000


class SignOuts:
    """`session` is whatever names one: a cookie, or the account of a platform's session."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def end(self, session: str, at: datetime) -> None:
        await self._store.put(_PARTITION, _key(session), {"at": at.isoformat()})

    async def ended_at(self, session: str, now: datetime) -> datetime | None:
        """Return when a session ended, None where it did not. Where that cannot be read it ends now, and stays ended."""
        row = await self._store.get(_PARTITION, _key(session))
        return await written_at(self._store, row, now) if row else None

    async def purge(self, before: datetime, now: datetime) -> None:
        """Remove sign-outs from before then: the sessions have expired by themselves."""
        after = ""
        while rows := await self._store.scan(_PARTITION, after=after, limit=_PAGE):
            for row in rows:
                if await written_at(self._store, row, now) < before:
                    await self._store.delete(row)
            after = rows[-1].key


def _key(session: str) -> str:
    return hashlib.sha256(session.encode("utf-8", "surrogatepass")).hexdigest()
