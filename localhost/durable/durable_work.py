"""Where the host takes its durable work: the embedded engine, or a service that several hosts share."""

from collections.abc import Callable
from typing import Protocol

from localhost.durable.instances import ActivityWork, OrchestrationWork
from localhost.durable.vendor_adapter import pb


class DurableWork(Protocol):
    """Taken and completed on the dispatcher's thread; `on_work` may be called in any."""

    @property
    def trouble(self) -> str:
        """Why no work should be sent here at the moment; empty when all is well."""

    def listen(self, on_work: Callable[[], None]) -> None: ...

    def has_work(self) -> bool: ...

    def take_orchestration(self) -> OrchestrationWork | None: ...

    def take_activity(self) -> ActivityWork | None: ...

    def complete_orchestration(self, work: OrchestrationWork, response: pb.OrchestratorResponse) -> None: ...

    def complete_activity(self, work: ActivityWork, result: str | None) -> None: ...

    def fail_activity(self, work: ActivityWork, failure: pb.TaskFailureDetails) -> None: ...

    def take_nothing_more(self) -> None:
        """Leave what was not taken yet, and what comes, to others or to a later start."""
