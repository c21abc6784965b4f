"""Group commit: one thread writes what changed since it wrote last, so the price of a flush to disk is paid once for many.

It writes at once when a caller waits (`wait`, `hurry`), and otherwise after a short delay: a lost result of an activity
only means that the activity runs again.

A write that fails for a reason that may pass (a full disk) is tried again until it succeeds; nothing after it is
written before it. One that will not pass (a damaged file, a failed flush, after which the state of the disk is unknown)
is reported to `on_broken`, and nothing is written any more.
"""

import logging
import sqlite3
import threading
from collections.abc import Callable

from localhost.durable.sqlite_store import Unit

logger = logging.getLogger("localhost.engine")

RETRY_SECONDS = 1.0
# How long a change that no caller waits for is held back, to be written together with later ones.
_LINGER = 0.05
_BROKEN = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}
_LOST_FLUSH = {sqlite3.SQLITE_IOERR_FSYNC, sqlite3.SQLITE_IOERR_DIR_FSYNC}


class GroupCommit:
    """Changes are numbered from 1. `last` is the number of the latest, `kept` of the last one on disk.

    `collect` returns the number of the last change and all changes since its previous call.
    """

    def __init__(
        self,
        collect: Callable[[], tuple[int, Unit]],
        write: Callable[[Unit], None],
        on_kept: Callable[[int, Unit], None],
        on_broken: Callable[[sqlite3.Error], None],
    ) -> None:
        self._collect = collect
        self._write = write
        self._on_kept = on_kept
        self._on_broken = on_broken
        self._changed = threading.Condition()
        self._hurried = 0
        self._closing = False
        self.last = 0
        self.kept = 0
        self.trouble = ""
        self._thread = threading.Thread(target=self._run, name="engine-writer", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def note(self) -> None:
        """Count a change; `collect` returns it."""
        with self._changed:
            self.last += 1
            if self.last == self.kept + 1:  # else the writer knows that there is something to do
                self._changed.notify_all()

    def hurry(self) -> None:
        """Write what changed up to now without the delay."""
        with self._changed:
            self._hurried = self.last
            self._changed.notify_all()

    def wait(self, number: int, seconds: float | None) -> bool:
        """Whether change `number`, and so all before it, came to disk in time."""
        if self.kept >= number:
            return True
        with self._changed:
            self._hurried = max(self._hurried, number)
            self._changed.notify_all()
            return self._changed.wait_for(lambda: self.kept >= number, seconds)

    def close(self) -> bool:
        """Write what is left, tried once, and end the thread; whether all came to disk."""
        with self._changed:
            self._closing = True
            self._changed.notify_all()
        self._thread.join()
        return self.kept == self.last

    def _run(self) -> None:
        while self._something_to_do():
            number, unit = self._collect()
            if not self._written(unit):
                return
            with self._changed:
                self.kept = number
                self._changed.notify_all()
            self._on_kept(number, unit)

    def _something_to_do(self) -> bool:
        with self._changed:
            self._changed.wait_for(lambda: self.last > self.kept or self._closing)
            self._changed.wait_for(lambda: self._hurried > self.kept or self._closing, _LINGER)
            return self.last > self.kept

    def _written(self, unit: Unit) -> bool:
        while True:
            try:
                self._write(unit)
            except sqlite3.Error as error:
                if not self._may_pass(error):
                    return False
            else:
                break
        if self.trouble:
            logger.warning("the engine's file takes writes again")
            self.trouble = ""
        return True

    def _may_pass(self, error: sqlite3.Error) -> bool:
        code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR)
        if code & 0xFF in _BROKEN or code in _LOST_FLUSH:
            self.trouble = f"the engine's file is broken: {error}"
            self._on_broken(error)
            return False
        if not self.trouble:
            logger.error("the engine's file takes no writes (%s): everything waits until it does", error)
            self.trouble = f"the engine's file takes no writes: {error}"
        with self._changed:
            if self._closing:
                return False
            self._changed.wait_for(lambda: self._closing, RETRY_SECONDS)
        return True
