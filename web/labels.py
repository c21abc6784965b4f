"""Every status, outcome and reason in plain words, for pages and mails. A test keeps it complete.

After a change run scripts/client_labels.py, which copies the words to the client.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta

import languages
from domain.policy.model import Notices
from domain.request.involved import asked_by
from domain.request.reset_request import ResetRequest
from domain.request.schedule import Schedule
from languages import gettext, ngettext, number, texts

STATUS: Mapping[str, str] = texts(
    {
        "planning": "Being prepared",
        "planned": "Dry run finished",
        "awaitingApproval": "Waiting for approval",
        "resetting": "Resetting now",
        "completed": "Completed",
        "partiallyCompleted": "Partly completed",
        "failed": "Failed",
        "denied": "Denied",
        "expired": "Expired",
        "cancelled": "Cancelled",
    }
)

STATUS_TEXT: Mapping[str, str] = texts(
    {
        "planning": "The service is reading which authentication methods the users have. Nothing has been removed.",
        "planned": "This was a dry run: the plan was made and nothing was removed.",
        "awaitingApproval": "Nothing has been removed. Nothing will be before enough approvers have agreed.",
        "resetting": "The request was approved and the authentication methods are being removed.",
        "completed": "Every user was reset, or had nothing to reset.",
        "partiallyCompleted": "Some users were reset and some were not. The requester gets the list.",
        "failed": "No user could be reset. The requester gets the list with the causes.",
        "denied": "An approver denied the request. Nothing was removed.",
        "expired": "No decision was made in time. Nothing was removed. The requester can ask again.",
        "cancelled": "The request was cancelled: nothing further is removed. What was removed before, if anything, stays "
        "removed.",
    }
)

# The same, for the mail to the requester where the words above speak about the requester.
STATUS_TEXT_REQUESTER: Mapping[str, str] = texts(
    STATUS_TEXT,
    {
        "partiallyCompleted": "Some users were reset and some were not. Those that need a look come first below.",
        "failed": "No user could be reset. The causes are below.",
        "expired": "No decision was made in time. Nothing was removed. You can ask again.",
    },
)

# How a request stands, where the status lags behind: `approved` lies between the last approval and the start, `cancelling` between
# a cancel and the end of users whose reset had begun, and `withdrawn` is cancelled before anything was removed.
STANDING: Mapping[str, str] = texts(
    STATUS,
    {
        "approved": "Approved",
        "cancelling": "Cancelling",
        "withdrawn": "Withdrawn",
    },
)

STANDING_TEXT: Mapping[str, str] = texts(
    STATUS_TEXT,
    {
        "cancelling": "No other removal is begun. Users whose reset had begun are read once more, to say what is gone.",
        "approved": "Fully approved. The reset begins in a moment.",
        "withdrawn": "The request was withdrawn before anything was removed.",
    },
)

STANDING_TEXT_REQUESTER: Mapping[str, str] = texts(STANDING_TEXT, STATUS_TEXT_REQUESTER)

TARGET_OUTCOME: Mapping[str, str] = texts(
    {
        "pending": "Not started yet",
        "reset": "Reset",
        "alreadyClear": "Nothing to reset",
        "partiallyReset": "Partly reset",
        "refused": "Refused, not touched",
        "failed": "Failed",
        "cancelled": "Cancelled, not touched",
    }
)

# The outcome `cancelled` by its reason: a user of whom nothing was changed, and why.
UNTOUCHED: Mapping[str, str] = texts(
    {
        "denied": "Not approved",
        "expired": "Not approved in time",
        "withdrawn": "Withdrawn, not touched",
        "excludedByApprover": "Excluded by an approver",
        "takenOver": "Taken over, not touched",
    }
)

# The outcome `refused` by its reason, where no rule refused the user.
REFUSED: Mapping[str, str] = texts({"userNotFound": "Not found"})

METHOD_OUTCOME: Mapping[str, str] = texts(
    {
        "pending": "not started yet",
        "deleted": "removed",
        "deactivated": "deactivated, still assigned",
        "alreadyGone": "was already gone",
        "keptNewer": "kept: registered after the approval",
        "refusedDefault": "still there: it is the default and Microsoft refused to remove it",
        "forbidden": "not removed: the service is not permitted to remove it",
        "throttled": "not removed: Microsoft was too busy",
        "failed": "not removed",
        "unverified": "may still be there: the removal could not be confirmed",
    }
)

# The same for an undo, which activates hardware tokens again and removes nothing.
UNDO_STATUS: Mapping[str, str] = texts(STATUS, {"resetting": "Waiting for the tokens' codes"})

UNDO_STATUS_TEXT: Mapping[str, str] = texts(
    {
        "planning": "The service is reading which hardware tokens the users have. Nothing has been changed.",
        "planned": "This was a dry run: the plan was made and nothing was changed.",
        "awaitingApproval": "Nothing has been changed. No token will be activated before enough approvers have agreed.",
        "resetting": "The undo was approved. Each token is activated once the code that it shows is sent.",
        "completed": "Every hardware token is active again.",
        "partiallyCompleted": "Some users' hardware tokens are active again and some are not.",
        "failed": "Not all hardware tokens of any user are active again.",
        "denied": "An approver denied the undo. Nothing was changed.",
        "expired": "No decision was made in time. Nothing was changed. The requester can ask again.",
        "cancelled": "The undo was cancelled. Tokens that were activated stay active; no further one is.",
    }
)

UNDO_STANDING: Mapping[str, str] = texts(STANDING, UNDO_STATUS)

UNDO_STANDING_TEXT: Mapping[str, str] = texts(
    UNDO_STATUS_TEXT,
    {
        "cancelling": "The undo is being cancelled. Tokens that were activated stay active.",
        "approved": "Fully approved. In a moment the tokens' codes can be sent.",
        "withdrawn": "The undo was withdrawn before any token was activated.",
    },
)

UNDO_TARGET_OUTCOME: Mapping[str, str] = texts(
    TARGET_OUTCOME,
    {
        "pending": "Not active yet",
        "alreadyClear": "Active again",
        "failed": "Not active again",
    },
)

UNDO_METHOD_OUTCOME: Mapping[str, str] = texts(
    METHOD_OUTCOME,
    {
        "pending": "waits for its code",
        "keptNewer": "active again",
        "alreadyGone": "not assigned to this user any more",
        "failed": "not active",
    },
)

METHOD_TYPE: Mapping[str, str] = texts(
    {
        "phone": "Phone number",
        "microsoftAuthenticator": "Microsoft Authenticator",
        "softwareOath": "Authenticator app codes",
        "hardwareOath": "Hardware token",
        "fido2": "Passkey or security key",
        "windowsHelloForBusiness": "Windows Hello",
        "email": "E-mail address",
        "temporaryAccessPass": "Temporary Access Pass",
        "platformCredential": "Platform credential",
        "externalAuthenticationMethod": "External method",
        "password": "Password",
    }
)

REASON: Mapping[str, str] = texts(
    {
        "protectedUser": "This account is protected: the policy never lets it be reset.",
        "privilegedUser": "This account holds an administrator role, and the policy refuses those.",
        "privilegesUnknown": "Whether this account may activate an administrator role cannot be read, and the policy refuses that.",
        "ambiguousUser": "Several users of this customer have this mail address.",
        "guestUser": "This is a guest: its authentication methods belong to its home organization.",
        "disabledUser": "This account is disabled.",
        "userNotFound": "There is no such user in this customer.",
        "ownAccount": "Users cannot ask for a reset of their own account.",
        "duplicateUser": "This user is in the request already.",
        "alreadyRunning": "Another request had asked for this user first and had not ended.",
        "takenOver": "Another request took this user over; nothing was touched here.",
        "notBlocked": "The methods are gone, but sign-in could not be blocked.",
        "unknownCustomer": "The service does not know this customer.",
        "customerNotAllowed": "The source of this request may not act for this customer.",
        "methodNotAllowed": "This customer does not allow resetting this kind of method.",
        "consentMissing": "The customer has not consented to this service yet, or has withdrawn or disabled it.",
        "credentialInvalid": "Microsoft refuses this service's own secret or certificate; it is no fault of the customer's.",
        "conditionalAccess": "A Conditional Access policy of the customer's blocks this service's sign-in.",
        "unknownTenant": "Microsoft knows no tenant with the customer's tenant id.",
        "tokenRejected": "Microsoft did not accept this service's sign-in for longer than the service waits.",
        "customerUnreachable": "The customer's directory could not be reached.",
        "cancelled": "The request was cancelled before this user's turn.",
        "cancelledMidway": "The request was cancelled while this user was being reset.",
        "withdrawn": "The request was withdrawn before it was approved.",
        "wavesStopped": "Too many users of an earlier wave failed, so this one was not begun.",
        "excludedByApprover": "An approver left this user out.",
        "methodsUnreadable": "This user's authentication methods could not be read.",
        "throttled": "Microsoft was too busy for longer than the service waits.",
        "forbidden": "The service is not permitted to do this in the customer's directory.",
        "recordUnreadable": "The service could not read its own record of this user.",
        "notRemoved": "At least one of this user's methods could not be removed.",
        "refusedDefault": "Microsoft keeps the default method while the user has another one that is not part of this reset.",
        "unverified": "Not verified: of a refused user, that they ask for this themselves; otherwise, that the removal was "
        "done.",
        "sessionsNotRevoked": "The methods are gone, but the sign-in sessions could not be ended.",
        "denied": "An approver denied the request.",
        "expired": "No decision was made in time.",
        "requestFailed": "The request failed before this user's turn.",
        "failedMidway": "The request failed while this user was being reset.",
        "internalError": "The service failed at this user; its operators find the cause in its log.",
        "stopped": "The reset was stopped before this user was done.",
        "notReactivated": "The hardware token was not activated again.",
        "partlyReactivated": "Not all of this user's hardware tokens were activated again.",
        "tokenGone": "The hardware token is not assigned to this user any more.",
    }
)

# Why a method stays that the user has.
KEPT: Mapping[str, str] = texts(
    {
        "notInScope": "not part of this reset",
        "methodNotAllowed": "the customer does not allow resetting it",
        "notActive": "assigned, but not active",
        "registeredSince": "registered after the first reset",
        "nothingStrong": "no passkey or other strong method would stay",
    }
)

WARNING: Mapping[str, str] = texts(
    {
        "privilegedUser": "Holds an administrator role. Make sure that the request really comes from this person.",
        "privilegesUnknown": "Whether this user may activate an administrator role could not be read. Treat the user as an "
        "administrator.",
        "foundByMail": "Found by the mail address: the user principal name is another one.",
        "noMethods": "Has nothing to remove. Only the sign-in sessions end.",
        "hardwareToken": "Keeps the hardware token: it is deactivated and has to be activated again.",
        "guestUser": "Is a guest. Sessions in the home organization go on.",
        "disabledUser": "The account is disabled.",
        "numberKept": "Keeps the phone number: no passkey or other strong method would stay. Have the user register one "
        "first.",
        "methodsUnreadable": "Not every kind of method could be read. What was not seen is not removed.",
    }
)

# What a reset means for a user, as far as it could be foreseen.
FORECAST: Mapping[str, str] = texts(
    {
        "mustRegister": "Has to register again as soon as a sign-in asks for MFA; the password is enough for that.",
        "keepsStrongMethod": "Keeps a method that answers a request for MFA, so nothing has to be registered.",
        "passwordOnly": "Nothing makes this user register again: the password alone may be enough to sign in.",
        "cannotRegister": "Cannot register without help, at least from places that are not trusted: a policy blocks it, or asks for"
        " what this user does not keep. A Temporary Access Pass helps.",
        "unknown": "What this user meets at the next sign-in could not be found out. Count on the password alone being "
        "enough.",
    }
)
# Forecasts that ask for something to be done before or right after the reset.
ALARMING_FORECASTS = frozenset({"passwordOnly", "cannotRegister", "unknown"})

# What users and their managers read of it after the reset.
_NOTICE_TO_USER: Mapping[str, str] = texts(
    {
        "mustRegister": "Sign in as you always do. You will be asked to register again: follow the steps.",
        "keepsStrongMethod": "Sign in as you always do, with the method that you still have. You need not register anything.",
        "passwordOnly": "Nothing will ask you to register again, so do it yourself: type mysignins.microsoft.com into your browser,"
        " sign in and choose Security info.",
        "cannotRegister": "You cannot register a new method without help: call %(contact)s.",
        "unknown": "Sign in as you always do. If you are asked to register, follow the steps; if not, do it yourself: type"
        " mysignins.microsoft.com into your browser, sign in and choose Security info.",
    }
)
NOTICE_TO_MANAGER: Mapping[str, str] = texts(
    {
        "mustRegister": "It has to register again when a sign-in asks for it, with the password alone.",
        "keepsStrongMethod": "It keeps a method that answers a request for MFA, so nothing has to be registered.",
        "passwordOnly": "Nothing makes it register again: until it does, the password alone may be enough to sign in.",
        "cannotRegister": "It cannot register a new method without help.",
        "unknown": "Until it registers a new method, the password alone may be enough to sign in.",
    }
)

# What the follow-up found of a user who was reset.
FOLLOW_UP: Mapping[str, str] = texts(
    {
        "registeredSuspicious": "registered again in a way that an attacker would: ask whether it was the user",
        "exposed": "has not registered again: the password alone may be enough to sign in",
        "quick": "registered again within minutes of the reset: ask whether it was the user",
        "registered": "has registered again",
        "phishingResistant": "can sign in with a passkey or another method that phishing cannot take",
        "protected": "has not registered again, and still has another strong method",
        "notYet": "has not registered again yet",
        "unreadable": "could not be looked at",
        "gone": "is not in the directory any more",
    }
)

# What a customer's audit log and our records disagree about.
REMOVAL_ALERT: Mapping[str, str] = texts(
    {
        "unrequestedRemoval": "Removed without a request",
        "surplusRemoval": "More removed than the request did",
        "missingRemoval": "Not in the audit log",
    }
)

# What the provider is warned about, from its partner relationships.
PARTNER_WARNING: Mapping[str, str] = texts(
    {
        "relationshipEnding": "The relationship ends",
        "relationshipEnded": "The relationship has ended",
        "consentLost": "The consent is lost",
    }
)

# What is suspicious about a registration.
SUSPICION: Mapping[str, str] = texts(
    {
        "withinAMinute": "within a minute of the reset",
        "otherCountry": "from another country than before",
        "otherAddress": "from an address never seen before",
        "somebodyElse": "by somebody else",
    }
)

# Why a request needs more care or more approvals than usual.
STEP_UP: Mapping[str, str] = texts(
    {
        "manyTargets": "It is about unusually many users.",
        "manyRequests": "Together with other requests of the last hours it is about unusually many users.",
        "unknownRequester": "The person who asks was not found in any directory, so it is not known whether it is one of the "
        "approvers.",
        "privilegedUser": "It includes accounts with an administrator role.",
        "unverified": "It includes users of whom nothing shows that they ask for it themselves.",
    }
)

DECISION: Mapping[str, str] = texts({"approve": "approved", "deny": "denied"})

# What an approver reads at the top of the state page, by what brought them there.
NOTICE: Mapping[str, str] = texts(
    {
        "approved": "Thank you. Your approval is recorded.",
        "denied": "Thank you. Your denial is recorded, and nothing will be removed.",
        "undoDenied": "Thank you. Your denial is recorded, and no token will be activated.",
        "alreadyDecided": "You have decided already. Your first decision stands.",
        "notPending": "This request can no longer be decided. This is how it stands.",
        "tooLate": "Your decision came too late and was not recorded. This is how the request stands.",
        "planChanged": "The plan changed after this link was sent, so this link decides nothing. This is how the request "
        "stands.",
        "linkExpired": "This link has expired.",
    }
)

# Errors beside the form.
FORM_ERROR: Mapping[str, str] = texts(
    {
        "commentNeeded": "Say why you deny. The requester will read it.",
        "decisionNeeded": "Choose whether to approve or to deny.",
        "answerNeeded": "Choose one of the two answers.",
        "noUserLeft": "You left every user out. Deny the request instead, and say why.",
    }
)

# What a manager reads who was asked about a user and cannot answer any more.
ATTESTATION_STATE: Mapping[str, str] = texts(
    {
        "verified": "This is answered",
        "denied": "This is answered",
        "missing": "Too late",
        "ended": "Nothing to answer",
    }
)
ATTESTATION_STATE_TEXT: Mapping[str, str] = texts(
    {
        "verified": "It is shown that the user asked for it. Thank you.",
        "denied": "The answer is that the user did not ask for it: nothing of theirs is reset. Thank you.",
        "missing": "The time for an answer is over. Nothing was reset on your word.",
        "ended": "The request has ended, or another person answered.",
    }
)

# How a person's identity was shown, the strongest first.
EVIDENCE_KIND: Mapping[str, str] = texts(
    {
        "verifiedId": "Verified ID",
        "externalProof": "verification service",
        "managerAttestation": "manager",
        "callback": "call back",
    }
)

# How it stands with the proof that a user asks for a reset themselves.
VERIFICATION: Mapping[str, str] = texts(
    {
        "waiting": "Waits for proof that this user asks for it",
        "verified": "Verified",
        "denied": "The user did not ask for it",
        "missing": "Not verified: nothing shows that this user asks for it",
    }
)

# Why the plan offers a Temporary Access Pass.
ACCESS_PASS_WHY: Mapping[str, str] = texts(
    {
        "cannotRegister": "because this user cannot register without help",
        "requested": "because the request asks for it",
        "always": "as for every user of a reset",
    }
)
# How it stands with the pass; `{}` is who was shown it.
ACCESS_PASS: Mapping[str, str] = texts(
    {
        "offered": "A Temporary Access Pass is offered after the reset",
        "refused": "No Temporary Access Pass",
        "making": "A Temporary Access Pass is being made",
        "shown": "A Temporary Access Pass was shown",
        "failed": "No Temporary Access Pass could be made",
    }
)
ACCESS_PASS_REASON: Mapping[str, str] = texts(
    {
        "guestUser": "Guests sign in to their own organization, and Microsoft makes no pass for them.",
        "passNotAllowed": "The customer's policy lets this user not sign in with a pass. An administrator of the customer can"
        " add the user to the policy for Temporary Access Pass.",
        "forbidden": "The customer has not consented to the application that makes passes.",
        "consentMissing": "The customer has not consented to the application that makes passes.",
        "refused": "Microsoft refused it: the customer's policy may not allow this lifetime.",
        "notFound": "There is no such user any more.",
        "ownAccount": "You are the user, or the user's manager and the person who asked for the reset: somebody else has to "
        "open it.",
        "notOffered": "The plan of the request offers no pass for this user.",
        "off": "The policy offers no passes any more.",
        "notYet": "The reset of this user has not ended yet.",
        "notReset": "The reset of this user did not end well. Retry it first.",
        "notVerified": "Nothing shows that this user asked for the reset.",
        "tooLate": "The time for it is over. Ask for another reset.",
        "beingMade": "Somebody else asked for it a moment ago. If they were not shown it, try again in two minutes.",
        "alreadyShown": "It was shown before, and it is shown once. Where it was lost, ask for another reset.",
        "alreadyRunning": "Another request is about this user now.",
        "unavailable": "Microsoft did not answer. Try again: what may have been made is removed first.",
        "throttled": "Microsoft asks for a pause. Try again in a minute.",
    }
)

# The problem page: what happened, and what to do next.
PROBLEM: Mapping[str, tuple[str, str]] = texts(
    {
        "badLink": (
            "This link does not work",
            "It is incomplete, or this service did not make it. Open the whole link from the e-mail again.",
        ),
        "wrongNonce": (
            "Please look at the page again",
            "It was open for too long, or opened twice. Nothing was decided. Open the link from the e-mail again.",
        ),
        "wrongOrigin": (
            "This did not come from our page",
            "So it does not count. Nothing was decided. Open the link from the e-mail and decide there.",
        ),
        "notYours": (
            "This decision is not yours",
            "The link is another approver's, or the request is your own or about you. Nothing was decided.",
        ),
        "membershipUnknown": (
            "Your group cannot be read right now",
            (
                "You were asked as a member of a group, and whether you still are cannot be read. Nothing was "
                "decided. Try again later."
            ),
        ),
        "weakSignIn": (
            "Please sign in again, more strongly",
            (
                "The policy asks approvers for a second factor or a passkey, and for a recent sign-in. Nothing was "
                "decided. Sign in again."
            ),
        ),
        "signInNeeded": (
            "Please sign in first",
            "Only a signed-in approver decides. Nothing was decided. Sign in and open the link again.",
        ),
        "lengthRequired": (
            "The form arrived without its content",
            (
                "It came without Content-Length: Azure Functions passes none of it on. Nothing was decided. Try "
                "another browser or network."
            ),
        ),
        "tooLarge": (
            "That was too much",
            "The form was larger than the service accepts. Nothing was decided. Shorten the comment.",
        ),
        "unavailable": (
            "Not possible right now",
            "The service cannot read its records. Nothing was decided. Please try again in a few minutes.",
        ),
    }
)


def say(words: Mapping[str, str], code: str) -> str:
    """Return the words for `code`. A code without words is shown as it is: a decision page must not fail for a missing label."""
    return words.get(code, code)


def method_label(kind: str, label: str) -> str:
    """Return a method's label (domain.methods) as a person reads it: the slot of a phone number in the current language.

    A Temporary Access Pass has none that its type does not say.
    """
    if kind == "temporaryAccessPass":
        return ""
    if kind != "phone":
        return label
    slot, space, masked = label.rpartition(" ")
    slots = {
        "mobile": gettext("mobile"),
        "alternate mobile": gettext("alternate mobile"),
        "office": gettext("office"),
    }
    return f"{slots.get(slot, slot)}{space}{masked}"


_SOURCE: Mapping[str, str] = texts({"api": "by API", "console": "in the console", "servicebus": "through Service Bus"})


def source_words(source: str) -> str:
    """Return how a request came, to stand behind who asked for it: `in the console`, `through helpdesk`."""
    return _SOURCE[source] if source in _SOURCE else gettext("through %(source)s", source=source)


def who_asked(request: ResetRequest) -> str:
    """Return who asked for a request; of two people, the one who signed in stands first."""
    if not request.requested_by:
        return request.requester
    if request.asked_by == asked_by("", request.requested_by):
        return gettext("%(name)s (signed in)", name=request.requested_by)
    return gettext(
        "%(name)s (signed in), on behalf of %(requester)s", name=request.requested_by, requester=request.requester
    )


def target_outcome(outcome: str, reason: str = "", *, undo: bool = False) -> str:
    """Return the words for how a user ended; those of whom nothing was changed are told apart by the reason."""
    if outcome == "cancelled" and reason in UNTOUCHED:
        return UNTOUCHED[reason]
    if outcome == "refused" and reason in REFUSED:
        return REFUSED[reason]
    return say(UNDO_TARGET_OUTCOME if undo else TARGET_OUTCOME, outcome)


def target_outcomes(standing: str, *, undo: bool = False) -> Mapping[str, str]:
    """Return the words for the users of a request that stands so: what is open or untouched goes by the whole request's end."""
    words = UNDO_TARGET_OUTCOME if undo else TARGET_OUTCOME
    open_, untouched = _OF_STANDING.get(standing, (words["pending"], gettext("Not touched")))
    return {**words, "pending": open_, "cancelled": untouched}


