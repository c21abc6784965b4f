"""Declare options that several commands share once, as a dataclass, instead of repeating them in every signature.

@dataclass(frozen=True, kw_only=True)
class Paging:
    limit: Annotated[int, typer.Option(help="...")] = 50

@app.command()
@expand_groups
def users(paging: Paging) -> None: ...   # has the option --limit

Typer reads a command's options from its signature and knows no such groups.
"""

import inspect
from collections.abc import Callable, Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from typing import Any, get_type_hints


def expand_groups(command: Callable[..., None]) -> Callable[..., None]:
    """Return `command` with every parameter whose type is a dataclass replaced by the dataclass's fields."""
    hints = get_type_hints(command, include_extras=True)
    hints.pop("return", None)
    groups = {name: hint for name, hint in hints.items() if is_dataclass(hint) and isinstance(hint, type)}
    signature = inspect.signature(command)
    own = [
        parameter.replace(annotation=hints[name], kind=inspect.Parameter.KEYWORD_ONLY)
        for name, parameter in signature.parameters.items()
        if name not in groups
    ]
    parameters = own + [parameter for group in groups.values() for parameter in _parameters(group)]

    def expanded(**values: Any) -> None:
        made = {name: group(**_take(values, group)) for name, group in groups.items()}
        command(**values, **made)

    expanded.__name__, expanded.__doc__ = command.__name__, command.__doc__
    expanded.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    vars(expanded)["__signature__"] = inspect.Signature(parameters)
    return expanded


def _parameters(group: type) -> list[inspect.Parameter]:
    hints = get_type_hints(group, include_extras=True)
    return [
        inspect.Parameter(
            field.name, inspect.Parameter.KEYWORD_ONLY, default=_default(field), annotation=hints[field.name]
        )
        for field in fields(group)
    ]


def _default(field: Field[Any]) -> Any:
    return inspect.Parameter.empty if field.default is MISSING else field.default


def _take(values: dict[str, Any], group: type) -> Mapping[str, Any]:
    return {field.name: values.pop(field.name) for field in fields(group)}
