"""The blocking client."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from types import TracebackType
from typing import Self

import httpx

from mfa_reset_client import steps
from mfa_reset_client.again import Pause, Steps
from mfa_reset_client.connection import arguments, options
from mfa_reset_client.models import Accepted, ResetRequest, Target, TargetsOfCustomer
from mfa_reset_client.pace import Pace

PATIENCE = 60.0  # seconds in which a single call is tried again
LONG_PATIENCE = 900.0  # the same while waiting: a deployment or an outage of minutes must not fail a pipeline of hours


class Client:
    """Calls the service at `base_url` with a function key. Raises ClientError's kinds only.

    A call that meets 429, 5xx or a connection that fails is made again, for `patience` seconds.
    """

    def __init__(
        self,
        base_url: str,
        key: str,
        *,
        patience: float = PATIENCE,
        pace: Pace | None = None,
        transport: httpx.BaseTransport | None = None,
        allow_http: bool = False,
    ) -> None:
        self._http = httpx.Client(**options(base_url, key, allow_http=allow_http), transport=transport)
        self._patience = patience
        self._pace = pace or Pace()

    def create(
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
        return self._run(steps.create(body, idempotency_key, self._patience, self._pace.now))

    def get(self, request_id: str) -> ResetRequest:
        return self._run(steps.get(request_id, self._patience, self._pace.now))

    def list(self, *, status: str | None = None, customer: str | None = None) -> Iterator[ResetRequest]:
        """Newest first, page by page as they are asked for."""
        params = given(status=status, customer=customer)
        while True:
            page = self._run(steps.requests_page(params, self._patience, self._pace.now))
            yield from page.value
            if page.cursor is None:
                return
            params = params | {"cursor": page.cursor}

    def targets(self, request_id: str, *, customer: str | None = None, outcome: str | None = None) -> Iterator[Target]:
        """In the order of the request, page by page as they are asked for."""
        params = given(customer=customer, outcome=outcome, limit="500")
        while True:
            page = self._run(steps.targets_page(request_id, params, self._patience, self._pace.now))
            yield from page.value
            if page.cursor is None:
                return
            params = params | {"cursor": page.cursor}

    def cancel(self, request_id: str) -> ResetRequest:
        """Nothing further is removed afterwards. ConflictError where the request had ended in another way."""
        return self._run(steps.cancel(request_id, self._patience, self._pace.now))

    def retry(self, request_id: str, *, idempotency_key: str | None = None) -> Accepted:
        """A new request for the targets that did not end well. ConflictError where there are none."""
        return self._run(steps.retry(request_id, idempotency_key, self._patience, self._pace.now))

    def undo(
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
        return self._run(steps.undo(request_id, body, idempotency_key, self._patience, self._pace.now))

    def activate(self, request_id: str, number: int, method: str, code: str) -> Target:
        """Tries the six digits that a token shows now: `number` of the undo's target, `method` the token's id.

        InvalidInputError for a wrong code, ConflictError where no code is taken. Tried again for as long as a code lives only.
        """
        return self._run(steps.activate(request_id, number, method, code, self._patience, self._pace.now))

    def wait(
        self,
        request_id: str,
        *,
        timeout: float | None = None,
        patience: float = LONG_PATIENCE,
        on_look: Callable[[ResetRequest], None] = lambda _: None,
    ) -> ResetRequest:
        """The request once it has ended, however it ended. `timeout` and `patience` in seconds.

        Looks when the service says so; `on_look` is told what was seen. Raises WaitTimeoutError after `timeout` (the request
        goes on), UnreachableError when the service was away for `patience`.
        """
        return self._run(steps.wait(request_id, timeout, on_look, patience, self._pace.now))

    def close(self) -> None:
        self._http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _run[T](self, todo: Steps[T]) -> T:
        try:
            step = next(todo)
            while True:
                if isinstance(step, Pause):
                    self._pace.sleep(step.seconds)
                    step = next(todo)
                    continue
                sent = arguments(step.json, step.params, step.headers)
                try:
                    answer = self._http.request(step.method, step.path, **sent)
                except httpx.RequestError as error:
                    step = todo.throw(error)
                else:
                    step = todo.send(answer)
        except StopIteration as end:
            value: T = end.value
            return value


def given(**params: str | None) -> dict[str, str]:
    return {name: value for name, value in params.items() if value is not None}
