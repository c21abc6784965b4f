"""The stable words of the durable history. They are stored, so a word that a release has written keeps its meaning."""

from typing import Literal

# What Graph did, as graph.errors sorts it.
type GraphFault = Literal[
    "throttled",
    "unavailable",
    "tokenRejected",
    "consentMissing",
    "credentialInvalid",
    "conditionalAccess",
    "unknownTenant",
    "forbidden",
    "notFound",
    "defaultMethod",
    "refused",
]
# Faults that end a customer at once: no call to its tenant works until somebody acts.
type NoAccess = Literal["consentMissing", "credentialInvalid", "conditionalAccess", "unknownTenant"]
# Why an activity is to run again, or why it ended early; "": nothing went wrong. `overtaken`: another run of the same
# activity saved first. `broken`: the activity raised.
type Fault = Literal["", "notVisibleYet", "overtaken", "broken", "held", "cancelled", "ended"] | GraphFault
# Why nothing more is begun: removing is stopped for all, the request was cancelled, or it is not being reset any more.
type Stop = Literal["", "held", "cancelled", "ended"]
# Why a customer, or one target, was given up.
type GivenUp = NoAccess | Literal["tokenRejected", "customerUnreachable", "internalError"]
# What an approved request goes on with; an undo removes nothing and waits for the tokens' codes.
type AfterApproval = Literal["reset", "codes", "end"]
type AfterPlan = Literal["approve"] | AfterApproval
# Why targets of a request are settled that nothing more is done for: approvers left them out, or so the request ends.
type Ending = Literal["excluded", "cancelled", "denied", "expired", "requestFailed", "stopped", "wavesStopped"]
# Events for the source and for the Service Bus topic.
type EventKind = Literal["accepted", "awaitingVerification", "awaitingApproval", "decided", "completed", "followedUp"]
type Sender = Literal["callback", "bus", "teams"]
type RequesterMail = Literal["outcome", "followUp"]

# The external event that makes a waiting orchestration read the records again. It carries nothing.
WAKE = "wake"
