"""The engine turn by turn, without functions: small steps that its tests share."""

from typing import Any

from localhost.durable.engine import Engine
from localhost.durable.instances import OrchestrationWork
from localhost.durable.vendor_adapter import pb


def start(engine: Engine, instance_id: str = "one", **more: Any) -> None:
    engine.start("orchestrator", instance_id, **more)


def turn(engine: Engine) -> OrchestrationWork:
    work = engine.take_orchestration()
    assert work is not None
    return work


def answer(engine: Engine, work: OrchestrationWork, *actions: pb.OrchestratorAction) -> None:
    engine.complete_orchestration(work, pb.OrchestratorResponse(actions=actions))


def activity(number: int = 1) -> pb.OrchestratorAction:
    return pb.OrchestratorAction(id=number, scheduleTask=pb.ScheduleTaskAction(name="activity"))


def child(instance_id: str, number: int = 1) -> pb.OrchestratorAction:
    action = pb.CreateSubOrchestrationAction(name="sub", instanceId=instance_id)
    return pb.OrchestratorAction(id=number, createSubOrchestration=action)


def ended(status: pb.OrchestrationStatus = pb.ORCHESTRATION_STATUS_COMPLETED) -> pb.OrchestratorAction:
    end = pb.CompleteOrchestrationAction(orchestrationStatus=status)
    return pb.OrchestratorAction(id=99, completeOrchestration=end)


def kinds(events: Any) -> list[str | None]:
    return [event.WhichOneof("eventType") for event in events]


def raise_event(engine: Engine, name: str, instance_id: str = "one") -> None:
    engine.raise_event(instance_id, name, None)
