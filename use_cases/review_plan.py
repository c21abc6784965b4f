"""Review a plan in the console and confirm it: the plan is that of a dry run, and the request is made of what it lists."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import NamedTuple

import durable
from domain.access.callers import Caller
from domain.containment.actions import Profile
from domain.errors import InvalidInputError, KeyReusedError
from domain.model import iso
from domain.request.approval import NotApprovableError, Tally, approval_needed
from domain.request.new_request import CONSOLE, EarlierNumbers, Origin, known_names
from domain.request.parsing import read_request
from domain.request.reset_request import ApprovalNeeded, ResetRequest
from domain.request.target import Target
from languages import Message
from services import Services
from use_cases.admit_request import recent_users_of
from use_cases.approval_to_keep import approval_to_keep
from use_cases.read_targets import all_targets
from use_cases.submit_request import Submission, Submitted, canonical_json, submit_request


class ReviewedPlan(NamedTuple):
    """The plan of a review. `selected` are the users who would be reset, without those left out.

    `type_count`: many or privileged users, so the operator types their number. `approval` is what the request would need;
    None where it cannot be had, and `problem` says why, or where no user is selected.
    """

    targets: list[Target]
    selected: list[Target]
    type_count: bool
    approval: ApprovalNeeded | None
    problem: str


class ReviewModes(NamedTuple):
    """What a review asks for besides: `phone_only` as in a request's body, "" for none, and passes."""

    phone_only: str = ""
    access_pass: bool = False

    def fields(self) -> dict[str, object]:
        """Return the fields of the request's body; none where nothing was asked for."""
        return ({"phoneOnly": self.phone_only} if self.phone_only else {}) | (
            {"accessPass": True} if self.access_pass else {}
        )


NO_MODES = ReviewModes()


class Later(NamedTuple):
    """When the request of a reviewed plan is to reset, as it was typed in: `not_before` in UTC, `waves` as 5, 50."""

    not_before: str = ""
    waves: str = ""
    stop_above: str = ""

    @property
    def is_set(self) -> bool:
        return any(self)

    def fields(self) -> dict[str, object]:
        """Return the fields of the request's body. Raises: InvalidInputError."""
        fields: dict[str, object] = {}
        try:
            if self.not_before:
                fields["notBefore"] = iso(datetime.fromisoformat(self.not_before).replace(tzinfo=UTC))
            if self.waves:
                fields["waves"] = [int(size) for size in self.waves.replace(",", " ").split()]
            if self.stop_above:
                fields["stopAbove"] = int(self.stop_above)
        except ValueError as error:
            raise InvalidInputError(
                Message("A time or number cannot be read."), [{"pointer": "", "detail": str(error)}]
            ) from None
        return fields


AT_ONCE = Later()


async def submit_review(
    services: Services,
    client: durable.Client,
    groups: dict[str, list[str]],
    *,
    by: Caller,
    customers: frozenset[str] | None,
    methods: list[str] | None,
    revoke_sessions: bool,
    profile: Profile | None = None,
    modes: ReviewModes = NO_MODES,
) -> ResetRequest:
    """Submit the dry run whose plan is reviewed. `methods` None: the standard scope, as far as each customer allows it.

    Raises: InvalidInputError.
    """
    body: dict[str, object] = {
        "targets": [{"customer": customer, "users": users} for customer, users in groups.items()],
        "revokeSessions": revoke_sessions,
        "dryRun": True,
    }
    if methods is not None:
        body["methods"] = methods
    if profile is not None:
        body["profile"] = profile.value
    body |= modes.fields()
    parsed = read_request(body, services.policy, customers)
    return (await submit_request(services, client, Submission(parsed, Origin(CONSOLE, caller=by)))).request


async def read_plan_of(services: Services, review: ResetRequest, left_out: frozenset[int]) -> ReviewedPlan:
    """Return the plan of a review without the targets whose numbers are in `left_out`."""
    targets = [target async for target in all_targets(services, review.id)]
    selected = [t for t in targets if t.planned and not t.settled and t.number not in left_out]
    tally = Tally().add(selected)
    recent = await recent_users_of(services, review)
    type_count = tally.targets >= services.policy.approval.step_up.targets or tally.privileged > 0
    approval, problem = None, ""
    if selected:
        try:
            approval = approval_needed(
                services.policy,
                exempt=False,
                involved=review.involved,
                unknown_requester=not review.requester_is_known,
                identities=review.identities,
                accounts_needed=services.settings.signs_in,
                tally=tally,
                now=services.now(),
                recent=recent,
                at_least=await approval_to_keep(services, review),
            )
        except NotApprovableError as error:
            problem = str(error)
    return ReviewedPlan(targets, selected, type_count, approval, problem)


async def confirmed_request(services: Services, review: ResetRequest) -> ResetRequest | None:
    """Return the request that the plan was confirmed as; None where it was not, or has just not been written."""
    request_id = await services.deliveries.find(CONSOLE, _key(review))
    return await services.requests.get(request_id) if request_id else None


def _key(review: ResetRequest) -> str:
    """Return the key under which a review becomes one request."""
    return f"review:{review.id}"


async def confirm_review(
    services: Services,
    client: durable.Client,
    review: ResetRequest,
    plan: ReviewedPlan,
    *,
    by: Caller,
    customers: frozenset[str] | None,
    reason: str,
    ticket: str,
    later: Later = AT_ONCE,
) -> Submitted:
    """Submit the request of a reviewed plan, once: a second confirmation returns the first one's request.

    Raises: InvalidInputError where it cannot be done `later` in this way.
    """
    groups: dict[str, list[str]] = {}
    for target in plan.selected:
        groups.setdefault(target.customer, []).append(target.user_id)
    body: dict[str, object] = {
        "targets": [{"customer": customer, "users": users} for customer, users in groups.items()],
        "reason": reason,
        "ticket": ticket,
        "revokeSessions": review.revoke_sessions,
    }
    if review.containment is not None:
        body["profile"] = review.containment.profile.value
    else:
        body["methods"] = [kind.value for kind in review.methods]
    body |= ReviewModes(review.phone_only or "", review.access_pass).fields() | later.fields()
    submission = Submission(
        read_request(body, services.policy, customers),
        Origin(
            CONSOLE,
            caller=by,
            retry_of=review.retry_of,
            earlier=_earlier_numbers(plan.selected),
            names=known_names(plan.selected),
        ),
        key=_key(review),
        raw=canonical_json(body),
    )
    try:
        return await submit_request(services, client, submission)
    except KeyReusedError:  # confirmed before, with another selection: the first one counts
        first = await services.deliveries.accept(CONSOLE, _key(review), submission.raw, review.id, services.now())
        request = await services.requests.get(first.request_id) if first.request_id else None
        if request is None:  # its record cannot be read, or the first confirmation has not written its request yet
            raise
        return Submitted(request, is_new=False)


def _earlier_numbers(targets: Iterable[Target]) -> EarlierNumbers:
    """Return which target of the retried request each of these users is; nothing for a first try."""
    return {(target.customer, target.user_id): target.earlier for target in targets if target.earlier is not None}