def method_outcomes(*, ended: bool, undo: bool = False) -> Mapping[str, str]:
    """Return the words for methods; what was not begun when the request ended never will be."""
    words = UNDO_METHOD_OUTCOME if undo else METHOD_OUTCOME
    return {**words, "pending": gettext("not touched")} if ended else words


# Words for a user who is open, and for one of whom nothing was changed, by the standing of the request.
_OF_STANDING: Mapping[str, tuple[str, str]] = texts(
    {
        "planning": ("Being planned", "Not touched"),
        "planned": ("Would be reset", "Not touched"),
        "awaitingApproval": ("Waiting for approval", "Not touched"),
        "cancelling": ("Not finished yet", "Cancelled, not touched"),
        "cancelled": ("Not touched", "Cancelled, not touched"),
        "denied": ("Not approved", "Not approved"),
        "expired": ("Not approved in time", "Not approved in time"),
        "withdrawn": ("Withdrawn, not touched", "Withdrawn, not touched"),
    }
)


def problem(code: str) -> tuple[str, str]:
    """Return the title and the text of a problem page."""
    return PROBLEM.get(code, PROBLEM["unavailable"])


# What is counted, in the singular, with the texts for one and for many.
_COUNTED: Mapping[str, Callable[[int], str]] = {
    "approval": lambda n: ngettext("%(num)s approval", "%(num)s approvals", n),
    "byte": lambda n: ngettext("%(num)s byte", "%(num)s bytes", n),
    "chosen user": lambda n: ngettext("%(num)s chosen user", "%(num)s chosen users", n),
    "customer": lambda n: ngettext("%(num)s customer", "%(num)s customers", n),
    "day": lambda n: ngettext("%(num)s day", "%(num)s days", n),
    "dry run": lambda n: ngettext("%(num)s dry run", "%(num)s dry runs", n),
    "entry": lambda n: ngettext("%(num)s entry", "%(num)s entries", n),
    "found user": lambda n: ngettext("%(num)s found user", "%(num)s found users", n),
    "hardware token": lambda n: ngettext("%(num)s hardware token", "%(num)s hardware tokens", n),
    "hour": lambda n: ngettext("%(num)s hour", "%(num)s hours", n),
    "matching user": lambda n: ngettext("%(num)s matching user", "%(num)s matching users", n),
    "method": lambda n: ngettext("%(num)s method", "%(num)s methods", n),
    "minute": lambda n: ngettext("%(num)s minute", "%(num)s minutes", n),
    "more line": lambda n: ngettext("%(num)s more line", "%(num)s more lines", n),
    "more user": lambda n: ngettext("%(num)s more user", "%(num)s more users", n),
    "removal": lambda n: ngettext("%(num)s removal", "%(num)s removals", n),
    "request": lambda n: ngettext("%(num)s request", "%(num)s requests", n),
    "role": lambda n: ngettext("%(num)s role", "%(num)s roles", n),
    "time": lambda n: ngettext("%(num)s time", "%(num)s times", n),
    "token": lambda n: ngettext("%(num)s token", "%(num)s tokens", n),
    "user": lambda n: ngettext("%(num)s user", "%(num)s users", n),
}


