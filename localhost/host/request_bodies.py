"""Read request bodies within limits of time and space, before anything is known of their senders.

What is unfinished is on disk but for its beginning, so that many unfinished bodies take no memory; a body that stays
away is given up, and where too many are unfinished the oldest of them are.
"""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from tempfile import SpooledTemporaryFile

# Kestrel expects 240 bytes a second after 5 seconds (MinRequestBodyDataRate); a pause this long is no slow line.
CHUNK_SECONDS = 10.0
BODY_SECONDS = 60.0
# Unfinished bodies at once. A body usually comes within milliseconds: only those that take longer give way to others.
MOST_AT_ONCE = 64
GIVES_WAY_AFTER = 2.0
# Of one body in memory, and of all unfinished ones on disk.
IN_MEMORY_BYTES = 16 * 1024
MOST_UNFINISHED_BYTES = 256 * 1024 * 1024


class BodyTooLargeError(Exception):
    """The body is larger than its endpoint takes."""


class BodyTimeoutError(Exception):
    """The rest of the body did not come in time."""


class TooManyBodiesError(Exception):
    """Unfinished bodies take all the room there is for them."""


class RequestBodies:
    """The bodies that are being read. `folder` is for what does not stay in memory; None: the system's."""

    def __init__(self, max_body: int, read_at_most: int, folder: Path | None = None) -> None:
        self._max_body = max_body
        self._read_at_most = read_at_most
        self._folder = folder
        self._unfinished: dict[asyncio.Timeout, float] = {}  # with when each began; the oldest comes first
        self._bytes = 0

    async def read(self, chunks: AsyncIterator[bytes]) -> bytes:
        """Return the whole body.

        A body that is too large is read to its end, within reason, and thrown away: a client that is still sending when the
        connection is closed sees a reset instead of the response.

        Raises: BodyTooLargeError, BodyTimeoutError, TooManyBodiesError.
        """
        loop = asyncio.get_running_loop()
        began, kept = loop.time(), 0
        self._make_way(began)
        limit = asyncio.timeout(CHUNK_SECONDS)
        self._unfinished[limit] = began
        try:
            with SpooledTemporaryFile(
                max_size=IN_MEMORY_BYTES, dir=str(self._folder) if self._folder else None
            ) as file:
                async with limit:
                    size = 0
                    async for chunk in chunks:
                        size += len(chunk)
                        if size > self._read_at_most:
                            raise BodyTooLargeError
                        if size <= self._max_body:
                            self._keep(len(chunk))
                            kept += len(chunk)
                            file.write(chunk)
                        limit.reschedule(min(loop.time() + CHUNK_SECONDS, began + BODY_SECONDS))
                if size > self._max_body:
                    raise BodyTooLargeError
                file.seek(0)
                return file.read()
        except TimeoutError:
            raise BodyTimeoutError from None
        finally:
            del self._unfinished[limit]
            self._bytes -= kept

    def _keep(self, size: int) -> None:
        if self._bytes + size > MOST_UNFINISHED_BYTES:
            raise TooManyBodiesError
        self._bytes += size

    def _make_way(self, now: float) -> None:
        """Give up the oldest unfinished bodies where there are too many, if they have had their time."""
        for limit, began in list(self._unfinished.items())[: max(0, len(self._unfinished) + 1 - MOST_AT_ONCE)]:
            if now - began >= GIVES_WAY_AFTER:
                limit.reschedule(now)
