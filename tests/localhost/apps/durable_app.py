"""A small durable app for the tests of the local host's engine."""

import asyncio
import json
import queue
import threading
from collections.abc import Generator
from datetime import datetime, timedelta
from typing import Any

import azure.durable_functions as df
import azure.functions as func
from durabletask import task
from durabletask.client import OrchestrationStatus
from durabletask.entities import EntityInstanceId

app = df.DFApp(http_auth_level=func.AuthLevel.ANONYMOUS)

type Steps = Generator[Any, Any, Any]

counters = {"ticks": 0, "started": 0}


class Gate:
    """Holds activities inside, and says when one came in."""

    def __init__(self) -> None:
        self.opened = threading.Event()
        self.entered: queue.SimpleQueue[int] = queue.SimpleQueue()

    async def pass_async(self, number: int) -> int:
        self.entered.put(number)
        await asyncio.to_thread(self.opened.wait)
        return number

    def pass_sync(self, number: int) -> int:
        self.entered.put(number)
        self.opened.wait()
        return number


gate = Gate()


@app.route("start/{name}", methods=["POST"])
@app.durable_client_input(client_name="client")
async def start(req: func.HttpRequest, client: df.DurableFunctionsClient) -> func.HttpResponse:
    data = json.loads(req.get_body() or b"null")
    instance_id = await client.schedule_new_orchestration(
        req.route_params["name"], input=data, instance_id=req.params.get("id")
    )
    return func.HttpResponse(json.dumps({"id": instance_id}), mimetype="application/json", status_code=202)


@app.route("instances/{id}", methods=["GET"])
@app.durable_client_input(client_name="client")
async def status(req: func.HttpRequest, client: df.DurableFunctionsClient) -> func.HttpResponse:
    state = await client.get_orchestration_state(req.route_params["id"], fetch_payloads=True)
    if state is None:
        return func.HttpResponse(status_code=404)
    output = state.serialized_output or "null"
    failed = state.runtime_status == OrchestrationStatus.FAILED  # then the output is plain text
    shown = {"status": state.runtime_status.name, "output": output if failed else json.loads(output)}
    return func.HttpResponse(json.dumps(shown), mimetype="application/json")


@app.route("events/{id}/{name}", methods=["POST"])
@app.durable_client_input(client_name="client")
async def event(req: func.HttpRequest, client: df.DurableFunctionsClient) -> func.HttpResponse:
    await client.raise_orchestration_event(
        req.route_params["id"], req.route_params["name"], data=json.loads(req.get_body())
    )
    return func.HttpResponse(status_code=202)


@app.route("do/{verb}/{id}", methods=["POST"])
@app.durable_client_input(client_name="client")
async def control(req: func.HttpRequest, client: df.DurableFunctionsClient) -> func.HttpResponse:
    instance_id = req.route_params["id"]
    match req.route_params["verb"]:
        case "purge":
            result = await client.purge_orchestration(instance_id)
            return func.HttpResponse(str(result.deleted_instance_count))
        case "terminate":
            await client.terminate_orchestration(instance_id, recursive=True)
        case "suspend":
            await client.suspend_orchestration(instance_id)
        case "resume":
            await client.resume_orchestration(instance_id)
        case "restart":
            await client.restart_orchestration(instance_id)
        case "wait":
            await client.wait_for_orchestration_completion(instance_id)
        case "later":
            at = datetime.fromisoformat(req.params["at"])
            await client.schedule_new_orchestration("sleeper", input=1, instance_id=instance_id, start_at=at)
        case "signal":
            await client.signal_entity(EntityInstanceId("counter", "one"), "add")
    return func.HttpResponse(status_code=202)


@app.orchestration_trigger(context_name="ctx")
def fan_out(ctx: task.OrchestrationContext, windows: list[int]) -> Steps:
    """One sub-orchestration per window, one after the other."""
    total = 0
    for number, size in enumerate(windows):
        total += yield ctx.call_sub_orchestrator("window", input=[number, size])
    return total


