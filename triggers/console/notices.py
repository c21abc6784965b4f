"""How long a notice about a request is so."""

from collections.abc import Mapping

_UNDECIDED = ("planning", "awaitingApproval")
# How a request may stand (labels.STANDING) while a notice (console_labels.NOTICE) about it is so.
_WHILE: Mapping[str, tuple[str, ...]] = {
    "created": _UNDECIDED,
    "retried": _UNDECIDED,
    "takenOver": _UNDECIDED,
    "undoSent": _UNDECIDED,
    "reminded": ("awaitingApproval",),
    "remindedRecently": ("awaitingApproval",),
    "cancelling": ("cancelling",),
    "notEnded": ("planning", "awaitingApproval", "approved", "resetting", "cancelling"),
}


def standings_of(notice: str) -> tuple[str, ...]:
    """Return how a request may stand while this notice about it is so; none where the notice is so until the request moves on."""
    return _WHILE.get(notice, ())
