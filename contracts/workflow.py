"""Activities and orchestrations: their names, and the type of their input and answer.

All of it is plain JSON and stays in the durable history, so it holds ids, customer keys, counts and stable words only.
"""

from dataclasses import dataclass
from typing import Generic, Literal, NotRequired, TypedDict, TypeVar, final

from contracts.words import AfterApproval, AfterPlan, Ending, EventKind, Fault, GivenUp, RequesterMail, Sender, Stop

# Invariant on purpose: type parameters that no field uses would be inferred to fit anything.
Input = TypeVar("Input")
Answer = TypeVar("Answer")

# Customer key, number of the first target, count. JSON has no tuples: it arrives as a list.
type Window = tuple[str, int, int]
type NumberRange = tuple[int, int]


@dataclass(frozen=True)
class Activity(Generic[Input, Answer]):  # noqa: UP046 - see Input
    name: str


@dataclass(frozen=True)
class Orchestration(Generic[Input, Answer]):  # noqa: UP046 - see Input
    name: str


class RequestRef(TypedDict):
    id: str


class RequestRun(RequestRef):
    """`run` tells this run of the request's orchestration from others; the ids of its sub-orchestrations carry it."""

    run: str


class Nothing(TypedDict):
    """An answer that says only that it is done."""


class Repeatable(TypedDict):
    """Input of what a fan-out repeats.

    `last`: no further run follows, so what is open is to be settled. `slow`: how often throttling let nothing through.
    `answered`: with `last`, whether Graph answered for others of the same customer while this one failed.
    """

    last: NotRequired[bool]
    slow: NotRequired[int]
    answered: NotRequired[bool]


class Progress(TypedDict):
    """Answer of what a fan-out repeats.

    `retry_after`: seconds until it is to run again, None when it is over. `pressure`: how near the customer's tenant is to
    its throttling limit, 1.0 at the limit. `progressed`: this run got further than the ones before. `begun`:
    something may have been changed, so it is looked at once more before it is left.
    """

    retry_after: float | None
    fault: Fault
    pressure: NotRequired[float]
    progressed: NotRequired[bool]
    begun: NotRequired[bool]


class WindowRef(RequestRef):
    customer: str
    start: int
    count: int


class RepeatableWindow(WindowRef, Repeatable):
    pass


class RequestPlan(TypedDict):
    """`go`: False where the request has ended already. `drafts`: starts of the parts of its targets that are to be written.

    `verify`: some of its users may have to be verified. `planning`: how many windows are planned at once.
    `contain`: its accounts may be compromised, so its users are blocked: before the plan, or once it is approved.
    `part`: the most windows that one orchestration plans or resets, because replay grows with the square of them; those of one
    customer stay together. Absent where there are not more, and in the histories of version 0.1.
    """

    go: bool
    windows: list[Window]
    drafts: list[int]
    verify: NotRequired[bool]
    scheduled: NotRequired[bool]
    planning: NotRequired[int]
    contain: NotRequired[Literal["first", "approved"]]
    part: NotRequired[int]


class DraftRef(RequestRef):
    start: int


class PlanInput(RepeatableWindow):
    """`give_up`: nothing more is tried, and what is left is settled with this reason."""

    give_up: NotRequired[GivenUp]


class ContainWindow(RepeatableWindow):
    """`stage`: before the approval, or after it. `give_up`: nothing more is tried, and what is left ends with this reason."""

    stage: Literal["first", "approved"]
    give_up: NotRequired[GivenUp]


class ReleaseWindow(RepeatableWindow):
    """`ended`: the request has ended just now, so what was not approved is taken back as the policy says."""

    ended: NotRequired[bool]
    give_up: NotRequired[GivenUp]


class UserRelease(RequestRef):
    """`windows` have users who are to be unblocked, or whose risk is to be dismissed."""

    windows: list[Window]


class PlanWindowRef(RequestRef):
    """`start`: number of the first target. `purpose`: what the plan is read for."""

    start: int
    purpose: Literal["seal", "check"]


class PlanToRead(TypedDict):
    """The step needs the plan, which is too long for it: `windows` are to be read first, by their first targets."""

    next: Literal["read"]
    windows: list[int]


class RequestStep(RequestRef):
    """`settled`: the targets that were to be settled so, because the step asked for it, are."""

    settled: NotRequired[Ending]


class SettleWindow(RequestRef):
    """`start`: number of the first target."""

    start: int
    ending: Ending


@final
class TargetsToSettle(TypedDict):
    """The step needs targets settled, which are too many for it.

    `rounds` are the windows by their first targets; those of one round may be settled at once.
    """

    next: Literal["settle"]
    ending: Ending
    rounds: list[list[int]]


class SealedPlan(TypedDict):
    next: AfterPlan


class VerificationWindowRef(RequestRef):
    """`start`: number of the first target."""

    start: int


