"""Mail the managers who are to vouch for users, beside the request that waits for them."""

from contracts.workflow import ASK_MANAGERS, MAIL_MANAGERS, ManagerMailing, ManagerWindow, Nothing
from durable import Context, Step, TaskFailedError
from orchestrators.app import call_activity, orchestrator
from orchestrators.fan_out import FanOut
from orchestrators.lanes import last_run

# Customers whose managers are looked up side by side.
_CUSTOMERS = 4


@orchestrator(MAIL_MANAGERS)
def mail_managers(ctx: Context, work: ManagerMailing) -> Step[Nothing]:
    windows = [
        ManagerWindow(id=work["id"], customer=customer, start=start, count=count)
        for customer, start, count in work["windows"]
    ]
    if work.get("again"):
        for window in windows:
            window["again"] = True
    fan_out = FanOut(ctx, ASK_MANAGERS, windows, 1, total=_CUSTOMERS)
    yield from fan_out.run()
    for window, _ in fan_out.left:  # once more, so that it is recorded what did not get out
        try:
            yield from call_activity(ctx, ASK_MANAGERS, last_run(window))
        except TaskFailedError:
            continue
    return {}
