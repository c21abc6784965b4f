"""What pages and mails show, as plain values. Triggers and activities fill them; templates only print them.

Codes (status, outcome, reason, type) are those of the contract; `web.labels` has the labels. Instants are aware.
Texts may be as they came in: the templates clean and escape whatever they print.
"""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Literal, NamedTuple

from domain.request.follow_up import ALARMING, FollowUpState
from domain.request.forecast import Forecast
from domain.request.schedule import Schedule
from web.labels import ALARMING_FORECASTS

# What would happen to a method. `keep` needs a reason of `labels.KEPT`.
Fate = Literal["remove", "deactivate", "activate", "keep"]


class MethodView(NamedTuple):
    type: str
    label: str  # masked already; of a passkey with its model and date
    fate: Fate = "remove"
    is_default: bool = False
    reason: str = ""  # why it is kept
    outcome: str = "pending"
    detail: str = ""  # what Graph said where it went wrong


class ProofView(NamedTuple):
    """What shows that a user asks for the reset. `state` is a code of labels.VERIFICATION, `kind` one of labels.EVIDENCE_KIND."""

    state: str
    kind: str = ""
    by: str = ""
    at: datetime | None = None
    detail: str = ""


class ActionView(NamedTuple):
    """One action of a containment: codes of `web.containment_labels`."""

    name: str
    outcome: str
    reason: str = ""
    by: str = ""


class ContainmentView(NamedTuple):
    """What a request about compromised accounts does. `first`: users were blocked before the approval."""

    first: bool
    confirm_risk: bool
    unblock: str
    keeps: bool  # whether users stay blocked when it is denied


class PassView(NamedTuple):
    """A Temporary Access Pass, never the pass itself. `state` and `why` are those of domain/bootstrap/access_pass.py."""

    state: str
    why: str
    lifetime: timedelta
    once: bool = True
    by: str = ""
    at: datetime | None = None
    reason: str = ""  # a code of labels.ACCESS_PASS_REASON
    detail: str = ""


class UserView(NamedTuple):
    """One target. `number` is its number in the request, what the form's `without` carries."""

    number: int
    display_name: str
    user_principal_name: str
    methods: tuple[MethodView, ...] = ()
    warnings: tuple[str, ...] = ()
    forecast: str = ""  # what it means for the user, a code of labels.FORECAST; "" where nothing is foreseen
    refused: str = ""  # the reason of a refused target
    privileged: bool = False
    outcome: str = "pending"
    reason: str = ""  # of the outcome
    sessions_revoked: bool | None = None  # None: not asked for, or not yet
    proof: ProofView | None = None  # None: none is needed
    left_out_by: tuple[str, ...] = ()  # approvers who decided before and left this user out
    actions: tuple[ActionView, ...] = ()  # of a containment
    may_unblock: bool = False
    access_pass: PassView | None = None  # None: none is offered

    @property
    def name(self) -> str:
        return self.display_name or self.user_principal_name

    @property
    def is_careful(self) -> bool:
        """Whether there is something about this user that approvers should see."""
        unproven = self.proof is not None and self.proof.at is None
        return not self.refused and (
            self.privileged or bool(self.warnings) or self.forecast in ALARMING_FORECASTS or unproven
        )

    @property
    def app_removed(self) -> bool:
        """Whether the account is still in an authenticator app, where it is good for nothing any more."""
        return any(
            method.type in {"microsoftAuthenticator", "softwareOath"} and method.outcome in {"deleted", "alreadyGone"}
            for method in self.methods
        )

    @property
    def touched(self) -> tuple[MethodView, ...]:
        return tuple(method for method in self.methods if method.fate != "keep")

    @property
    def kept(self) -> Mapping[str, tuple[MethodView, ...]]:
        """What stays, by the reason why."""
        reasons = dict.fromkeys(method.reason for method in self.methods if method.fate == "keep")
        return {
            reason: tuple(method for method in self.methods if method.fate == "keep" and method.reason == reason)
            for reason in reasons
        }


# A page with more users than this is folded: 200 users are 40 screens of a phone.
FOLDED_FROM = 20
# Of those whom a page has to show in any case, this many per customer; the fold says how many more there are.
_IN_ANY_CASE = 10


class UserGroup(NamedTuple):
    """Users that stand together; `folded`: behind one line. `careful` are those of them that ask for a closer look."""

    users: tuple[UserView, ...]
    folded: bool = False

    @property
    def careful(self) -> int:
        return sum(user.is_careful for user in self.users)

    def marks(self, numbers: Collection[int]) -> bool:
        """Return whether any of these numbers is that of one of the users."""
        return any(user.number in numbers for user in self.users)