@app.orchestration_trigger(context_name="ctx")
def window(ctx: task.OrchestrationContext, part: list[int]) -> Steps:
    number, size = part
    results = yield task.when_all([ctx.call_activity("double", input=number * 1000 + n) for n in range(size)])
    return len(results)


@app.activity_trigger(input_name="number")
async def double(number: int) -> int:
    return number * 2


@app.activity_trigger(input_name="reason")
def fail(reason: str) -> str:
    raise ValueError(f"no luck:\n{reason}")


@app.activity_trigger(input_name="ignored")
def mark(ignored: str) -> str:
    counters["started"] += 1
    return "marked"


@app.orchestration_trigger(context_name="ctx")
def failing(ctx: task.OrchestrationContext, reason: str) -> Steps:
    yield ctx.call_activity("fail", input=reason)


@app.orchestration_trigger(context_name="ctx")
def unknown_activity(ctx: task.OrchestrationContext, _: None) -> Steps:
    yield ctx.call_activity("unknown", input=1)


@app.orchestration_trigger(context_name="ctx")
def sleeper(ctx: task.OrchestrationContext, seconds: int) -> Steps:
    before = ctx.current_utc_datetime
    yield ctx.create_timer(timedelta(seconds=seconds))
    return (ctx.current_utc_datetime - before).total_seconds()


@app.orchestration_trigger(context_name="ctx")
def long_parent(ctx: task.OrchestrationContext, seconds: list[int]) -> Steps:
    slept = yield task.when_all([ctx.call_sub_orchestrator("sleeper", input=each) for each in seconds])
    return slept


@app.orchestration_trigger(context_name="ctx")
def parent_of_failing(ctx: task.OrchestrationContext, _: None) -> Steps:
    try:
        yield ctx.call_sub_orchestrator("failing", input="sub")
    except task.TaskFailedError as error:
        return error.details.message


@app.orchestration_trigger(context_name="ctx")
def decision(ctx: task.OrchestrationContext, hours: int) -> Steps:
    decided = ctx.wait_for_external_event("decided")
    expiry = ctx.create_timer(timedelta(hours=hours))
    first = yield task.when_any([decided, expiry])
    return "expired" if first is expiry else decided.get_result()


@app.orchestration_trigger(context_name="ctx")
def rounds(ctx: task.OrchestrationContext, left: int) -> Steps:
    """Leaves a timer behind in every round but the last, which waits for one of the same task id."""
    if left > 0:
        ctx.create_timer(timedelta(minutes=1))
        yield ctx.call_activity("mark", input="")
        ctx.continue_as_new(left - 1)
        return None
    before = ctx.current_utc_datetime
    yield ctx.create_timer(timedelta(hours=1))
    return (ctx.current_utc_datetime - before).total_seconds()


@app.orchestration_trigger(context_name="ctx")
def collector(ctx: task.OrchestrationContext, seen: list[int]) -> Steps:
    """Takes events one run each, until a negative one."""
    number = yield ctx.wait_for_external_event("number")
    if number < 0:
        return seen
    ctx.continue_as_new([*seen, number], save_events=True)
    return None


@app.orchestration_trigger(context_name="ctx")
def hasty(ctx: task.OrchestrationContext, _: None) -> Steps:
    """Ends while something it started still runs."""
    ctx.call_activity("mark", input="")
    yield ctx.call_activity("double", input=2)
    return "done"


@app.activity_trigger(input_name="number")
async def gated_async(number: int) -> int:
    return await gate.pass_async(number)


@app.activity_trigger(input_name="number")
def gated_sync(number: int) -> int:
    return gate.pass_sync(number)


@app.orchestration_trigger(context_name="ctx")
def gated(ctx: task.OrchestrationContext, what: list[Any]) -> Steps:
    name, size = what
    passed = yield task.when_all([ctx.call_activity(name, input=n) for n in range(size)])
    return passed


@app.timer_trigger(arg_name="timer", schedule="0 */15 * * * *")
async def tick(timer: func.TimerRequest) -> None:
    counters["ticks"] += 1
