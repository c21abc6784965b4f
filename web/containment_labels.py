"""The texts of pages, mails and the client about the containment of compromised accounts. Codes are the contract's."""

from collections.abc import Mapping

from languages import texts
from web.views import ContainmentView

# The actions of a containment, and how each ended.
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

# What is said of a containment, sentence by sentence.
EFFECT: Mapping[str, str] = texts(
    {
        "first": "These accounts may be compromised. Sign-in was blocked and sessions were ended before this approval. "
        "That can be undone: deny, and they can sign in again.",
        "firstKept": "These accounts may be compromised. Sign-in was blocked and sessions were ended before this approval. "
        "The policy keeps them blocked if you deny; an operator can unblock them.",
        "planned": "These accounts may be compromised. When you send this, sign-in is blocked and sessions end at once, "
        "before anybody approves, as far as the policy's limits allow. That can be undone.",
        "later": "These accounts may be compromised. Once approved, sign-in is blocked and sessions end, before any "
        "method is removed.",
        "everything": "Every authentication method is removed, passkeys and Windows Hello too. The password stays and "
        "should be reset. App passwords, where there are any, cannot be removed through Microsoft Graph: "
        "remove them in the admin center.",
        "confirmRisk": "They are confirmed as compromised in Microsoft Entra ID Protection, which can be dismissed later.",
    }
)
UNBLOCK: Mapping[str, str] = texts(
    {
        "approver": "They stay blocked until an approver or operator other than the requester unblocks them.",
        "verified": "They stay blocked until evidence shows who they are.",
    }
)


def effects(view: ContainmentView) -> list[str]:
    """Return what an approver should know of a containment, in sentences."""
    first = (EFFECT["firstKept"] if view.keeps else EFFECT["first"]) if view.first else EFFECT["later"]
    return [first, EFFECT["everything"], *([EFFECT["confirmRisk"]] if view.confirm_risk else []), UNBLOCK[view.unblock]]


def planned(view: ContainmentView) -> list[str]:
    """Return what the person who reviews a containment should know of it."""
    return [EFFECT["planned"] if view.first else EFFECT["later"], *effects(view)[1:]]


def ended(view: ContainmentView) -> list[str]:
    """Return what the requester should know of one that has ended."""
    return [EFFECT["everything"], UNBLOCK[view.unblock]]
