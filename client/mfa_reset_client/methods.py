"""Give the clients' methods the signature and documentation of the operations that they run."""

import inspect
from collections.abc import Callable
from functools import update_wrapper
from typing import Any, get_args, get_type_hints


def describe(method: Callable[..., Any], operation: Callable[..., Any], result: Callable[[Any], Any]) -> None:
    """Show `operation`'s parameters on `method`, and as its return type what `result` makes of the operation's.

    Type checkers see the same through the types of the decorators; this is for help() and editors that read signatures.
    """
    update_wrapper(method, operation)
    hints = get_type_hints(operation)
    returned = result(hints["return"])
    parameters = [
        parameter.replace(annotation=hints.get(name, parameter.annotation))
        for name, parameter in inspect.signature(operation).parameters.items()
    ]
    vars(method)["__signature__"] = inspect.Signature(parameters, return_annotation=returned)
    method.__annotations__ = {**hints, "return": returned}


def value_of(steps: Any) -> Any:
    """Return T of Steps[T]."""
    return get_args(steps)[2]


def item_of(pages: Any) -> Any:
    """Return T of Pages[T]."""
    items = get_args(get_args(pages)[1])[0]
    return get_args(items)[0]
