"""Threads that wait until an instance is in a certain state."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from localhost.durable.instances import Instance


@dataclass(eq=False, slots=True)
class Waiter[T]:
    """`view` makes the result from an instance, and None until the instance is as wanted."""

    view: Callable[[Instance], T | None]
    result: T | None = None
    _ready: threading.Event = field(default_factory=threading.Event)

    def wait(self, seconds: float) -> T | None:
        self._ready.wait(seconds)
        return self.result

    def look(self, instance: Instance) -> bool:
        """Whether the instance is as wanted; the waiting thread then goes on."""
        self.result = self.view(instance)
        if self.result is not None:
            self._ready.set()
        return self.result is not None

    def give_up(self) -> None:
        self._ready.set()


class Waiters:
    """Used under the engine's lock; only `Waiter.wait` is called without it."""

    def __init__(self) -> None:
        self._waiting: dict[str, list[Waiter[Any]]] = {}
        self._closed = False

    def add(self, instance_id: str, waiter: Waiter[Any]) -> None:
        if self._closed:
            waiter.give_up()
        self._waiting.setdefault(instance_id, []).append(waiter)

    def remove(self, instance_id: str, waiter: Waiter[Any]) -> None:
        left = [each for each in self._waiting.pop(instance_id, []) if each is not waiter]
        if left:
            self._waiting[instance_id] = left

    def notify(self, instance: Instance) -> None:
        waiting = self._waiting.pop(instance.instance_id, [])
        if left := [waiter for waiter in waiting if not waiter.look(instance)]:
            self._waiting[instance.instance_id] = left

    def give_up(self) -> None:
        """Let every thread go on with nothing: each holds a thread of the gRPC server, and so the process."""
        self._closed = True
        for waiters in self._waiting.values():
            for waiter in waiters:
                waiter.give_up()
        self._waiting.clear()
