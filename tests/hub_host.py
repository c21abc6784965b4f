"""A host in a test whose durable work comes from a real task hub: what the hub knows, and when all is quiet there."""

import asyncio
import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, override

import grpc

from localhost.clock import Clock
from localhost.durable.history_events import instant
from localhost.durable.task_hub_address import TaskHubAddress
from localhost.durable.vendor_adapter import pb
from localhost.host.running_host import RunningHost

_SERVICE = "/TaskHubSidecarService/"
_LIVE = (pb.ORCHESTRATION_STATUS_RUNNING, pb.ORCHESTRATION_STATUS_PENDING, pb.ORCHESTRATION_STATUS_SUSPENDED)
# Between two looks that have to agree; a message lies in a queue for less.
_LOOK_AGAIN = 0.3
_LONGEST = 120.0


class SeenEvents(grpc.UnaryUnaryClientInterceptor):
    """Counts what clients raise: an event in a queue is in no history yet."""

    def __init__(self) -> None:
        self.raised: dict[str, list[datetime]] = {}

    @override
    def intercept_unary_unary(self, continuation: Any, client_call_details: Any, request: Any) -> Any:
        answer = continuation(client_call_details, request)
        if client_call_details.method == f"{_SERVICE}RaiseEvent" and answer.code() is grpc.StatusCode.OK:
            instance = pb.RaiseEventRequest.FromString(request).instanceId
            self.raised.setdefault(instance, []).append(datetime.now(UTC))
        return answer


@dataclass(frozen=True)
class WatchedHub(TaskHubAddress):
    seen: SeenEvents = field(default_factory=SeenEvents, compare=False)

    @override
    def channel(self) -> grpc.Channel:
        return grpc.intercept_channel(super().channel(), self.seen)


@dataclass
class HubHost[AnyClock: Clock](RunningHost[AnyClock]):
    """What tests ask of a running host, answered by the hub."""

    hub: WatchedHub = field(kw_only=True)

    def __post_init__(self) -> None:
        self._channel = TaskHubAddress(self.hub.address, self.hub.name).channel()

    def close(self) -> None:
        self._channel.close()

    @override
    def history(self, instance_id: str) -> list[pb.HistoryEvent]:
        stream: Any = self._channel.unary_stream(f"{_SERVICE}StreamInstanceHistory")
        asked = pb.StreamInstanceHistoryRequest(instanceId=instance_id).SerializeToString()
        return [event for chunk in stream(asked) for event in pb.HistoryChunk.FromString(chunk).events]

    @override
    def instance_ids(self) -> list[str]:
        return [state.instanceId for state in self._states()]

    @override
    async def idle(self) -> None:
        """Return when no orchestration has anything to do but to wait for time, an event or a request."""
        end, before = time.monotonic() + _LONGEST, None
        while True:
            await self.dispatcher.idle()
            now = await asyncio.to_thread(self._quiet_state)
            if now is not None and now == before:
                return
            assert time.monotonic() < end, "the hub does not come to rest"
            before = now
            await asyncio.sleep(_LOOK_AGAIN)

    def _states(self) -> list[pb.OrchestrationState]:
        query_instances: Any = self._channel.unary_unary(f"{_SERVICE}QueryInstances")
        query = pb.InstanceQuery(maxInstanceCount=500)
        found: list[pb.OrchestrationState] = []
        while True:
            asked = pb.QueryInstancesRequest(query=query).SerializeToString()
            page = pb.QueryInstancesResponse.FromString(query_instances(asked))
            found += page.orchestrationState
            if not page.continuationToken.value:
                return found
            query.continuationToken.value = page.continuationToken.value

    def _quiet_state(self) -> dict[str, int] | None:
        """The length of every live instance's history; None where one of them has something to do."""
        states = self._states()
        live = {state.instanceId for state in states if state.orchestrationStatus in _LIVE}
        histories = {instance_id: self.history(instance_id) for instance_id in live}
        if any(
            _busy(history, live, self.hub.seen.raised.get(instance_id, ()))
            for instance_id, history in histories.items()
        ):
            return None
        return {state.instanceId: len(histories.get(state.instanceId, ())) for state in states}


def on_hub[AnyClock: Clock](host: RunningHost[AnyClock], hub: WatchedHub) -> HubHost[AnyClock]:
    """`host`, whose durable work comes from `hub`."""
    return HubHost(host.base_url, host.key, host.clock, host.durable, host.dispatcher, host.timers, hub=hub)


def _busy(history: list[pb.HistoryEvent], live: set[str], raised: Iterable[datetime]) -> bool:
    """Whether the run has begun nothing yet, or waits for an activity, a child that ended, a due timer or a sent event."""
    started = next((event for event in history if event.HasField("executionStarted")), None)
    if started is None or any(event.HasField("executionCompleted") for event in history):
        return True
    begun = instant(started.timestamp)
    counts = Counter(event.WhichOneof("eventType") for event in history)
    if counts["eventRaised"] < sum(at > begun for at in raised):
        return True
    soon = datetime.now(UTC) + timedelta(seconds=1)
    answered = _answered(history)
    for event in history:
        if event.eventId in answered:
            continue
        if event.HasField("taskScheduled"):
            return True
        if event.HasField("timerCreated") and instant(event.timerCreated.fireAt) <= soon:
            return True
        created = event.subOrchestrationInstanceCreated
        if event.HasField("subOrchestrationInstanceCreated") and created.instanceId not in live:
            return True
    return False


def _answered(history: list[pb.HistoryEvent]) -> set[int]:
    numbers: set[int] = set()
    for event in history:
        match event.WhichOneof("eventType"):
            case "taskCompleted":
                numbers.add(event.taskCompleted.taskScheduledId)
            case "taskFailed":
                numbers.add(event.taskFailed.taskScheduledId)
            case "subOrchestrationInstanceCompleted":
                numbers.add(event.subOrchestrationInstanceCompleted.taskScheduledId)
            case "subOrchestrationInstanceFailed":
                numbers.add(event.subOrchestrationInstanceFailed.taskScheduledId)
            case "timerFired":
                numbers.add(event.timerFired.timerId)
    return numbers
