"""What a person may want to do next."""

from mfa_reset_client.formatting import printable
from mfa_reset_client.languages import texts
from mfa_reset_client.models import ResetRequest, Status

_PURPOSES = texts(
    {
        "wait for the outcome": "wait for the outcome",
        "remind the approvers": "remind the approvers",
        "cancel the request": "cancel the request",
        "cancel the rest": "cancel the rest",
        "see each user": "see each user",
        "request the rest again": "request the rest again",
        "request them again": "request them again",
        "request it again": "request it again",
    }
)
_HINTS: dict[str, list[tuple[str, str]]] = {
    Status.PLANNING: [("wait {id}", "wait for the outcome")],
    Status.AWAITING_APPROVAL: [
        ("wait {id}", "wait for the outcome"),
        ("remind {id}", "remind the approvers"),
        ("cancel {id}", "cancel the request"),
    ],
    Status.RESETTING: [("wait {id}", "wait for the outcome"), ("cancel {id}", "cancel the rest")],
    Status.PARTIALLY_COMPLETED: [("targets {id}", "see each user"), ("retry {id}", "request the rest again")],
    Status.FAILED: [("targets {id}", "see each user"), ("retry {id}", "request them again")],
    Status.EXPIRED: [("retry {id}", "request it again")],
    Status.CANCELLED: [("targets {id}", "see each user"), ("retry {id}", "request the rest again")],
}
_UNDO_HINTS: dict[str, list[tuple[str, str]]] = {
    Status.RESETTING: [
        ("activate {id} --user USER", ""),
        ("wait {id}", "wait for the outcome"),
    ],
    Status.PARTIALLY_COMPLETED: [("targets {id}", "see each user")],
    Status.FAILED: [("targets {id}", "see each user")],
    Status.EXPIRED: [],
    Status.CANCELLED: [],
}


def next_steps(request: ResetRequest) -> list[str]:
    """Return commands that make sense in the request's state, each with what it does."""
    table = {**_HINTS, **_UNDO_HINTS} if request.undo_of else _HINTS
    steps = [(command.format(id=printable(request.id)), purpose) for command, purpose in table.get(request.status, [])]
    return [f"mfa-reset {command}" + (f"  ({_PURPOSES[purpose]})" if purpose else "") for command, purpose in steps]
