"""Activate a hardware token with the code that it shows.

A code is valid for 30 or 60 seconds, so it is tried at once; it is not stored anywhere.
"""

from collections.abc import Callable

import durable
from domain.errors import ConflictError, NotFoundError, WrongCodeError
from domain.outcomes import MethodOutcome, RequestStatus, TargetOutcome
from domain.request.guards import still_allowed
from domain.request.reset_request import ResetRequest, TokenCode
from domain.request.target import Target, TargetMethod
from domain.request.undo import WRONG_CODES, with_method
from graph.client import GraphClient
from graph.errors import Fault, GraphError
from graph.hardware import activate, read_hardware
from languages import Message
from records.targets import StoredTarget
from services import Services
from use_cases.check_stop import check_stop
from use_cases.orchestrations import wake

_GONE = Message("The token is not assigned to this user any more.")


async def activate_token(
    services: Services,
    client: durable.Client,
    request: ResetRequest,
    number: int,
    code: TokenCode,
    *,
    by: str,
) -> Target:
    """Try a code for one token of target `number`, and return the target as it is afterwards.

    The orchestration of the undo is woken once no token waits for a code any more. Raises: WrongCodeError, ConflictError,
    NotFoundError; GraphError where nothing was tried.
    """
    _check_takes_codes(services, request)
    try:
        return await _activate(services, request.id, number, code, by)
    finally:
        if not (await services.targets.totals(request.id))[TargetOutcome.PENDING.value]:
            await wake(client, request.id)


def _check_takes_codes(services: Services, request: ResetRequest) -> None:
    if request.undo_of is None:
        raise ConflictError(Message("This request is not an undo. Ask for one first: docs/undo.md."))
    if request.status is not RequestStatus.RESETTING:
        raise ConflictError(
            Message(
                "An undo takes codes between its approval and its end. It is %(status)s.", status=request.status.value
            )
        )
    if request.codes_until is not None and services.now() >= request.codes_until:
        raise ConflictError(Message("The time for codes is over. Ask for another undo if it is still needed."))


async def _activate(services: Services, request_id: str, number: int, code: TokenCode, by: str) -> Target:
    kept = await services.targets.get(request_id, number)
    method = next((m for m in kept.target.methods if m.id == code.method), None) if kept else None
    if kept is None or method is None:
        raise NotFoundError(Message("The request has no such user with such a token."))
    if method.reactivated:
        return kept.target
    await _check_token(services, request_id, kept.target, method)
    attempt = _Attempt(services, request_id, kept, method, by)
    return await attempt.run(services.graph.of(kept.target.tenant_id), code.code)


async def _check_token(services: Services, request_id: str, target: Target, method: TargetMethod) -> None:
    if target.settled or method.outcome is not MethodOutcome.PENDING:
        detail = method.detail or target.detail
        if not detail:
            raise ConflictError(Message("No code is taken for this token any more."))
        raise ConflictError(Message("No code is taken for this token any more. %(detail)s", detail=detail))
    if method.wrong_codes >= WRONG_CODES:  # the last of them is being tried right now
        raise ConflictError(Message("As many codes as are allowed have been tried for this token."))
    stop = await check_stop(services, request_id)
    if stop != "go":
        why = (
            Message("The request was cancelled.")
            if stop == "cancelled"
            else Message("The service is stopped from changing anything.")
        )
        raise ConflictError(why)
    if refused := still_allowed(target, services.policy.customers.get(target.customer)):
        raise ConflictError(refused.detail)


