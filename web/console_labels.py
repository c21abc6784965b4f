"""The console's texts in one place, beside those of `web.labels`. Codes are the contract's."""

from collections.abc import Mapping

from languages import texts

UNREACHABLE: Mapping[str, str] = texts(
    {
        "consentMissing": "The customer has not consented to this service, or has withdrawn or disabled it. An administrator of the"
        " customer can consent again.",
        "credentialInvalid": "Microsoft refuses this service's own secret or certificate. The operators of this service have to renew"
        " it; customers can do nothing.",
        "conditionalAccess": "A Conditional Access policy of the customer's blocks this service's sign-in. An administrator of the"
        " customer can exclude the service from it.",
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

# How strong a user's multi-factor authentication is, and what makes it so.
STRENGTH: Mapping[str, str] = texts(
    {
        "phishingResistant": "Strong",
        "strong": "Strong",
        "weak": "Weak",
        "none": "None",
    }
)
STRENGTH_BY: Mapping[str, str] = texts(
    {
        "phishingResistant": "Phishing-resistant",
        "strong": "App or token",
        "weak": "SMS or voice only",
        "none": "Nothing registered",
    }
)
# Why something about a user is not known, after "Unknown:".
NOT_KNOWN: Mapping[str, str] = texts(
    {
        "consentMissing": "the customer's consent is missing",
        "credentialInvalid": "Microsoft refuses this service's credential",
        "conditionalAccess": "a Conditional Access policy blocks this service",
        "unknownTenant": "Microsoft knows no such tenant",
        "tokenRejected": "Microsoft does not accept the sign-in right now",
        "customerUnreachable": "the directory does not answer",
        "throttled": "Microsoft asks for a pause",
        "forbidden": "a permission is missing",
        "tokensUnreadable": "hardware tokens cannot be read",
        "userNotFound": "the account is not there any more",
        "methodsUnreadable": "it could not be read",
    }
)
# Why a user cannot be reset, in a list: the codes of labels.REASON in a few words.
CANNOT: Mapping[str, str] = texts(
    {
        "protectedUser": "Protected by the policy",
        "ownAccount": "Your own account",
        "guestUser": "Guest of another organization",
        "disabledUser": "Account is disabled",
        "privilegedUser": "Administrators are refused",
        "privilegesUnknown": "Eligible roles cannot be read",
        "alreadyRunning": "Busy with another request",
        "userNotFound": "No longer in the directory",
        "noMethodAllowed": "The policy allows no reset here",
    }
)

# What to do next about a target that did not end well.
NEXT: Mapping[str, str] = texts(
    {
        "protectedUser": "Change the policy if this account should not be protected.",
        "privilegedUser": "Reset administrators in the customer's own admin center.",
        "privilegesUnknown": "Have the customer consent to reading eligible roles and groups, then retry.",
        "notBlocked": "Disable the account in the customer's admin center at once, or on premises where it is synchronized.",
        "ambiguousUser": "Name the user by user principal name.",
        "guestUser": "Ask the guest's home organization.",
        "disabledUser": "Enable the account first, or allow disabled accounts in the policy.",
        "userNotFound": "Check the name; the account may have been deleted or renamed.",
        "ownAccount": "Ask a colleague to request it.",
        "duplicateUser": "Nothing to do.",
        "alreadyRunning": "Look at the other request; retry when it has ended.",
        "consentMissing": "Have the customer consent again, then retry.",
        "credentialInvalid": "Have the operators of this service renew its secret or certificate, then retry. The customer need do "
        "nothing.",
        "conditionalAccess": "Have an administrator of the customer exclude this service from the policy, then retry.",
        "unknownTenant": "Correct the customer's tenant id in the policy, then retry.",
        "tokenRejected": "Retry in an hour; if it stays, look at the status of Microsoft Entra and at the service's Graph "
        "endpoint.",
        "methodsUnreadable": "Look at the user in the customer's admin center, then retry.",
        "customerUnreachable": "Retry in a few minutes.",
        "throttled": "Retry later; fewer users at once help.",
        "forbidden": "Have an administrator of the customer consent to the missing permission, then retry.",
        "recordUnreadable": "Look at the user in the customer's admin center, then ask for another reset.",
        "notRemoved": "Retry. If it stays, remove the method in the customer's admin center.",
        "wavesStopped": "See why the users of the wave before failed, then retry the rest.",
        "cancelled": "Ask again if it is still needed.",
        "cancelledMidway": "Look at what is left, and retry if it is still needed.",
        "withdrawn": "Ask again if it is still needed.",
        "failedMidway": "Look at what is left, then retry.",
        "excludedByApprover": "Ask the approver.",
        "stopped": "Retry.",
        "notReactivated": "Ask for another undo, or have the user activate it under Security info.",
        "partlyReactivated": "Ask for another undo, or have the user activate it under Security info.",
        "tokenGone": "Assign a token to the user in the customer's admin center.",
        "newerMethods": "Nothing to do: the user has registered since.",
    }
)

# What is said about a whole request that failed.
FAILURE: Mapping[str, str] = texts(
    {
        "unknownRequester": "The person who asks was found in no directory, and the policy refuses such requests.",
        "approverGroupUnreadable": "A group of approvers cannot be read, so it is not known who may decide.",
        "notEnoughApprovers": "The policy names too few approvers for this request.",
        "recordUnreadable": "The service's own record of this request cannot be read.",
        "planChanged": "The recorded plan is not the one that was approved, so nothing was removed.",
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

# The same for an undo, which resets nothing.
UNDO_EVENT: Mapping[str, str] = texts(
    EVENT,
    {
        "accepted": "Undo accepted",
        "resetting": "Undo approved",
        "ended": "Undo ended",
    },
)

DEFAULT_METHOD: Mapping[str, str] = texts(
    {
        "push": "Authenticator notification",
        "oath": "Authenticator or token code",
        "sms": "Text message",
        "voiceMobile": "Call to the mobile phone",
        "voiceAlternateMobile": "Call to the alternate mobile phone",
        "voiceOffice": "Call to the office phone",
    }
)

MISSING: Mapping[str, str] = texts(
    {
        "methodNotAllowed": "the policy does not allow it",
        "noMethodAllowed": "the policy allows none of the standard methods",
        "noCommonMethod": "no standard method is allowed at all of them",
    }
)

# Why a delivery of a source was no request.
IGNORED: Mapping[str, str] = texts(
    {
        "ping": "A test delivery of the sender.",
        "notAccepted": "The policy's accept says that it asks for no reset.",
    }
)

# What another request does with a user that this one was refused for, by how it stands; "": it has ended.
HELD: Mapping[str, str] = texts(
    {
        "planning": "Another request for this user is being prepared.",
        "awaitingApproval": "Another request for this user waits for approval.",
        "approved": "Another request for this user was approved and begins in a moment.",
        "resetting": "Another request is resetting this user right now.",
        "cancelling": "Another request that was resetting this user is being cancelled.",
        "": "It has ended since: retry if this is still needed.",
    }
)
HELD_NEXT: Mapping[str, str] = texts(
    {
        "planning": "Follow that request, or take the user over from it.",
        "awaitingApproval": "Follow that request, have it decided, or take the user over from it.",
    }
)

# What a list of users came to when it was looked up, and what to do about it.
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
LOOKUP_TEXT: Mapping[str, str] = texts(
    {
        "ambiguous": "Several users have this name or address. Tick whom you mean.",
        "unknown": "Correct the line in the list above, or name the customer before it.",
        "invalid": "Correct the line in the list above.",
        "unread": "Look the list up again when the customer answers.",
        "duplicate": "Each user is chosen once.",
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

NOTICE: Mapping[str, str] = texts(
    {
        "undoSent": "Undo sent. Once it is approved, each token is activated with the code that it shows.",
        "activated": "The token is active again.",
        "calledBack": "The call back was recorded: the user is verified.",
        "added": "All users of the list were chosen.",
        "addedSome": "The users who were found were chosen. The other lines of the list were not.",
        "groupSaved": "The group was saved.",
        "groupChosen": "The customers and users of the group were chosen.",
        "groupDeleted": "The group was deleted.",
        "created": "Request sent. Nothing is removed before the approver's decision.",
        "cancelling": "Cancelling: no other removal is begun. Users whose reset had begun are read once more, to say what is gone.",
        "withdrawn": "Withdrawn. Nothing was removed.",
        "reminded": "The approvers who have not decided were reminded.",
        "remindedRecently": "The approvers were reminded less than a minute ago.",
        "retried": "The retry was created. It needs a decision of its own.",
        "ended": "The request has ended already.",
        "notEnded": "The request has not ended yet; wait for its end, or cancel it.",
        "away": "Saved. Somebody else is asked about new requests.",
        "back": "Welcome back. You are asked about new requests again.",
        "nothingToRetry": "Every user ended well; there is nothing to try again.",
        "takenOver": "These users were taken over from the request that held them. This request needs a decision of its "
        "own.",
        "notWaiting": "The request does not wait for an approval any more.",
        "sentAgain": "It is being sent again. Load the page again in a minute to see whether it got through.",
        "nothingToSend": "Nothing is left to send again: all of it got through, or is still being tried.",
        "releasing": "It is being done. Load the page again in a few seconds to see what came of it.",
        "confirmedAlready": "This plan was confirmed already. This is its request.",
    }
)

# Events for the ticket system, and their delivery state.
CALLBACK: Mapping[str, str] = texts(
    {
        "accepted": "Request accepted",
        "awaitingVerification": "Waiting for verification",
        "awaitingApproval": "Waiting for approval",
        "decided": "Decided",
        "completed": "Ended",
        "followedUp": "Who has registered again",
    }
)
CALLBACK_STATE: Mapping[str, str] = texts(
    {
        "pending": "being tried",
        "delivered": "received",
        "failed": "not delivered",
        "gone": "not wanted any more",
    }
)
# What to do next, once for all events in that state.
CALLBACK_TEXT: Mapping[str, str] = texts(
    {
        "failed": "It did not get through for a day. See whether the ticket system answers, then send it again.",
        "gone": "The ticket system responded that this address is no longer in use (410). Correct it in the policy "
        "first.",
    }
)
# The same for the events of the topic.
TOPIC_STATE: Mapping[str, str] = texts({"pending": "being tried", "published": "sent", "failed": "not sent"})
TOPIC_TEXT: Mapping[str, str] = texts(
    {
        "failed": "The Service Bus did not take it for a day. See whether its topic is there, then send it again.",
    }
)

# Of the message to the approvers' channel of Microsoft Teams.
TEAMS_STATE: Mapping[str, str] = texts(
    {
        "pending": "being tried",
        "accepted": "accepted for delivery",
        "failed": "not delivered",
        "notSent": "not needed any more",
    }
)
TEAMS_TEXT: Mapping[str, str] = texts(
    {
        "accepted": "The workflow accepted it. Whether it was posted in the channel, its run history says.",
    }
)

MAIL_KIND: Mapping[str, str] = texts(
    {"outcome": "the outcome", "followUp": "who has registered again", "notice": "the notice"}
)
MAIL_TO: Mapping[str, str] = texts({"requester": "The requester", "user": "Users", "manager": "Managers"})
MAIL_STATE: Mapping[str, str] = texts(
    {
        "sent": "accepted for delivery",
        "failed": "not sent",
        "noAddress": "no mail address",
        "notAllowed": "not sent: their mail domain may not read this",
    }
)

# The state of a customer's audit log.
READ_STATE: Mapping[str, str] = texts(
    {
        "read": "up to date",
        "forbidden": "permissions are missing",
        "noAccess": "no access",
        "unavailable": "did not answer, is tried again",
        "waiting": "not read yet",
    }
)

# How a customer of the partner relationships stands in the policy.
PARTNER_STATE: Mapping[str, str] = texts(
    {
        "new": "Not in the policy",
        "known": "In the policy",
        "noRelationship": "No relationship",
    }
)

# The status of a partner relationship, in Microsoft's order.
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

# The follow-up's states, short; labels.FOLLOW_UP has them as sentences.
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
FOLLOW_UP_NEXT: Mapping[str, str] = texts(
    {
        "registeredSuspicious": "Call the user. If it was another person, reset again and end the sessions.",
        "exposed": "Call the user and have them register, or hand out a Temporary Access Pass.",
        "quick": "Call the user. If it was another person, reset again and end the sessions.",
        "unreadable": "Look at the user in the customer's admin center.",
    }
)

# Errors beside the console's forms.
ERROR: Mapping[str, str] = texts(
    {
        "awayWrong": "Not saved: the time has to be in the next 90 days, and the other person has to be allowed to "
        "approve.",
        "nothingToUndo": "There is no deactivated token to activate again, or the time for it is over.",
        "wrongCode": "That code was wrong. Wait for the next one that the token shows, then enter it.",
        "codeFormat": "Enter the six digits that the token shows.",
        "noCodeNow": "No code is taken for this token now. See how it stands below.",
        "wrongNumber": "Nothing was recorded: enter the telephone number that you called, in digits.",
        "involvedInProof": "Nothing was recorded: a person who asked for the reset, or is reset, cannot vouch for it.",
        "waitsForNoProof": "Nothing was recorded: this user does not wait for this kind of verification.",
        "nothingToTakeOver": "No user can be taken over: the other request was approved, or they were taken over already.",
        "nothingToRelease": "There is no user for whom this can be done.",
        "unverifiedUser": "This user stays blocked until evidence shows who they are: record a callback, or ask for a Verified "
        "ID.",
        "ownContainment": "You requested this, so an approver or another operator has to unblock its users.",
        "noUserChosen": "Choose at least one user.",
        "noLines": "Paste at least one user, or open a file.",
        "tooManyLines": "The list has more than 10,000 lines. Look it up in parts.",
        "noName": "Name the group, in at most 80 characters.",
        "noSuchGroup": "There is no such group any more.",
        "tooManyGroups": "You have 100 groups, which is the most. Delete one first.",
        "noUserMatches": "No user matches, so none was added.",
        "tooMany": "These are more users than one request may have, so nothing was added. Filter, or send several "
        "requests.",
        "reasonNeeded": "Say why: the approver and the audit need a reason.",
        "ticketNeeded": "Name the ticket this is for.",
        "scheduleWrong": "It cannot wait in this way: the time has to be within 30 days, waves are up to ten numbers from 1 to 1,000,"
        " and the percentage is from 0 to 99 and needs waves.",
        "countWrong": "Type exactly how many users will be reset.",
        "noUserLeft": "No user is left to reset: every user was refused or excluded.",
        "customerAway": "A customer does not answer, so not all matching users can be named. Leave it out, or try again.",
        "noMethod": "Choose at least one kind of method to remove.",
        "notOffered": "Not all customers of the chosen users allow this. “Methods to reset” says which.",
    }
)

PROBLEM: Mapping[str, tuple[str, str]] = texts(
    {
        "notFound": ("Page not found", "The address is wrong, or you don't have access."),
        "noRequest": (
            "Request not found",
            (
                "The address is wrong, you don't have access, or the time to keep the request is over. Search for its "
                "ticket, or look in the list."
            ),
        ),
        "noUser": (
            "User or customer not found",
            (
                "The address is wrong, the account was deleted, or you don't have access to this customer. Search for "
                "the name."
            ),
        ),
        "noReview": (
            "Plan not found",
            (
                "The address is wrong, or the plan was removed because it was not sent for approval in time. Choose "
                "the users again."
            ),
        ),
        "wrongOrigin": ("This did not come from our page", "Nothing was changed. Go back and try again there."),
        "wrongNonce": (
            "This page has expired",
            "It was open for too long, so nothing was changed. Open it again and repeat what you did.",
        ),
        "notOperator": (
            "This page is not open to you",
            "Your account has no role for it. Ask the operators of this service.",
        ),
        "notSignedIn": ("Please sign in first", "This page needs a sign-in with Microsoft Entra."),
        "noSignIn": (
            "Sign-in is not available",
            (
                "The console needs the sign-in of Azure App Service, which is not on here. Use the API or the client "
                "instead."
            ),
        ),
        "unavailable": (
            "Not possible right now",
            "Something the service needs does not answer. Please try again in a few minutes.",
        ),
        "usersPerHour": (
            "Too many users in an hour",
            (
                "Nothing was started: the policy limits the users of a customer, and of one person, per hour. Try "
                "again later."
            ),
        ),
        "openRequests": (
            "Too many requests are open",
            (
                "Nothing was started: the policy limits the open requests of one person. Have some decided, or cancel "
                "them."
            ),
        ),
        "noCustomer": ("No customer is chosen", "Nothing was changed. Go back and tick at least one."),
        "noEvidence": ("There is no evidence yet", "The request is still being planned. Come back in a minute."),
        "badInput": ("The address has a mistake", "One of its parameters is not known. Go back and try again there."),
        "lengthRequired": (
            "The form arrived without its content",
            (
                "It came without Content-Length: Azure Functions passes none of it on. Nothing was changed. Try "
                "another browser or network."
            ),
        ),
        "tooLarge": ("That was too much", "The form was larger than the service accepts. Nothing was changed."),
    }
)

# Where a page about an error leads on.
WAY: Mapping[str, str] = texts(
    {
        "start": "Go to the start page",
        "requests": "See all requests",
        "users": "See all users",
        "back": "Go back to the page",
        "again": "Try again",
        "signIn": "Sign in",
        "anotherAccount": "Sign in with another account",
    }
)
