# ruff: noqa: E501
"""Every status, outcome and reason in the words of the service's pages. scripts/client_labels.py writes this file."""

from collections.abc import Mapping

from mfa_reset_client.languages import texts

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

UNTOUCHED: Mapping[str, str] = texts(
    {
        "denied": "Not approved",
        "expired": "Not approved in time",
        "withdrawn": "Withdrawn, not touched",
        "excludedByApprover": "Excluded by an approver",
        "takenOver": "Taken over, not touched",
    }
)

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

EVENT: Mapping[str, str] = texts(
    {
        "accepted": "Request accepted",
        "verificationAsked": "Proof of users asked for",
        "managerAsked": "Manager asked by mail",
        "evidenceRecorded": "Proof of a user recorded",
        "evidenceRefused": "A proof was refused",
        "verificationDenied": "A user did not ask for it",
        "verificationEnded": "No more proof waited for",
        "accessPassShown": "Temporary Access Pass shown",
        "accessPassFailed": "No Temporary Access Pass could be made",
        "planned": "Plan made",
        "approvalMailSent": "Approver asked by mail",
        "reminderSent": "Approver reminded by mail",
        "waveBegun": "Wave begun",
        "wavesStopped": "Stopped: too many users of a wave failed",
        "escalated": "More approvers asked",
        "delegateAsked": "Somebody asked in place of an approver who is away",
        "mailFailed": "A mail could not be sent",
        "mailBounced": "A mail to an approver came back",
        "decided": "Decision made",
        "denied": "Request denied",
        "expired": "Request expired",
        "cancelled": "Request cancelled",
        "planChanged": "Plan found changed",
        "resetting": "Reset started",
        "cancelAccepted": "Cancellation accepted",
        "contained": "Users blocked and signed out",
        "releaseAsked": "Unblocking, or dismissing a risk, asked for",
        "released": "Users unblocked, or their risk dismissed",
        "undoAsked": "Undo asked for",
        "tokenActivated": "Hardware token activated again",
        "tokenCodeRefused": "A wrong code was sent for a hardware token",
        "restarted": "Started again after a fault of the service",
        "ended": "Request ended",
        "targetsEnded": "Users finished",
        "outcomeMailSent": "Outcome mailed",
        "followUpMailSent": "Follow-up mailed",
        "removalAlert": "The customer's audit log disagrees",
        "followedUp": "Looked again at who has registered",
        "approvalMailsAskedAgain": "Mails to the approvers asked for again",
        "mailsAskedAgain": "Failed mails asked for again",
        "callbackDelivered": "The ticket system was notified",
        "callbackFailed": "The ticket system could not be notified",
        "teamsMessageAccepted": "Message to the approvers' Teams channel accepted for delivery",
        "teamsMessageFailed": "Message to the approvers' Teams channel not delivered",
        "presentationRequested": "Verified ID code shown",
        "takenOver": "User taken over by another request",
        "personDeleted": "Personal data deleted",
        "eventLost": "The Service Bus did not take an event",
        "userNoticesSent": "Users notified by mail",
    }
)

UNDO_STATUS: Mapping[str, str] = texts(
    {
        "planning": "Being prepared",
        "planned": "Dry run finished",
        "awaitingApproval": "Waiting for approval",
        "resetting": "Waiting for the tokens' codes",
        "completed": "Completed",
        "partiallyCompleted": "Partly completed",
        "failed": "Failed",
        "denied": "Denied",
        "expired": "Expired",
        "cancelled": "Cancelled",
    }
)

UNDO_TARGET_OUTCOME: Mapping[str, str] = texts(
    {
        "pending": "Not active yet",
        "reset": "Reset",
        "alreadyClear": "Active again",
        "partiallyReset": "Partly reset",
        "refused": "Refused, not touched",
        "failed": "Not active again",
        "cancelled": "Cancelled, not touched",
    }
)

UNDO_METHOD_OUTCOME: Mapping[str, str] = texts(
    {
        "pending": "waits for its code",
        "deleted": "removed",
        "deactivated": "deactivated, still assigned",
        "alreadyGone": "not assigned to this user any more",
        "keptNewer": "active again",
        "refusedDefault": "still there: it is the default and Microsoft refused to remove it",
        "forbidden": "not removed: the service is not permitted to remove it",
        "throttled": "not removed: Microsoft was too busy",
        "failed": "not active",
        "unverified": "may still be there: the removal could not be confirmed",
    }
)