class CustomerView(NamedTuple):
    """The users of one customer that this page or mail shows; `targets` counts all of the customer's in the request."""

    name: str
    key: str
    users: tuple[UserView, ...]
    targets: int

    @property
    def accepted(self) -> tuple[UserView, ...]:
        return tuple(user for user in self.users if not user.refused and not user.left_out_by)

    def groups(self, users: Iterable[UserView], *, folds: bool) -> tuple[UserGroup, ...]:
        """Return `users` in one group or, where the page `folds`, first those that ask for a closer look and the others behind a line."""
        every = tuple(users)
        if not folds:
            return (UserGroup(every),) if every else ()
        first = tuple(user for user in every if user.is_careful)[:_IN_ANY_CASE]
        others = tuple(user for user in every if user not in first)
        return tuple(UserGroup(part, folded) for part, folded in ((first, False), (others, True)) if part)

    @property
    def left_out(self) -> tuple[UserView, ...]:
        return tuple(user for user in self.users if user.left_out_by and not user.refused)

    @property
    def refused(self) -> tuple[UserView, ...]:
        return tuple(user for user in self.users if user.refused)


class DecisionView(NamedTuple):
    approver: str
    decision: Literal["approve", "deny"]
    at: datetime
    comment: str = ""
    left_out: int = 0  # how many users the approver left out
    left_out_names: tuple[str, ...] = ()  # the first of them
    same_account: bool = False  # one voice together with another of these, under another address


# In recorded counts, before the reason of refused users.
_REFUSAL = "refused:"


class PlanTotals(NamedTuple):
    """Counts over the whole request, whatever one page shows of it."""

    users: int  # that would be reset
    refused: int
    removed: int  # methods
    deactivated: int
    privileged: int = 0
    activated: int = 0  # hardware tokens, of an undo
    # Users by what the reset means for them.
    registering: int = 0  # have to register again, as far as that is certain
    keeping: int = 0
    password_only: int = 0
    not_registering: int = 0  # cannot
    unforeseen: int = 0
    refusals: Mapping[str, int] = MappingProxyType({})  # the refused by reason, a code of labels.REASON

    def less(self, other: "PlanTotals") -> "PlanTotals":
        """Return the counts without those of `other`, which are of some of the same users."""
        mine, others = self.to_counts(), other.to_counts()
        return PlanTotals.of_counts({name: count - others.get(name, 0) for name, count in mine.items()})

    def to_counts(self) -> dict[str, int]:
        """Return the counts by name, as they are recorded."""
        counts = self._asdict()
        return counts | {f"{_REFUSAL}{reason}": count for reason, count in counts.pop("refusals").items()}

    @classmethod
    def of_counts(cls, counts: Mapping[str, int]) -> "PlanTotals":
        """Return what `to_counts` made these of, or a sum of such. Raises: TypeError for those of an older version."""
        refusals = {
            name.removeprefix(_REFUSAL): count for name, count in counts.items() if name.startswith(_REFUSAL) and count
        }
        numbers = {name: count for name, count in counts.items() if not name.startswith(_REFUSAL)}
        if numbers.keys() != set(cls._fields) - {"refusals"} or sum(refusals.values()) != counts["refused"]:
            raise TypeError("these counts are not those of a plan")
        return cls(**numbers, refusals=refusals)

    @property
    def forecasts(self) -> Mapping[str, int]:
        return dict(
            zip(
                Forecast,
                (self.registering, self.keeping, self.password_only, self.not_registering, self.unforeseen),
                strict=True,
            )
        )


class PageView(NamedTuple):
    """Which part of the users a page shows; pages count from 1."""

    number: int = 1
    pages: int = 1