class AwaitingEvidence(TypedDict):
    """`until`: ISO 8601, when to look again. `announce`: the source is to hear of the wait (absent in older histories).

    `windows`: those to be read at once, by their first targets, before it is asked again.
    """

    next: Literal["wait"]
    until: str
    announce: NotRequired[bool]
    windows: NotRequired[list[int]]


class EvidenceEnded(TypedDict):
    next: Literal["end"]


class ManagerMailing(RequestRef):
    """`again`: those whose mail failed are asked once more."""

    windows: list[Window]
    again: NotRequired[bool]


class ManagerWindow(RepeatableWindow):
    again: NotRequired[bool]


class ApproverMails(RequestRef, Repeatable):
    """`reminder`: 0 for the first mails, else which reminder."""

    reminder: int


class AwaitingApproval(TypedDict):
    """`until`: ISO 8601, when to look again. `reminder`: how many reminders are due."""

    next: Literal["wait"]
    until: str
    reminder: int


class ApprovalEnded(TypedDict):
    next: AfterApproval


class WaveRef(RequestRef):
    """`wave` counts from 0."""

    wave: int


class WaveBegun(TypedDict):
    """`windows`: of the targets of the wave."""

    next: Literal["run"]
    windows: list[Window]


class WavesEnded(TypedDict):
    next: Literal["end"]


class OpenCheck(RequestRef):
    """`customers` have targets of the wave that were not begun."""

    customers: list[str]


class OpenCustomers(TypedDict):
    """`open`: customers whose users may be reset now; of those in `limited` only a window, because it may close.

    `until`: ISO 8601, when to ask again, where none is open. `stop`: nothing more is begun.
    """

    open: list[str]
    limited: list[str]
    until: str
    stop: bool


class AwaitingCodes(TypedDict):
    """`until`: ISO 8601."""

    next: Literal["wait"]
    until: str


class CodesEnded(TypedDict):
    """`late`: codes are missing and their time is over."""

    next: Literal["late", "end"]


class Permits(TypedDict):
    """`permits`: how many targets may run at once; 0: ask again later.

    `steady`: that Graph fails at a target makes fewer run at once only where no other target got further meanwhile. Histories
    that are older than this field do not have it.
    """

    permits: int
    stop: Stop
    steady: NotRequired[bool]


class StopCheck(TypedDict):
    stop: Stop


class TargetRun(RequestRef, Repeatable):
    number: int


class WindowEnd(TypedDict):
    """`breaker`: why the customer was given up, "" where it was not."""

    breaker: GivenUp | Literal[""]
    stop: Stop


class PermitsBack(WindowRef, WindowEnd):
    """`width`: how many at once the window ended with. `close`: the window is over, so its audit events are written."""

    width: int
    throttled: bool
    close: bool


@final
class RequestEnd(TypedDict):
    """`status`: a domain.outcomes.RequestStatus."""

    status: str


class SummaryWindow(RequestRef):
    """`start`: number of the first target. `of`: what of its targets is summarised."""

    start: int
    of: Literal["outcomes", "followUps"]


class SummariesNeeded(TypedDict):
    """`windows`: those to be summarised, by their first targets, before the step is called again; absent: it is done."""

    windows: NotRequired[list[int]]


class Event(RequestRef):
    kind: EventKind


class EventSenders(SummariesNeeded):
    """Which senders have something to send."""

    senders: list[Sender]


class EventAttempt(Event):
    last: NotRequired[bool]


class EventAttempted(TypedDict):
    """`retry_after`: seconds to wait at least, None when it is over."""

    retry_after: float | None


class EventDelivery(Event):
    sender: Sender


class FollowUpWindow(RepeatableWindow):
    """`more`: a later look follows."""

    more: NotRequired[bool]


class PostCompletionPlan(TypedDict):
    """`users`: windows to look at in the follow-up, at `due` (ISO 8601, None: never). `notices`: windows whose users are mailed.

    `early`: when they are looked at before that.
    """

    mail: bool
    notices: list[Window]
    users: list[Window]
    due: str | None
    early: NotRequired[list[str]]


class OutcomeMail(RequestRef, Repeatable):
    kind: RequesterMail


class UserNotices(RequestRef, Repeatable):
    start: int
    count: int


class CustomerReset(RequestRef):
    customer: str
    windows: list[NumberRange]


class CustomersPlan(RequestRef):
    """`planning`: how many of the windows are planned at once."""

    windows: list[Window]
    planning: int


class CustomersReset(RequestRef):
    """`customers`: how many of them are reset at once."""

    windows: list[Window]
    customers: int


class WindowReset(WindowRef):
    """`asked`: how often permits were asked for in runs before."""

    asked: NotRequired[int]


class ApproverMailing(RequestRef):
    reminder: NotRequired[int]