UNDO_EVENT: Mapping[str, str] = texts(
    {
        "accepted": "Undo accepted",
        "verificationAsked": "Proof of users asked for",
        "managerAsked": "Manager asked by mail",
        "evidenceRecorded": "Proof of a user recorded",
        "evidenceRefused": "A proof was refused",
        "verificationDenied": "A user did not ask for it",
        "verificationEnded": "No more proof waited for",
        "accessPassShown": "Temporary Access Pass shown",
        "accessPassFailed": "No Temporary Access Pass could be made",
        "planned": "Plan made",
        "approvalMailSent": "Approver asked by mail",
        "reminderSent": "Approver reminded by mail",
        "waveBegun": "Wave begun",
        "wavesStopped": "Stopped: too many users of a wave failed",
        "escalated": "More approvers asked",
        "delegateAsked": "Somebody asked in place of an approver who is away",
        "mailFailed": "A mail could not be sent",
        "mailBounced": "A mail to an approver came back",
        "decided": "Decision made",
        "denied": "Request denied",
        "expired": "Request expired",
        "cancelled": "Request cancelled",
        "planChanged": "Plan found changed",
        "resetting": "Undo approved",
        "cancelAccepted": "Cancellation accepted",
        "contained": "Users blocked and signed out",
        "releaseAsked": "Unblocking, or dismissing a risk, asked for",
        "released": "Users unblocked, or their risk dismissed",
        "undoAsked": "Undo asked for",
        "tokenActivated": "Hardware token activated again",
        "tokenCodeRefused": "A wrong code was sent for a hardware token",
        "restarted": "Started again after a fault of the service",
        "ended": "Undo ended",
        "targetsEnded": "Users finished",
        "outcomeMailSent": "Outcome mailed",
        "followUpMailSent": "Follow-up mailed",
        "removalAlert": "The customer's audit log disagrees",
        "followedUp": "Looked again at who has registered",
        "approvalMailsAskedAgain": "Mails to the approvers asked for again",
        "mailsAskedAgain": "Failed mails asked for again",
        "callbackDelivered": "The ticket system was notified",
        "callbackFailed": "The ticket system could not be notified",
        "teamsMessageAccepted": "Message to the approvers' Teams channel accepted for delivery",
        "teamsMessageFailed": "Message to the approvers' Teams channel not delivered",
        "presentationRequested": "Verified ID code shown",
        "takenOver": "User taken over by another request",
        "personDeleted": "Personal data deleted",
        "eventLost": "The Service Bus did not take an event",
        "userNoticesSent": "Users notified by mail",
    }
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

FORECAST: Mapping[str, str] = texts(
    {
        "mustRegister": "Has to register again as soon as a sign-in asks for MFA; the password is enough for that.",
        "keepsStrongMethod": "Keeps a method that answers a request for MFA, so nothing has to be registered.",
        "passwordOnly": "Nothing makes this user register again: the password alone may be enough to sign in.",
        "cannotRegister": "Cannot register without help, at least from places that are not trusted: a policy blocks it, or asks for what this user does not keep. A Temporary Access Pass helps.",
        "unknown": "What this user meets at the next sign-in could not be found out. Count on the password alone being enough.",
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
        "unverified": "Not verified: of a refused user, that they ask for this themselves; otherwise, that the removal was done.",
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
        "passNotAllowed": "The customer's policy lets this user not sign in with a pass. An administrator of the customer can add the user to the policy for Temporary Access Pass.",
        "forbidden": "The customer has not consented to the application that makes passes.",
        "consentMissing": "The customer has not consented to the application that makes passes.",
        "refused": "Microsoft refused it: the customer's policy may not allow this lifetime.",
        "notFound": "There is no such user any more.",
        "ownAccount": "You are the user, or the user's manager and the person who asked for the reset: somebody else has to open it.",
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

FAILURE: Mapping[str, str] = texts(
    {
        "unknownRequester": "The person who asks was found in no directory, and the policy refuses such requests.",
        "approverGroupUnreadable": "A group of approvers cannot be read, so it is not known who may decide.",
        "notEnoughApprovers": "The policy names too few approvers for this request.",
        "recordUnreadable": "The service's own record of this request cannot be read.",
        "planChanged": "The recorded plan is not the one that was approved, so nothing was removed.",
    }
)

CONTAINMENT: Mapping[str, str] = texts(
    {
        "blocked": "Block sign-in",
        "sessionsRevoked": "End sessions",
        "riskConfirmed": "Confirm as compromised",
        "unblocked": "Unblock sign-in",
        "riskDismissed": "Dismiss the risk",
    }
)

ACTION_OUTCOME: Mapping[str, str] = texts(
    {
        "pending": "not done yet",
        "awaitingApproval": "after the approval",
        "done": "done",
        "already": "was so already",
        "refused": "refused",
        "forbidden": "Microsoft does not permit it",
        "failed": "failed",
    }
)

CONTAINMENT_REASON: Mapping[str, str] = texts(
    {
        "disabledBefore": "the account was disabled before and stays so",
        "blockedBefore": "another request has blocked it",
        "notBlocked": "this request does not block it",
        "blockLimit": "more users than the policy lets be blocked before an approval",
        "notApproved": "no one approved the request",
        "heldByRequest": "another request keeps it blocked",
        "blockUnreadable": "the record of who blocked it cannot be read; unblock it in the admin center",
        "byRequest": "by another request",
        "verified": "the user is verified",
        "unverified": "nothing shows yet that it is the user who asks",
        "riskNotConfirmed": "its risk was not confirmed by this request",
        "askedAlready": "it was asked for already",
        "noSuchUser": "the request has no such user",
        "ownAccount": "no one unblocks their own account",
        "protectedUser": "the policy protects this account",
        "privilegedUser": "it holds an administrator role",
        "privilegesUnknown": "whether it may activate an administrator role could not be read",
        "guestUser": "it belongs to another organization",
        "userNotFound": "there is no such user",
        "ambiguousUser": "several users have this mail address",
        "duplicateUser": "the user is in the request already",
        "alreadyRunning": "another request holds this user",
        "forbidden": "the service lacks a permission, a role or, for the risk, a P2 license",
        "refusedByGraph": "Microsoft refused it; of a synchronized account the directory on premises decides",
        "throttled": "Microsoft was too busy",
        "customerUnreachable": "the customer's directory did not answer",
    }
)

UNREACHABLE: Mapping[str, str] = texts(
    {
        "consentMissing": "The customer has not consented to this service, or has withdrawn or disabled it. An administrator of the customer can consent again.",
        "credentialInvalid": "Microsoft refuses this service's own secret or certificate. The operators of this service have to renew it; customers can do nothing.",
        "conditionalAccess": "A Conditional Access policy of the customer's blocks this service's sign-in. An administrator of the customer can exclude the service from it.",
        "unknownTenant": "Microsoft knows no tenant with this tenant id. Correct it in the policy.",
        "tokenRejected": "Microsoft does not accept this service's sign-in right now. Refresh in a few minutes.",
        "customerUnreachable": "Its directory does not answer right now. Refresh to try again.",
        "throttled": "Microsoft asks for a pause for this customer. Refresh in a minute.",
        "forbidden": "The service lacks a permission there. Consent again to all permissions of the service.",
        "userNotFound": "The account is not there any more.",
        "methodsUnreadable": "This user could not be read. Look at the user in the customer's admin center.",
        "noLicence": "This filter needs Microsoft's registration report, which this customer has no licence for.",
    }
)

FOLLOW_UP: Mapping[str, str] = texts(
    {
        "registeredSuspicious": "Suspicious",
        "exposed": "Exposed",
        "quick": "Registered quickly",
        "notYet": "Not yet",
        "unreadable": "Not seen",
        "phishingResistant": "Phishing-resistant",
        "protected": "Still protected",
        "registered": "Registered again",
        "gone": "No longer there",
    }
)

SUSPICION: Mapping[str, str] = texts(
    {
        "withinAMinute": "within a minute of the reset",
        "otherCountry": "from another country than before",
        "otherAddress": "from an address never seen before",
        "somebodyElse": "by somebody else",
    }
)

LOOKUP: Mapping[str, str] = texts(
    {
        "ambiguous": "Ambiguous",
        "unknown": "Unknown",
        "invalid": "Not readable",
        "unread": "Customer away",
        "duplicate": "In the list already",
        "found": "Found",
    }
)

LOOKUP_REASON: Mapping[str, str] = texts(
    {
        "unknownCustomer": "The line names a customer that you do not show, or that the service does not know.",
        "noUser": "The line has no user.",
        "notAUser": "This is no address, user name or object id.",
        "noCustomer": "Too many customers to look in: name the customer in the line, or show fewer customers.",
    }
)

REMOVAL_ALERT: Mapping[str, str] = texts(
    {
        "unrequestedRemoval": "Removed without a request",
        "surplusRemoval": "More removed than the request did",
        "missingRemoval": "Not in the audit log",
    }
)

READ_STATE: Mapping[str, str] = texts(
    {
        "read": "up to date",
        "forbidden": "permissions are missing",
        "noAccess": "no access",
        "unavailable": "did not answer, is tried again",
        "waiting": "not read yet",
    }
)

PARTNER_WARNING: Mapping[str, str] = texts(
    {
        "relationshipEnding": "The relationship ends",
        "relationshipEnded": "The relationship has ended",
        "consentLost": "The consent is lost",
    }
)

PARTNER_STATE: Mapping[str, str] = texts(
    {
        "new": "Not in the policy",
        "known": "In the policy",
        "noRelationship": "No relationship",
    }
)

RELATIONSHIP_STATUS: Mapping[str, str] = texts(
    {
        "created": "not sent to the customer",
        "approvalPending": "waits for the customer",
        "approved": "approved, not active yet",
        "activating": "being set up",
        "active": "in force",
        "terminationRequested": "its end was requested",
        "terminating": "is being ended",
        "terminated": "was ended",
        "expiring": "has reached its end date",
        "expired": "has expired",
    }
)