class _Attempt:
    def __init__(self, services: Services, request_id: str, kept: StoredTarget, method: TargetMethod, by: str) -> None:
        self._services, self._request_id, self._kept, self._method, self._by = services, request_id, kept, method, by

    async def run(self, client: GraphClient, code: str) -> Target:
        user_id = self._kept.target.user_id
        seen = next((m for m in await read_hardware(client, user_id) if m.id == self._method.id), None)
        if seen is None:
            await self._record_unassigned()
        elif seen.active:  # by the user, an administrator, or a call of this service whose response was lost
            return await self._record_active("It was active already when it was looked at.", None)
        await self._count_as_wrong()
        try:
            answer = await activate(client, user_id, self._method.id, code)
            error = None if answer.ok else answer.error()
        except GraphError as lost:
            error = lost
        if error is None:
            return await self._record_active("", answer.request_id)
        if error.fault is Fault.REFUSED and error.status == 400:
            raise await self._wrong_code()
        await self._record(self._uncount)
        if error.fault is Fault.NOT_FOUND:
            await self._record_unassigned()
        if error.passing or error.of_tenant:
            raise error
        # Graph's own message is left out: it is not documented that it never repeats the code.
        raise ConflictError(
            Message(
                "Graph does not let the service activate this token (%(status)s %(code)s).",
                status=error.status,
                code=error.code,
            )
        )

    async def _count_as_wrong(self) -> None:
        """Count the code as a wrong one before it is tried, so that concurrent attempts cannot exceed the limit."""
        counted = self._with_wrong_codes(self._kept.target, 1)
        if await self._services.targets.rewrite(self._kept, counted) is None:
            raise ConflictError(
                Message("Another code of this user is being tried right now. Look at the user and send it again.")
            )

    async def _record_active(self, detail: str, graph_id: str | None) -> Target:
        changes = {"outcome": MethodOutcome.KEPT_NEWER, "reactivated": True, "detail": detail, "request_id": graph_id}
        target = await self._record(lambda t: with_method(t, self._method.id, **changes))
        data: dict[str, object] = {"wasActive": bool(detail), "requestId": graph_id}
        await self._audit("tokenActivated", data, once=f"activated:{target.number}:{self._method.id}")
        return target

    async def _record_unassigned(self) -> None:
        await self._record(
            lambda t: with_method(t, self._method.id, outcome=MethodOutcome.ALREADY_GONE, detail=str(_GONE))
        )
        raise ConflictError(_GONE)

    async def _wrong_code(self) -> WrongCodeError:
        wrong = self._method.wrong_codes + 1
        await self._audit("tokenCodeRefused", {"wrong": wrong})
        if wrong < WRONG_CODES:
            left = WRONG_CODES - wrong
            ends = (
                Message("One more wrong code ends this token's undo.")
                if left == 1
                else Message("%(left)s more wrong codes end this token's undo.", left=left)
            )
            return WrongCodeError(
                Message(
                    "The token shows another code. Wait for its next one and send it within 30 seconds; check the label of the "
                    "token. %(ends)s",
                    ends=ends,
                )
            )
        detail = Message("%(wrong)s wrong codes were sent for it.", wrong=wrong)
        await self._record(lambda t: with_method(t, self._method.id, outcome=MethodOutcome.FAILED, detail=str(detail)))
        return WrongCodeError(
            Message(
                "%(detail)s No more are taken: the user activates the token at mysignins.microsoft.com, or an Authentication "
                "Administrator does, or another undo is asked for.",
                detail=detail,
            )
        )

    async def _audit(self, event: str, more: dict[str, object], once: str = "") -> None:
        data = {"number": self._kept.target.number, "method": self._method.id} | more
        await self._services.audits.append(self._request_id, self._services.now(), self._by, event, data, once=once)

    def _uncount(self, target: Target) -> Target:
        return self._with_wrong_codes(target, -1)

    def _with_wrong_codes(self, target: Target, by: int) -> Target:
        methods = [
            m.model_copy(update={"wrong_codes": m.wrong_codes + by}) if m.id == self._method.id else m
            for m in target.methods
        ]
        return target.model_copy(update={"methods": methods})

    async def _record(self, change: Callable[[Target], Target]) -> Target:
        """Write what happened onto the target as it is by now, also where another write came in between."""
        while True:
            kept = await self._services.targets.get(self._request_id, self._kept.target.number)
            if kept is None:
                raise LookupError(self._request_id)
            after = change(kept.target)
            if await self._services.targets.save(self._request_id, kept, after):
                return after