class MailsAgain(RequestRef):
    """Failed mails that are sent once more. `notices`: windows of targets."""

    kinds: list[RequesterMail]
    notices: list[NumberRange]


BEGIN_REQUEST: Activity[RequestRef, RequestPlan] = Activity("begin_request")
PLAN_TARGETS: Activity[PlanInput, Progress] = Activity("plan_targets")
CONTAIN_TARGETS: Activity[ContainWindow, Progress] = Activity("contain_targets")
RELEASE_TARGETS: Activity[ReleaseWindow, Progress] = Activity("release_targets")
WRITE_TARGETS: Activity[DraftRef, Nothing] = Activity("write_targets")
READ_PLAN_WINDOW: Activity[PlanWindowRef, Nothing] = Activity("read_plan_window")
SEAL_PLAN: Activity[RequestStep, SealedPlan | PlanToRead | TargetsToSettle] = Activity("seal_plan")
SETTLE_VERIFICATION: Activity[RequestRef, AwaitingEvidence | EvidenceEnded] = Activity("settle_verification")
READ_VERIFICATION_WINDOW: Activity[VerificationWindowRef, Nothing] = Activity("read_verification_window")
ASK_MANAGERS: Activity[ManagerWindow, Progress] = Activity("ask_managers")
NOTIFY_APPROVERS: Activity[ApproverMails, Progress] = Activity("notify_approvers")
SETTLE_APPROVAL: Activity[RequestStep, AwaitingApproval | PlanToRead | TargetsToSettle | ApprovalEnded] = Activity(
    "settle_approval"
)
SETTLE_TARGETS: Activity[SettleWindow, Nothing] = Activity("settle_targets")
SETTLE_UNDO: Activity[RequestRef, AwaitingCodes | CodesEnded] = Activity("settle_undo")
CLOSE_UNDO: Activity[RepeatableWindow, Progress] = Activity("close_undo")
BEGIN_WAVE: Activity[WaveRef, WaveBegun | WavesEnded | TargetsToSettle] = Activity("begin_wave")
FIND_OPEN_CUSTOMERS: Activity[OpenCheck, OpenCustomers] = Activity("find_open_customers")
ACQUIRE_PERMITS: Activity[WindowRef, Permits] = Activity("acquire_permits")
CHECK_STOP: Activity[RequestRef, StopCheck] = Activity("check_stop")
RESET_TARGET: Activity[TargetRun, Progress] = Activity("reset_target")
RELEASE_PERMITS: Activity[PermitsBack, Nothing] = Activity("release_permits")
FINISH_REQUEST: Activity[RequestStep, RequestEnd | TargetsToSettle] = Activity("finish_request")
SUMMARISE_TARGETS: Activity[SummaryWindow, Nothing] = Activity("summarise_targets")
RECORD_EVENT: Activity[Event, EventSenders] = Activity("record_event")
SEND_CALLBACK: Activity[EventAttempt, EventAttempted] = Activity("send_callback")
PUBLISH_EVENT: Activity[EventAttempt, EventAttempted] = Activity("publish_event")
POST_TEAMS_MESSAGE: Activity[EventAttempt, EventAttempted] = Activity("post_teams_message")
BEGIN_POST_COMPLETION: Activity[RequestRef, PostCompletionPlan] = Activity("begin_post_completion")
SEND_OUTCOME_MAIL: Activity[OutcomeMail, Progress] = Activity("send_outcome_mail")
NOTIFY_USERS: Activity[UserNotices, Progress] = Activity("notify_users")
FOLLOW_UP: Activity[FollowUpWindow, Progress] = Activity("follow_up")
END_FOLLOW_UP: Activity[RequestRef, SummariesNeeded] = Activity("end_follow_up")

RESET_REQUEST: Orchestration[RequestRun, RequestEnd] = Orchestration("reset_request")
MAIL_APPROVERS: Orchestration[ApproverMailing, Nothing] = Orchestration("mail_approvers")
MAIL_MANAGERS: Orchestration[ManagerMailing, Nothing] = Orchestration("mail_managers")
RELEASE_USERS: Orchestration[UserRelease, Nothing] = Orchestration("release_users")
PLAN_CUSTOMERS: Orchestration[CustomersPlan, Nothing] = Orchestration("plan_customers")
RESET_CUSTOMERS: Orchestration[CustomersReset, Nothing] = Orchestration("reset_customers")
RESET_CUSTOMER: Orchestration[CustomerReset, Nothing] = Orchestration("reset_customer")
RESET_WINDOW: Orchestration[WindowReset, WindowEnd] = Orchestration("reset_window")
DELIVER_EVENT: Orchestration[EventDelivery, Nothing] = Orchestration("deliver_event")
POST_COMPLETION: Orchestration[RequestRef, Nothing] = Orchestration("post_completion")
MAIL_AGAIN: Orchestration[MailsAgain, Nothing] = Orchestration("mail_again")
