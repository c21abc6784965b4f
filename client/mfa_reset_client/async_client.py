"""The async client: the operations with async I/O."""

from collections.abc import AsyncIterator, Callable, Coroutine
from types import TracebackType
from typing import Any, Concatenate, ParamSpec, Self, TypeVar

import httpx

from mfa_reset_client.bearer import TokenCredential
from mfa_reset_client.calls import Pages
from mfa_reset_client.clock import AsyncClock
from mfa_reset_client.connection import authentication, options, request_arguments
from mfa_reset_client.methods import describe, item_of, value_of
from mfa_reset_client.models import ApiModel
from mfa_reset_client.operations import RETRY_TIMEOUT, Operations
from mfa_reset_client.retry import Pause, Retry, Steps

P = ParamSpec("P")
T = TypeVar("T")
Item = TypeVar("Item", bound=ApiModel)


def _method(
    operation: Callable[Concatenate[Operations, P], Steps[T]],
) -> "Callable[Concatenate[AsyncClient, P], Coroutine[Any, Any, T]]":
    async def method(self: "AsyncClient", /, *args: P.args, **kwargs: P.kwargs) -> T:
        return await self._run(operation(self._operations, *args, **kwargs))

    describe(method, operation, value_of)
    return method


def _iterator(
    operation: Callable[Concatenate[Operations, P], Pages[Item]],
) -> "Callable[Concatenate[AsyncClient, P], AsyncIterator[Item]]":
    def method(self: "AsyncClient", /, *args: P.args, **kwargs: P.kwargs) -> AsyncIterator[Item]:
        return self._iterate(operation(self._operations, *args, **kwargs))

    describe(method, operation, lambda pages: AsyncIterator[item_of(pages)])  # type: ignore[misc] # known at run time
    return method


class AsyncClient:
    """The methods of Client, awaited."""

    def __init__(
        self,
        base_url: str,
        key: str | None = None,
        *,
        credential: TokenCredential | None = None,
        audience: str = "",
        retry_timeout: float = RETRY_TIMEOUT,
        clock: AsyncClock | None = None,
        transport: httpx.AsyncBaseTransport | None = None,
        allow_http: bool = False,
        language: str = "",
        on_retry: Callable[[Retry], None] = lambda _: None,
    ) -> None:
        auth = authentication(key, credential, audience)
        self._http = httpx.AsyncClient(
            **options(base_url, auth, allow_http=allow_http, language=language), transport=transport
        )
        self._clock = clock or AsyncClock()
        self._on_retry = on_retry
        self._operations = Operations(self._clock.now, retry_timeout)

    create = _method(Operations.create)
    get = _method(Operations.get)
    list = _iterator(Operations.list)
    targets = _iterator(Operations.targets)
    cancel = _method(Operations.cancel)
    retry = _method(Operations.retry)
    takeover = _method(Operations.takeover)
    undo = _method(Operations.undo)
    activate = _method(Operations.activate)
    unblock = _method(Operations.unblock)
    dismiss_risk = _method(Operations.dismiss_risk)
    delegation = _method(Operations.delegation)
    delegate = _method(Operations.delegate)
    end_delegation = _method(Operations.end_delegation)
    record_callback = _method(Operations.record_callback)
    begin_presentation = _method(Operations.begin_presentation)
    make_access_pass = _method(Operations.make_access_pass)
    wait = _method(Operations.wait)
    remind = _method(Operations.remind)
    customers = _iterator(Operations.customers)
    discover_customers = _iterator(Operations.discover_customers)
    users = _iterator(Operations.users)
    look_up = _method(Operations.look_up)
    audit = _iterator(Operations.audit)
    removal_alerts = _iterator(Operations.removal_alerts)
    audit_logs = _method(Operations.audit_logs)
    verify_audit = _method(Operations.verify_audit)
    export_csv = _method(Operations.export_csv)
    evidence = _method(Operations.evidence)
    period_evidence = _method(Operations.period_evidence)
    evidence_keys = _method(Operations.evidence_keys)

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def _run(self, steps: Steps[T]) -> T:
        try:
            step = next(steps)
            while True:
                if isinstance(step, Pause):
                    if step.retry:
                        self._on_retry(step.retry)
                    await self._clock.sleep(step.seconds)
                    step = next(steps)
                    continue
                sent = request_arguments(step.json, step.params, step.headers)
                try:
                    response = await self._http.request(step.method, step.path, **sent)
                except httpx.RequestError as error:
                    step = steps.throw(error)
                else:
                    step = steps.send(response)
        except StopIteration as end:
            value: T = end.value
            return value

    async def _iterate(self, pages: Pages[Item]) -> AsyncIterator[Item]:
        steps = next(pages, None)
        while steps is not None:
            page = await self._run(steps)
            for item in page[0]:
                yield item
            try:
                steps = pages.send(page)
            except StopIteration:
                return
