"""The policy (TOML): its files checked as a whole, with every mistake named by file, line and key."""

import re
import tomllib
from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from domain.policy.files import FOLDER, CustomerFile, PolicyFiles, joined
from domain.policy.model import (
    Access,
    Approval,
    Callback,
    Customer,
    Fields,
    FollowUp,
    Guards,
    Limits,
    Notices,
    Policy,
    Scheme,
    Source,
    StepUp,
    Template,
)
from domain.policy.part import Part
from domain.policy.rules import Path, did_you_mean, disagreements, warnings

__all__ = [
    "Access",
    "Approval",
    "Callback",
    "Customer",
    "Fields",
    "FollowUp",
    "Guards",
    "Limits",
    "Notices",
    "Policy",
    "PolicyError",
    "Scheme",
    "Source",
    "StepUp",
    "Template",
    "parse_policy",
    "policy_warnings",
]

_TOML_PLACE = re.compile(r" \(at line (\d+), column \d+\)$")


# pydantic's error types, in words for the editor of the file.
_WORDS = {
    "missing": "is missing",
    "value_error": "{error}",
    "literal_error": "must be {expected}",
    "enum": "must be {expected}",
    "string_type": "must be text",
    "int_type": "must be a whole number",
    "bool_type": "must be true or false",
    "tuple_type": "must be a list",
    "model_type": "must be a table",
    "dict_type": "must be a table",
    "greater_than_equal": "must be {ge} or more",
    "less_than_equal": "must be {le} or less",
    "too_short": "must not be empty",
    "string_too_long": "must have at most {max_length} characters",
}


class PolicyError(Exception):
    """The policy file cannot be used. `mistakes` has one line for each thing to put right."""

    reason = "badPolicy"

    def __init__(self, mistakes: list[str], filename: str = "policy") -> None:
        self.mistakes = mistakes
        one = len(mistakes) == 1
        super().__init__(mistakes[0] if one else "\n  ".join([f"{filename} has {len(mistakes)} mistakes:", *mistakes]))


def parse_policy(
    text: str,
    environ: Mapping[str, str] | None,
    filename: str = "policy",
    customers: tuple[CustomerFile, ...] = (),
) -> Policy:
    """Return the policy that `text` and the files of customers say, its secrets taken from `environ`.

    `environ` None leaves the secrets out (and empty): to check a file where the secrets are not.
    Raises: PolicyError, which names every mistake.
    """
    files = PolicyFiles(text, filename, customers)
    data, found = _read(files)
    found.update(disagreements(data))
    try:
        policy = Policy.model_validate(data, by_alias=True, by_name=False, context={"environ": environ})
    except ValidationError as error:
        found.update(_in_words(detail) for detail in error.errors(include_url=False))
        raise PolicyError(_lines(files, found), filename) from None
    if found:
        raise PolicyError(_lines(files, found), filename)
    return policy


def policy_warnings(text: str, filename: str = "policy", customers: tuple[CustomerFile, ...] = ()) -> list[str]:
    """Return what a valid policy may mean, but probably does not; one line each."""
    files = PolicyFiles(text, filename, customers)
    return _lines(files, warnings(_read(files)[0]))


def _read(files: PolicyFiles) -> tuple[dict[str, Any], set[tuple[Path, str]]]:
    """Return the data of all files, and which customers are written twice. Raises: PolicyError for what is no TOML."""
    mistakes: list[str] = []
    data = _toml(files.text, files.filename, mistakes)
    tables = [(file.key, _toml(file.text, file.filename, mistakes)) for file in files.customers]
    if mistakes:
        raise PolicyError(mistakes, files.filename)
    whole, twice = joined(data, tables)
    return whole, {((FOLDER, key), f"is in {files.filename}, too") for key in twice}


def _toml(text: str, filename: str, mistakes: list[str]) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        place = _TOML_PLACE.search(str(error))
        line = f":{place[1]}" if place else f":{len(text.splitlines())}"
        mistakes.append(f"{filename}{line}: is no TOML: {_TOML_PLACE.sub('', str(error))}")
        return {}


def _lines(files: PolicyFiles, mistakes: Iterable[tuple[Path, str]]) -> list[str]:
    from domain.policy.toml_lines import line_of

    placed = []
    for path, what in mistakes:
        filename, text, within = files.place_of(path)
        placed.append(
            (filename != files.filename, filename, line_of(text, within) or 0, ".".join(map(str, path)), what)
        )
    return [f"{name}{f':{line}' if line else ''}: {key}: {what}" for _, name, line, key, what in sorted(placed)]


def _in_words(error: ErrorDetails) -> tuple[Path, str]:
    path: Path = tuple(error["loc"])
    context = error.get("ctx", {})
    if path[-1:] == ("[key]",):
        return path[:-1], "a key is letters, digits, - and _, 63 at most, and starts with a letter or digit"
    if error["type"] == "extra_forbidden":
        return path, f"is not known{did_you_mean(str(path[-1]), _known_keys(path[:-1]))}"
    words = _WORDS.get(error["type"])
    return path, words.format_map(context) if words else error["msg"]


# The tables of the file that hold tables by name.
_NAMED: dict[Any, type[BaseModel]] = {"customers": Customer, "sources": Source, "access": Access}


def _known_keys(path: Path) -> list[str]:
    """Return the keys that the table at `path` may have."""
    model: type[BaseModel] = Policy
    for part in path:
        if model is Policy and part in _NAMED:
            model = _NAMED[str(part)]
            continue
        field = next((f for f in model.model_fields.values() if f.alias == part), None)
        if field is None:
            continue  # the name of a customer or source
        kinds = (field.annotation, *getattr(field.annotation, "__args__", ()))
        model = next((kind for kind in kinds if isinstance(kind, type) and issubclass(kind, Part)), model)
    return [field.alias or name for name, field in model.model_fields.items()]
