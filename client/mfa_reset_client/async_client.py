"""The async client. It drives the same operations as the blocking one."""

from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from types import TracebackType
from typing import Self

import httpx

from mfa_reset_client import operations
from mfa_reset_client.client import RETRY_TIMEOUT, WAIT_RETRY_TIMEOUT, query
from mfa_reset_client.clock import AsyncClock
from mfa_reset_client.connection import options, request_arguments
from mfa_reset_client.models import Accepted, CustomerTargets, ResetRequest, Target
from mfa_reset_client.retry import Pause, Steps


class AsyncClient:
    """The methods of Client, awaited."""

    def __init__(
        self,
        base_url: str,
        key: str,
        *,
        retry_timeout: float = RETRY_TIMEOUT,
        clock: AsyncClock | None = None,
        transport: httpx.AsyncBaseTransport | None = None,
        allow_http: bool = False,
    ) -> None:
        self._http = httpx.AsyncClient(**options(base_url, key, allow_http=allow_http), transport=transport)
        self._retry_timeout = retry_timeout
        self._clock = clock or AsyncClock()

    async def create(
        self,
        targets: Iterable[CustomerTargets],
        *,
        reason: str = "",
        ticket: str = "",
        requester: str = "",
        methods: Sequence[str] | None = None,
        revoke_sessions: bool = True,
        dry_run: bool = False,
        idempotency_key: str | None = None,
    ) -> Accepted:
        """Request a reset. The same `idempotency_key` and body give the same request again; None makes a new one."""
        body = operations.request_body(
            targets,
            reason=reason,
            ticket=ticket,
            requester=requester,
            methods=methods,
            revoke_sessions=revoke_sessions,
            dry_run=dry_run,
        )
        return await self._run(operations.create(body, idempotency_key, self._retry_timeout, self._clock.now))

    async def get(self, request_id: str) -> ResetRequest:
        """Return a request."""
        return await self._run(operations.get(request_id, self._retry_timeout, self._clock.now))

    async def list(self, *, status: str | None = None, customer: str | None = None) -> AsyncIterator[ResetRequest]:
        """Iterate over requests, newest first. Pages are read as they are needed."""
        params = query(status=status, customer=customer)
        while True:
            page = await self._run(operations.requests_page(params, self._retry_timeout, self._clock.now))
            for entry in page.value:
                yield entry
            if page.cursor is None:
                return
            params = params | {"cursor": page.cursor}

    async def targets(
        self, request_id: str, *, customer: str | None = None, outcome: str | None = None
    ) -> AsyncIterator[Target]:
        """Iterate over the targets in the order of the request. Pages are read as they are needed."""
        params = query(customer=customer, outcome=outcome, limit="500")
        while True:
            page = await self._run(operations.targets_page(request_id, params, self._retry_timeout, self._clock.now))
            for entry in page.value:
                yield entry
            if page.cursor is None:
                return
            params = params | {"cursor": page.cursor}

    async def cancel(self, request_id: str) -> ResetRequest:
        """Cancel a request: nothing further is removed.

        Raises:
            ConflictError: The request has ended in another way.
        """
        return await self._run(operations.cancel(request_id, self._retry_timeout, self._clock.now))

    async def retry(self, request_id: str, *, idempotency_key: str | None = None) -> Accepted:
        """Make a new request for the targets of an ended one that did not end well.

        Raises:
            ConflictError: There are no such targets, or the request has not ended.
        """
        return await self._run(operations.retry(request_id, idempotency_key, self._retry_timeout, self._clock.now))

    async def undo(
        self,
        request_id: str,
        *,
        reason: str = "",
        ticket: str = "",
        requester: str = "",
        idempotency_key: str | None = None,
    ) -> Accepted:
        """Make a new request that reactivates the hardware tokens that an ended one deactivated.

        Empty fields are taken from the ended request. Once approved, each token needs a code: see `activate`.

        Raises:
            ConflictError: There are no such tokens, or the time for an undo has passed.
        """
        body = {"reason": reason, "ticket": ticket, "requester": requester}
        return await self._run(operations.undo(request_id, body, idempotency_key, self._retry_timeout, self._clock.now))

    async def activate(self, request_id: str, number: int, method: str, code: str) -> Target:
        """Send the six digits that a token shows: `number` is the undo's target, `method` the token's id.

        Retried only while the code is valid.

        Raises:
            InvalidInputError: The code is wrong.
            ConflictError: The request does not accept codes now.
        """
        return await self._run(
            operations.activate(request_id, number, method, code, self._retry_timeout, self._clock.now)
        )

    async def wait(
        self,
        request_id: str,
        *,
        timeout: float | None = None,  # noqa: ASYNC109 - the same name and error as the blocking client's
        retry_timeout: float = WAIT_RETRY_TIMEOUT,
        on_poll: Callable[[ResetRequest], None] = lambda _: None,
    ) -> ResetRequest:
        """Poll a request until it has ended, and return it. `on_poll` receives the request after each poll.

        Raises:
            WaitTimeoutError: `timeout` seconds have passed; the request continues.
            UnreachableError: The service was unavailable for `retry_timeout` seconds.
        """
        return await self._run(operations.wait(request_id, timeout, on_poll, retry_timeout, self._clock.now))

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def _run[T](self, operation: Steps[T]) -> T:
        try:
            step = next(operation)
            while True:
                if isinstance(step, Pause):
                    await self._clock.sleep(step.seconds)
                    step = next(operation)
                    continue
                sent = request_arguments(step.json, step.params, step.headers)
                try:
                    response = await self._http.request(step.method, step.path, **sent)
                except httpx.RequestError as error:
                    step = operation.throw(error)
                else:
                    step = operation.send(response)
        except StopIteration as end:
            value: T = end.value
            return value
