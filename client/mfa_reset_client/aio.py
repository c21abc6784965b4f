"""The async client: the same calls, the same steps."""

from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from types import TracebackType
from typing import Self

import httpx

from mfa_reset_client import steps
from mfa_reset_client.again import Pause, Steps
from mfa_reset_client.client import LONG_PATIENCE, PATIENCE, given
from mfa_reset_client.connection import arguments, options
from mfa_reset_client.models import Accepted, ResetRequest, Target, TargetsOfCustomer
from mfa_reset_client.pace import AsyncPace


class AsyncClient:
    """Client's methods, awaited. See there."""

    def __init__(
        self,
        base_url: str,
        key: str,
        *,
        patience: float = PATIENCE,
        pace: AsyncPace | None = None,
        transport: httpx.AsyncBaseTransport | None = None,
        allow_http: bool = False,
    ) -> None:
        self._http = httpx.AsyncClient(**options(base_url, key, allow_http=allow_http), transport=transport)
        self._patience = patience
        self._pace = pace or AsyncPace()

    async def create(
        self,
        targets: Iterable[TargetsOfCustomer],
        *,
        reason: str = "",
        ticket: str = "",
        requester: str = "",
        methods: Sequence[str] | None = None,
        revoke_sessions: bool = True,
        dry_run: bool = False,
        idempotency_key: str | None = None,
    ) -> Accepted:
        """Asks for a reset. The same `idempotency_key` and body give the same request again; None makes a new one."""
        body = steps.body_of(
            targets,
            reason=reason,
            ticket=ticket,
            requester=requester,
            methods=methods,
            revoke_sessions=revoke_sessions,
            dry_run=dry_run,
        )
        return await self._run(steps.create(body, idempotency_key, self._patience, self._pace.now))

    async def get(self, request_id: str) -> ResetRequest:
        return await self._run(steps.get(request_id, self._patience, self._pace.now))

    async def list(self, *, status: str | None = None, customer: str | None = None) -> AsyncIterator[ResetRequest]:
        """Newest first, page by page as they are asked for."""
        params = given(status=status, customer=customer)
        while True:
            page = await self._run(steps.requests_page(params, self._patience, self._pace.now))
            for entry in page.value:
                yield entry
            if page.cursor is None:
                return
            params = params | {"cursor": page.cursor}

    async def targets(
        self, request_id: str, *, customer: str | None = None, outcome: str | None = None
    ) -> AsyncIterator[Target]:
        """In the order of the request, page by page as they are asked for."""
        params = given(customer=customer, outcome=outcome, limit="500")
        while True:
            page = await self._run(steps.targets_page(request_id, params, self._patience, self._pace.now))
            for entry in page.value:
                yield entry
            if page.cursor is None:
                return
            params = params | {"cursor": page.cursor}

    async def cancel(self, request_id: str) -> ResetRequest:
        """Nothing further is removed afterwards. ConflictError where the request had ended in another way."""
        return await self._run(steps.cancel(request_id, self._patience, self._pace.now))

    async def retry(self, request_id: str, *, idempotency_key: str | None = None) -> Accepted:
        """A new request for the targets that did not end well. ConflictError where there are none."""
        return await self._run(steps.retry(request_id, idempotency_key, self._patience, self._pace.now))

    async def undo(
        self,
        request_id: str,
        *,
        reason: str = "",
        ticket: str = "",
        requester: str = "",
        idempotency_key: str | None = None,
    ) -> Accepted:
        """A new request that activates again the hardware tokens that this one deactivated; what is not said is taken from it.

        ConflictError where there are none, or it is too late. Approved, it waits for a code of each token: see `activate`.
        """
        body = {"reason": reason, "ticket": ticket, "requester": requester}
        return await self._run(steps.undo(request_id, body, idempotency_key, self._patience, self._pace.now))

    async def activate(self, request_id: str, number: int, method: str, code: str) -> Target:
        """Tries the six digits that a token shows now: `number` of the undo's target, `method` the token's id.

        InvalidInputError for a wrong code, ConflictError where no code is taken. Tried again for as long as a code lives only.
        """
        return await self._run(steps.activate(request_id, number, method, code, self._patience, self._pace.now))

    async def wait(
        self,
        request_id: str,
        *,
        timeout: float | None = None,  # noqa: ASYNC109 - the same name and error as the blocking client's
        patience: float = LONG_PATIENCE,
        on_look: Callable[[ResetRequest], None] = lambda _: None,
    ) -> ResetRequest:
        """The request once it has ended, however it ended. `timeout` and `patience` in seconds.

        Looks when the service says so; `on_look` is told what was seen. Raises WaitTimeoutError after `timeout` (the request
        goes on), UnreachableError when the service was away for `patience`.
        """
        return await self._run(steps.wait(request_id, timeout, on_look, patience, self._pace.now))

    async def close(self) -> None:
        await self._http.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def _run[T](self, todo: Steps[T]) -> T:
        try:
            step = next(todo)
            while True:
                if isinstance(step, Pause):
                    await self._pace.sleep(step.seconds)
                    step = next(todo)
                    continue
                sent = arguments(step.json, step.params, step.headers)
                try:
                    answer = await self._http.request(step.method, step.path, **sent)
                except httpx.RequestError as error:
                    step = todo.throw(error)
                else:
                    step = todo.send(answer)
        except StopIteration as end:
            value: T = end.value
            return value
