"""The reset of a request that waits for its time, for its customers' maintenance windows, or goes in waves.

All waits are timers that a cancel ends; what may begin is read from the records after each of them.
"""

from collections.abc import Callable, Sequence

from contracts.workflow import (
    BEGIN_WAVE,
    FIND_OPEN_CUSTOMERS,
    OpenCheck,
    OpenCustomers,
    RequestRef,
    RequestStep,
    TargetsToSettle,
    WaveRef,
    Window,
)
from durable import Context, Step
from orchestrators.app import call_activity
from orchestrators.wake_up import WakeUp

type Reset = Callable[[int, Sequence[Window]], Step[None]]
"""Resets windows; the number tells one call from another."""
type Settle = Callable[[TargetsToSettle], Step[RequestStep]]


def reset_as_scheduled(ctx: Context, request: RequestRef, wake_up: WakeUp, reset: Reset, settle: Settle) -> Step[None]:
    wave = part = 0
    while True:
        begun = yield from call_activity(ctx, BEGIN_WAVE, WaveRef(id=request["id"], wave=wave))
        if begun["next"] == "settle":
            yield from settle(begun)
            return
        if begun["next"] == "end":
            return
        left = begun["windows"]
        while left:
            check = OpenCheck(id=request["id"], customers=list(dict.fromkeys(customer for customer, _, _ in left)))
            found = yield from call_activity(ctx, FIND_OPEN_CUSTOMERS, check)
            if found["stop"]:
                return
            ready, left = _ready(left, found)
            if ready:
                yield from reset(part, ready)
                part += 1
            else:
                yield from wake_up.wait_until(found["until"])
        wave += 1


def _ready(left: Sequence[Window], found: OpenCustomers) -> tuple[list[Window], list[Window]]:
    """Return what may be reset now, and what stays: of a customer whose window may close, one window of targets at a time."""
    ready: list[Window] = []
    later: list[Window] = []
    for window in left:
        customer = window[0]
        begun = customer in found["limited"] and any(customer == other for other, _, _ in ready)
        (ready if customer in found["open"] and not begun else later).append(window)
    return ready, later
