"""The reset of a request's customers: side by side, so many at once that a slow one does not hold up the next."""

from collections.abc import Sequence

from contracts.workflow import (
    RESET_CUSTOMER,
    RESET_CUSTOMERS,
    RESET_WINDOW,
    CustomerReset,
    CustomersReset,
    Nothing,
    NumberRange,
    RequestRef,
    Window,
    WindowReset,
)
from durable import Context, Step, instance_id
from orchestrators.app import orchestrator
from orchestrators.children import PARTS, Child, in_parts, run_children

# Customers of a request that are worked on at once; each keeps its own width.
_CUSTOMERS = 50


@orchestrator(RESET_CUSTOMERS)
def reset_customers(ctx: Context, work: CustomersReset) -> Step[Nothing]:
    # Its own id and not that of the request's run: where it is started anew, customers of its first start may still be reset.
    yield from _reset(ctx, instance_id(ctx), RequestRef(id=work["id"]), work["windows"], work["customers"])
    return {}


def reset_in_parts(ctx: Context, run: str, request: RequestRef, windows: Sequence[Window], most: int) -> Step[None]:
    """Reset the windows, customer by customer, in parts of at most `most`.

    The end of the request settles what a part or a customer leaves that breaks each time.
    """
    parts = in_parts(windows, most)
    if len(parts) == 1:
        yield from _reset(ctx, run, request, windows, _CUSTOMERS)
        return
    children = [
        Child(
            RESET_CUSTOMERS,
            CustomersReset(id=request["id"], windows=part, customers=_CUSTOMERS // PARTS),
            f"{run}:reset-{part[0][1]}",
        )
        for part in parts
    ]
    yield from run_children(ctx, children, PARTS)


def _reset(ctx: Context, begin: str, request: RequestRef, windows: Sequence[Window], at_once: int) -> Step[None]:
    """`begin` begins the ids of the sub-orchestrations."""
    customers: dict[str, list[NumberRange]] = {}
    for customer, start, count in windows:
        customers.setdefault(customer, []).append((start, count))
    children = [_of_customer(begin, request, name, ranges) for name, ranges in customers.items()]
    yield from run_children(ctx, children, at_once)


def _of_customer(
    begin: str, request: RequestRef, name: str, windows: list[NumberRange]
) -> Child[CustomerReset] | Child[WindowReset]:
    start, count = windows[0]
    # By the number of its first target: with a customer's key an id could exceed the 100 characters that Azure allows.
    own_id = f"{begin}:{start}"
    if len(windows) == 1:  # most customers: one orchestration less
        window = WindowReset(id=request["id"], customer=name, start=start, count=count)
        return Child(RESET_WINDOW, window, own_id)
    return Child(RESET_CUSTOMER, CustomerReset(id=request["id"], customer=name, windows=windows), own_id)
