"""All queues, topics and subscriptions of one broker, found by their addresses."""

from collections.abc import Iterator
from datetime import datetime
from urllib.parse import unquote, urlsplit

from localhost.servicebus.journal import Journal
from localhost.servicebus.messages import Facts, facts
from localhost.servicebus.options import Layout, QueueOptions, TopicOptions
from localhost.servicebus.queue import Queue

_DEAD_LETTERS = "/$deadletterqueue"


class Namespace:
    def __init__(self, layout: Layout, journal: Journal) -> None:
        self._journal = journal
        self._queues: dict[str, Queue] = {}
        self._topics: dict[str, TopicOptions] = {}
        for name, options in layout.queues.items():
            self._open(name.lower(), options)
        for name, topic in layout.topics.items():
            self._topics[name.lower()] = topic
            for subscription, options in topic.subscriptions.items():
                self._open(f"{name}/subscriptions/{subscription}".lower(), options)

    def _open(self, path: str, options: QueueOptions) -> None:
        # Nothing is locked out of a dead-letter queue: it has no sessions and no dead letters of its own.
        dead_letters = Queue(path + _DEAD_LETTERS, QueueOptions(lock=options.lock), self._journal)
        self._queues[path] = Queue(path, options, self._journal, dead_letters)
        self._queues[path + _DEAD_LETTERS] = dead_letters

    @property
    def queues(self) -> Iterator[Queue]:
        return iter(self._queues.values())

    def queue(self, path: str) -> Queue | None:
        """What can be received from at this path."""
        return self._queues.get(path)

    def takes(self, path: str) -> bool:
        """Whether something can be sent there."""
        return path in self._topics or (path in self._queues and not path.endswith(_DEAD_LETTERS))

    def needs_session(self, path: str) -> bool:
        queue = self._queues.get(path)
        return queue is not None and queue.options.sessions

    def send(self, path: str, raw: bytes, now: datetime) -> list[int]:
        """Put a message into the queue, or into every subscription; the sequence numbers (none for a duplicate)."""
        known = facts(raw)
        if self._is_duplicate(path, known, now):
            return []
        return [_put(queue, raw, known, now) for queue in self._receiving(path)]

    def cancel(self, path: str, sequence: int) -> bool:
        found = [queue.cancel(sequence) for queue in self._receiving(path)]  # in each, so no short cut
        return any(found)

    def tick(self, now: datetime) -> None:
        for queue in self._queues.values():
            queue.tick(now)

    def next_due(self) -> datetime | None:
        return min((due for queue in self._queues.values() if (due := queue.next_due())), default=None)

    def _receiving(self, path: str) -> list[Queue]:
        if (topic := self._topics.get(path)) is not None:
            return [self._queues[f"{path}/subscriptions/{name.lower()}"] for name in topic.subscriptions]
        return [self._queues[path]]

    def _is_duplicate(self, path: str, known: Facts, now: datetime) -> bool:
        options = self._topics.get(path) or self._queues[path].options
        if options.duplicate_window is None or not known.message_id:
            return False
        return not self._journal.first_sight(path, known.message_id, now, now - options.duplicate_window)


def _put(queue: Queue, raw: bytes, known: Facts, now: datetime) -> int:
    if queue.options.sessions and known.session_id is None and queue.dead_letters is not None:
        return queue.dead_letters.put(raw, known, now, ("Session id is null.", "A session id is needed here."))
    return queue.put(raw, known, now)


def path_of(address: str) -> str:
    """`amqps://host/Queue/$management` and `Queue/$management` are the same place."""
    path = urlsplit(address).path if "://" in address else address
    return unquote(path).strip("/").lower()