class ApprovalView(NamedTuple):
    """What one approver sees and decides on. A mail uses it without the form's fields."""

    request_id: str
    asked_by: str
    source: str
    ticket: str
    reason: str
    approver: str
    created_at: datetime
    expires_at: datetime
    now: datetime
    customers: tuple[CustomerView, ...]
    totals: PlanTotals
    targets: int = 0  # users of this approver's customers in the request, whatever becomes of them
    quorum: int = 1
    approvals: int = 0  # given so far for those of the approver's customers that have fewest
    decisions: tuple[DecisionView, ...] = ()
    revoke_sessions: bool = True
    step_up: tuple[str, ...] = ()  # codes of labels.STEP_UP
    page: PageView = PageView()
    hidden: tuple[tuple[str, str], ...] = ()  # the form's hidden fields, name and value
    left_out: frozenset[int] = frozenset()  # numbers ticked so far
    comment: str = ""
    error: str = ""  # a code of labels.FORM_ERROR
    address: str = ""  # of this page, with its token, for the form and its links
    undo: bool = False  # the tokens of an undo are activated again, and nothing is removed
    undo_within: timedelta = timedelta(days=7)  # how long deactivated tokens can be activated again
    through: tuple[str, ...] = ()  # by what the approver was asked, where not by address
    schedule: Schedule | None = None  # None: at once, all together
    retry_of: str = ""  # the request that this one tries again, as people call it
    takeover_of: str = ""  # the request whose users this one takes over from others, as people call it
    containment: ContainmentView | None = None  # of compromised accounts

    @property
    def only_user(self) -> UserView | None:
        """The user, where the request is about one."""
        users = [user for customer in self.customers for user in customer.accepted]
        return users[0] if self.totals.users == 1 and len(users) == 1 else None

    @property
    def excluded(self) -> int:
        """How many users this approver, so far, or others exclude."""
        return max(0, self.targets - self.totals.users - self.totals.refused)

    @property
    def may_exclude(self) -> bool:
        """Whether users have boxes: also where all but one are ticked, or none could be ticked off again."""
        return self.totals.users > 1 or bool(self.left_out)

    @property
    def folds(self) -> bool:
        return sum(len(customer.users) for customer in self.customers) > FOLDED_FROM

    @property
    def left_out_elsewhere(self) -> tuple[int, ...]:
        """The ticked numbers that have no box on this page, so that the form carries them in hidden fields."""
        here = {user.number for customer in self.customers for user in customer.accepted}
        return tuple(sorted(self.left_out - here))


class WaitView(NamedTuple):
    """Of one customer: how many approvals are missing, and who could give them."""

    customer: str
    missing: int
    approvers: tuple[str, ...]


class StateView(NamedTuple):
    """How a request stands for one approver: after a decision, and behind every link that no longer decides anything."""

    request_id: str
    status: str  # a code of labels.STANDING
    asked_by: str
    ticket: str
    reason: str
    now: datetime
    targets: int
    totals: (
        Mapping[str, int] | None
    )  # targets per outcome; none before the reset, None where they are counted at the end
    expires_at: datetime | None = None
    waits: tuple[WaitView, ...] = ()  # of the approver's customers those that wait
    waits_elsewhere: bool = False  # customers of others wait, too
    quorum: int = 1
    approvals: int = 0
    decisions: tuple[DecisionView, ...] = ()
    notice: str = ""  # a code of labels.NOTICE
    address: str = ""  # of this page, with its token
    undo: bool = False
    retry_of: str = ""
    takeover_of: str = ""
    left_out: int = 0  # of the users, by approvers
    refused: int = 0  # of the users, by the plan
    approvals_page: str = ""  # where the approver sees what waits for them

    @property
    def done(self) -> int:
        open_ = ("pending", "cancelled", "refused")  # the last two were never begun
        return self.targets - sum((self.totals or {}).get(outcome, 0) for outcome in open_)

    @property
    def to_reset(self) -> int:
        """How many of the users the approval covers."""
        return self.targets - self.left_out - self.refused


class PageLink(NamedTuple):
    """The address of a page that a link in a mail leads to, with which it can be opened again in another language."""

    path: str
    token: str


class ProblemView(NamedTuple):
    code: str  # of labels.PROBLEM
    reference: str = ""  # what a person can quote to find the log line
    sign_in: str = ""  # where to sign in
    again: str = ""  # the page to open again
    approvals: str = ""  # where the person sees what waits for them
    contact: str = ""  # whom to ask


class OutcomeView(NamedTuple):
    """What became of a request, for its requester. `customers` may hold fewer users than `targets`."""

    request_id: str
    status: str
    asked_by: str
    ticket: str
    reason: str
    ended_at: datetime
    targets: int
    totals: Mapping[str, int]
    customers: tuple[CustomerView, ...] = ()
    decisions: tuple[DecisionView, ...] = ()
    undo: bool = False
    retry_of: str = ""
    takeover_of: str = ""
    containment: ContainmentView | None = None
    link: str = ""  # to the request's page in the console
    open_sessions: tuple[str, ...] = ()  # of `customers`: whose methods were removed and whose sessions are still open


class NoticeView(NamedTuple):
    """The notice to a user who was reset."""

    user: UserView
    customer: str
    at: datetime
    contact: str  # whom to call: a name, number or address
    ticket: str = ""


class FollowedView(NamedTuple):
    name: str
    customer: str
    state: str  # a code of labels.FOLLOW_UP
    detail: str = ""


class FollowUpView(NamedTuple):
    """Whether the users of a request have registered again. `users` are those that need attention, the first of them at least."""

    request_id: str
    ticket: str
    asked_by: str
    at: datetime
    ended_at: datetime
    totals: Mapping[FollowUpState, int]
    users: tuple[FollowedView, ...] = ()
    retry_of: str = ""

    @property
    def attention(self) -> int:
        """How many users need attention."""
        return sum(self.totals.get(state, 0) for state in ALARMING)
