"""Say what is wrong with a body that a model refused: each mistake with its JSON pointer, in words that can be translated."""

from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import ValidationError

from domain.methods import MethodType
from languages import Message

# What the caller sent is repeated as far as it helps to find the mistake, and never a thousand times as a whole.
ECHOED = 100
# What a validator of ours raised as ValueError begins with it.
_RAISED = "Value error, "
# Where pydantic's message names our classes instead of the caller's JSON.
_OURS: Mapping[str, Message] = {
    "is_instance_of": Message("must be one of %(values)s", values=", ".join(MethodType)),
    "extra_forbidden": Message("is not a field of this object"),
}
# What pydantic says of a body, with what differs from body to body as placeholders. (docs.pydantic.dev, "Validation Errors")
_PYDANTIC: Mapping[str, Message] = {
    "missing": Message("Field required"),
    "string_type": Message("Input should be a valid string"),
    "string_too_short": Message("String should have at least %(min_length)s characters"),
    "string_too_long": Message("String should have at most %(max_length)s characters"),
    "string_pattern_mismatch": Message("String should match pattern '%(pattern)s'"),
    "bool_type": Message("Input should be a valid boolean"),
    "int_type": Message("Input should be a valid integer"),
    "list_type": Message("Input should be a valid list"),
    "dict_type": Message("Input should be an object"),
    "model_type": Message("Input should be an object"),
    "too_short": Message("There should be at least %(min_length)s items, not %(actual_length)s"),
    "too_long": Message("There should be at most %(max_length)s items, not %(actual_length)s"),
    "greater_than_equal": Message("Input should be greater than or equal to %(ge)s"),
    "less_than_equal": Message("Input should be less than or equal to %(le)s"),
    "enum": Message("Input should be %(expected)s"),
    "literal_error": Message("Input should be %(expected)s"),
}


def mistakes_of(error: ValidationError) -> list[dict[str, str]]:
    """Return each mistake with `pointer` and `detail`. The values that were sent are not repeated: one may be a code."""
    return [
        {"pointer": pointer(each["loc"]), "detail": _detail(each["type"], each["msg"], each.get("ctx", {}))}
        for each in error.errors(include_url=False, include_input=False)
    ]


def pointer(location: Iterable[int | str]) -> str:
    """Return a JSON pointer (RFC 6901); of a name that is longer than any of ours, its beginning."""
    return "".join("/" + str(part)[:ECHOED].replace("~", "~0").replace("/", "~1") for part in location)


def _detail(kind: str, text: str, values: Mapping[str, Any]) -> str:
    if kind in _OURS:
        return _OURS[kind]
    if kind == "value_error" and isinstance(raised := values.get("error"), ValueError) and len(raised.args) == 1:
        message = raised.args[0]  # as it was raised: the error's text has lost how to translate it
        return message if isinstance(message, Message) else text.removeprefix(_RAISED)
    if kind in _PYDANTIC:
        return Message.saying(text, _PYDANTIC[kind], **{name: str(value) for name, value in values.items()})
    return text.removeprefix(_RAISED)
