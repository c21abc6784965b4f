"""Why a message did not get out."""


class MessagingError(Exception):
    """`reason` is stable; the text is for people."""

    reason = "notSent"


class AddressNotAllowedError(MessagingError):
    """The receiver's name leads to an address that callbacks must not go to."""

    reason = "addressNotAllowed"


class BusUnavailableError(MessagingError):
    """The Service Bus did not take it. It may have got the message."""

    reason = "busUnavailable"


class NoAnswerError(MessagingError):
    """The receiver could not be reached, or gave no answer in time. It may have got the message."""

    reason = "noAnswer"