def count(number: int, one: str, many: str | None = None) -> str:
    """Return `1 user`, `10,000 users`. Only where the count stands alone: within a sentence, `ngettext` has all of it."""
    if one in _COUNTED:
        return _COUNTED[one](number)
    return f"{number:,} {one if number == 1 else many or one + 's'}"


when = languages.when


def duration(length: timedelta) -> str:
    """`7 days`, `36 hours`, `90 minutes`: in the largest unit that it has two or more of, rounded down."""
    for unit, size in (("day", timedelta(days=1)), ("hour", timedelta(hours=1))):
        if length >= 2 * size or length == size:
            return count(length // size, unit)
    return count(length // timedelta(minutes=1), "minute")


def pass_terms(lifetime: timedelta, *, once: bool) -> str:
    """Return what a pass is good for: `good for one sign-in within 1 hour`."""
    if once:
        return gettext("good for one sign-in within %(duration)s", duration=duration(lifetime))
    return gettext("good for any number of sign-ins within %(duration)s", duration=duration(lifetime))


def registering(users: int, again: int) -> str:
    """Return what `again` of the `users` have to do afterwards; nothing where nothing would make them."""
    if not again:
        return ""
    if users == 1:
        return gettext("This person has to register again as soon as a sign-in asks for MFA.")
    if again == users:
        return gettext("They have to register again as soon as a sign-in asks for MFA.")
    return ngettext(
        "%(num)s of them has to register again as soon as a sign-in asks for MFA.",
        "%(num)s of them have to register again as soon as a sign-in asks for MFA.",
        again,
    )


def in_request(users: int, reset: int, excluded: int, untouched: int, *, undo: bool = False) -> str:
    """Return what becomes of the users of a request: `5 users in the request: 3 to reset, 1 excluded, 1 not touched`."""
    parts = [gettext("%(num)s included", num=reset) if undo else gettext("%(num)s to reset", num=reset)]
    parts += [gettext("%(num)s excluded", num=excluded)] if excluded else []
    parts += [gettext("%(num)s not touched", num=untouched)] if untouched else []
    return ngettext(
        "%(num)s user in the request: %(parts)s",
        "%(num)s users in the request: %(parts)s",
        users,
        parts=", ".join(parts),
    )


def refusals(counts: Mapping[str, int]) -> list[str]:
    """Return why users are not touched, a sentence for each reason, the most frequent first; `counts` are users by reason."""
    sentences = []
    for code, users in sorted(counts.items(), key=lambda entry: -entry[1]):
        if code == "userNotFound":
            sentences.append(ngettext("%(num)s user was not found.", "%(num)s users were not found.", users))
        else:
            sentences.append(f"{count(users, 'user')}: {say(REASON, code)}")
    return sentences


def contact(name: str) -> str:
    """Return whom users call: as the policy names them, and in the reader's language where it names no one."""
    return gettext("your service desk") if name == Notices().contact else name


def notice_to_user(forecast: str, name: str) -> str:
    """Return what a user does after the reset; `name` is whom to call."""
    return _NOTICE_TO_USER.get(forecast, _NOTICE_TO_USER["unknown"]) % {"contact": contact(name)}


def alarming_forecasts(counts: Mapping[str, int]) -> str:
    """Return for how many users the reset means trouble, a sentence for each kind; nothing where it does for none."""
    alone, helped, unknown = (counts.get(code, 0) for code in ("passwordOnly", "cannotRegister", "unknown"))
    sentences = []
    if alone:
        sentences.append(
            ngettext(
                "The password alone may be enough for %(num)s user afterwards.",
                "The password alone may be enough for %(num)s users afterwards.",
                alone,
            )
        )
    if helped:
        sentences.append(
            ngettext(
                "%(num)s user cannot register without help.", "%(num)s users cannot register without help.", helped
            )
        )
    if unknown:
        sentences.append(
            ngettext(
                "What %(num)s user meets next could not be found out.",
                "What %(num)s users meet next could not be found out.",
                unknown,
            )
        )
    return " ".join(sentences)


def lasting(removed: int, deactivated: int, undo_within: timedelta) -> str:
    """Return what of it cannot be taken back, for so many methods."""
    within = duration(undo_within)
    if removed and deactivated:
        return gettext(
            "Removed methods cannot be brought back; deactivated tokens can, for %(duration)s.", duration=within
        )
    if removed:
        return gettext("Removed methods cannot be brought back.")
    if deactivated:
        return gettext("Deactivated tokens can be activated again for %(duration)s.", duration=within)
    return ""


def time_left(now: datetime, until: datetime) -> str:
    """Return how long there is still, rounded down, so that it never promises more time than there is."""
    left = until - now
    if left <= timedelta():
        return gettext("no time left")
    if left < timedelta(minutes=1):
        return gettext("less than a minute left")
    if left < timedelta(hours=1):
        return ngettext("%(num)s minute left", "%(num)s minutes left", int(left / timedelta(minutes=1)))
    if left < timedelta(days=2):
        return ngettext("%(num)s hour left", "%(num)s hours left", int(left / timedelta(hours=1)))
    return ngettext("%(num)s day left", "%(num)s days left", left.days)


_THROUGH: Mapping[str, str] = texts(
    {
        "group": "member of the group %(name)s",
        "onCall": "on call: %(name)s",
        "delegateOf": "for %(name)s, who is away",
    }
)


def asked_through(names: Iterable[str]) -> str:
    """Return by what somebody was asked to decide, in words."""
    parts = (name.partition(":") for name in names)
    return ", ".join(_THROUGH[kind] % {"name": key} for kind, _, key in parts if kind in _THROUGH)


_DAY: Mapping[str, str] = texts(
    {
        "mon": "Mon",
        "tue": "Tue",
        "wed": "Wed",
        "thu": "Thu",
        "fri": "Fri",
        "sat": "Sat",
        "sun": "Sun",
    }
)


def schedule_text(schedule: Schedule) -> str:
    """Return in words when an approved request resets; the names of customers are their keys."""
    parts = [gettext("not before %(when)s", when=when(schedule.not_before))] if schedule.not_before else []
    if schedule.waves:
        sizes = gettext(", then ").join(map(number, schedule.waves))
        parts.append(gettext("in waves: first %(sizes)s, then the rest", sizes=sizes))
    if schedule.stop_above is not None:
        parts.append(gettext("stops if more than %(percent)s %% of a wave fail", percent=schedule.stop_above))
    for customer, window in schedule.windows.items():
        days = "" if len(window.days) == 7 else f" ({', '.join(_DAY[day] for day in window.days)})"
        parts.append(
            gettext(
                "%(customer)s only from %(start)s to %(until)s %(zone)s%(days)s",
                customer=customer,
                start=window.start,
                until=window.until,
                zone=window.time_zone,
                days=days,
            )
        )
    return "; ".join(parts)
