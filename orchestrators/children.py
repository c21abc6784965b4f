"""Sub-orchestrations that do parts of a request's work, so many at once."""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from contracts.workflow import Orchestration, Window
from durable import Context, Step, Task, has_ended, has_failed, start_child, when_any

# How often a part that broke is started anew. It waits for the records by itself, so only a mistake of ours breaks it.
_ANEW = 2
# Parts of a request that are worked on at once, so that the end of one leaves no room unused.
PARTS = 2


@dataclass(frozen=True, slots=True)
class Child[Input]:
    orchestration: Orchestration[Input, Any]
    work: Input
    instance_id: str


def run_children[Part: Child[Any]](ctx: Context, children: Sequence[Part], at_once: int) -> Step[list[Part]]:
    """Run all of them, also where some break; return those that broke each time: they have left something.

    One that is started anew does only what is left.
    """
    left: list[Part] = []
    waiting = deque((child, 0) for child in children)
    running: dict[Task[Any], tuple[Part, int]] = {}
    while waiting or running:
        while waiting and len(running) < at_once:
            child, broken = waiting.popleft()
            name = child.instance_id + (f":again-{broken}" if broken else "")
            running[start_child(ctx, child.orchestration, child.work, name)] = child, broken
        yield when_any([*running])
        for task in [task for task in running if has_ended(task)]:
            child, broken = running.pop(task)
            if has_failed(task) and broken < _ANEW:
                waiting.append((child, broken + 1))
            elif has_failed(task):
                left.append(child)
    return left


def in_parts(windows: Sequence[Window], most: int) -> list[list[Window]]:
    """Return the windows in parts of at most `most`, 0 for all in one. Those of one customer stay together, however many."""
    parts: list[list[Window]] = [[]]
    of_customers: dict[str, list[Window]] = {}
    for window in windows:
        of_customers.setdefault(window[0], []).append(window)
    for own in of_customers.values():
        if most and parts[-1] and len(parts[-1]) + len(own) > most:
            parts.append([])
        parts[-1] += own
    return parts
