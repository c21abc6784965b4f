"""One queue or subscription: which receiver gets which message, and how it is settled. No network; time is given."""

import heapq
import secrets
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from uuid import UUID

from localhost.servicebus.journal import Journal, Kept, State
from localhost.servicebus.messages import Facts, facts
from localhost.servicebus.options import QueueOptions


class Outcome(Enum):
    COMPLETE = "completed"
    ABANDON = "abandoned"  # given out again, counted as a failed delivery
    RELEASE = "released"  # given out again, not counted
    DEFER = "defered"  # the spelling of the protocol
    DEAD_LETTER = "suspended"


@dataclass(slots=True)
class SessionLock:
    session_id: str
    until: datetime


@dataclass(slots=True)
class Message:
    """A kept message with its lock. `token` is 16 ASCII characters: Proton takes delivery tags as text only."""

    kept: Kept
    facts: Facts
    token: str = ""
    until: datetime | None = None
    session: SessionLock | None = None

    @property
    def lock_token(self) -> UUID:
        """The token as management operations know it."""
        return UUID(bytes_le=self.token.encode())


class Queue:
    """`dead_letters` is where messages go that are not to be received any more; None for such a queue itself."""

    def __init__(self, path: str, options: QueueOptions, journal: Journal, dead_letters: "Queue | None" = None) -> None:
        self.path = path
        self.options = options
        self.dead_letters = dead_letters
        self._journal = journal
        self._messages: dict[int, Message] = {}  # in order of sequence numbers: nothing is ever put in between
        self._by_token: dict[str, Message] = {}
        self._sessions: dict[str, SessionLock] = {}
        self._due: list[datetime] = []
        for kept in journal.load(path):
            self._add(Message(kept, facts(kept.raw)))

    # --- in ---

    def put(self, raw: bytes, known: Facts, now: datetime, dead_letter: tuple[str, str] | None = None) -> int:
        """The sequence number it got."""
        kept = Kept(self._journal.next_sequence(self.path), raw, enqueued=now, dead_letter=dead_letter)
        if dead_letter is None:
            kept.expires = None if known.time_to_live is None else now + known.time_to_live
            if known.scheduled is not None and known.scheduled > now:
                kept.state, kept.scheduled = State.SCHEDULED, known.scheduled
        self._journal.save(self.path, kept)
        self._add(Message(kept, known))
        return kept.sequence

    def cancel(self, sequence: int) -> bool:
        """Take back a scheduled message; False where there is none."""
        message = self._messages.get(sequence)
        if message is None or message.kept.state is not State.SCHEDULED:
            return False
        self._remove(message)
        return True

    # --- out ---

    def take(self, now: datetime, session: SessionLock | None, *, keep: bool) -> Message | None:
        """The next message, locked, or gone from here unless it is to be kept."""
        for message in self._messages.values():
            if message.token or message.kept.state is not State.ACTIVE:
                continue
            if session is not None and message.facts.session_id != session.session_id:
                continue
            if keep:
                self._lock(message, now, session)
            else:
                self._remove(message)
            return message
        return None

    def take_deferred(self, sequence: int, now: datetime) -> Message | None:
        message = self._messages.get(sequence)
        if message is None or message.token or message.kept.state is not State.DEFERRED:
            return None
        self._lock(message, now, None)
        return message

    def peek(self, first: int, count: int, session_id: str | None) -> list[Message]:
        found: list[Message] = []
        for sequence, message in self._messages.items():
            if len(found) == count:
                break
            if sequence >= first and session_id in {None, message.facts.session_id}:
                found.append(message)
        return found

    # --- settling ---

    def settle(self, token: str, outcome: Outcome, now: datetime, why: tuple[str, str] = ("", "")) -> bool:
        """False: this lock is held no more, so nothing was done. `why`: reason and description of a dead letter."""
        message = self._by_token.get(token)
        if message is None:
            return False
        self._unlock(message)
        match outcome:
            case Outcome.COMPLETE:
                self._remove(message)
            case Outcome.DEAD_LETTER:
                self._bury(message, *why, now)
            case Outcome.DEFER:
                message.kept.state = State.DEFERRED
                self._journal.save(self.path, message.kept)
            case Outcome.ABANDON:
                self._count(message, now)
            case Outcome.RELEASE:
                pass
        return True

    def renew(self, token: str, now: datetime) -> datetime | None:
        """Until when the lock holds now; None if it is lost."""
        message = self._by_token.get(token)
        if message is None:
            return None
        message.until = now + self.options.lock
        self._note(message.until)
        return message.until

    # --- sessions ---

    def accept_session(self, wanted: str | None, now: datetime) -> SessionLock | None:
        """The lock of a session, of the first with a message if none is named; None: there is none to be had."""
        if wanted is None:
            wanted = next((s for s in self._waiting_sessions() if s not in self._sessions), None)
        if wanted is None or wanted in self._sessions:
            return None
        lock = SessionLock(wanted, now + self.options.lock)
        self._sessions[wanted] = lock
        self._note(lock.until)
        return lock

    def renew_session(self, session_id: str, now: datetime) -> datetime | None:
        lock = self._sessions.get(session_id)
        if lock is None:
            return None
        lock.until = now + self.options.lock
        self._note(lock.until)
        return lock.until

    def close_session(self, lock: SessionLock) -> None:
        """Its messages can be received again at once; that counts as no delivery."""
        if self._sessions.get(lock.session_id) is lock:
            del self._sessions[lock.session_id]
            for message in [m for m in self._by_token.values() if m.session is lock]:
                self._unlock(message)

    def holds(self, lock: SessionLock) -> bool:
        return self._sessions.get(lock.session_id) is lock

    def session_state(self, session_id: str) -> bytes | None:
        return self._journal.session_state(self.path, session_id)

    def set_session_state(self, session_id: str, state: bytes | None) -> None:
        self._journal.set_session_state(self.path, session_id, state)

    # --- time ---

    def next_due(self) -> datetime | None:
        """When `tick` should be called next; it may turn out that there is nothing to do then."""
        return self._due[0] if self._due else None

    def tick(self, now: datetime) -> None:
        """End what ran out: locks, lives of messages, waits of scheduled ones."""
        if not self._due or self._due[0] > now:
            return
        while self._due and self._due[0] <= now:
            heapq.heappop(self._due)
        for lock in [lock for lock in self._sessions.values() if lock.until <= now]:
            del self._sessions[lock.session_id]
            for message in [m for m in self._by_token.values() if m.session is lock]:
                self._unlock(message)
                self._count(message, now)
        for message in list(self._messages.values()):
            self._age(message, now)

    def _age(self, message: Message, now: datetime) -> None:
        kept = message.kept
        if message.token and message.session is None and message.until is not None and message.until <= now:
            self._unlock(message)
            self._count(message, now)
        if kept.state is State.SCHEDULED and kept.scheduled is not None and kept.scheduled <= now:
            kept.state = State.ACTIVE
            self._journal.save(self.path, kept)
        if kept.expires is not None and kept.expires <= now and not message.token and kept.sequence in self._messages:
            self._bury(message, "TTLExpiredException", "The message expired and was dead lettered.", now)

    # --- within ---

    def _add(self, message: Message) -> None:
        self._messages[message.kept.sequence] = message
        for when in (message.kept.expires, message.kept.scheduled):
            if when is not None:
                self._note(when)

    def _remove(self, message: Message) -> None:
        del self._messages[message.kept.sequence]
        self._journal.remove(self.path, message.kept.sequence)

    def _lock(self, message: Message, now: datetime, session: SessionLock | None) -> None:
        message.token = secrets.token_hex(8)
        message.session = session
        message.until = now + self.options.lock if session is None else session.until
        self._by_token[message.token] = message
        self._note(message.until)

    def _unlock(self, message: Message) -> None:
        del self._by_token[message.token]
        message.token, message.until, message.session = "", None, None

    def _count(self, message: Message, now: datetime) -> None:
        message.kept.deliveries += 1
        if self.dead_letters is not None and message.kept.deliveries >= self.options.max_deliveries:
            detail = f"Message could not be consumed after {self.options.max_deliveries} delivery attempts."
            self._bury(message, "MaxDeliveryCountExceeded", detail, now)
        else:
            self._journal.save(self.path, message.kept)

    def _bury(self, message: Message, reason: str, description: str, now: datetime) -> None:
        # In this order: after a crash between the two the message is in both places, never in none.
        if self.dead_letters is not None:
            self.dead_letters.put(message.kept.raw, message.facts, now, (reason, description))
        self._remove(message)

    def _note(self, when: datetime) -> None:
        heapq.heappush(self._due, when)

    def _waiting_sessions(self) -> list[str]:
        return [
            m.facts.session_id
            for m in self._messages.values()
            if m.facts.session_id is not None and not m.token and m.kept.state is State.ACTIVE
        ]
