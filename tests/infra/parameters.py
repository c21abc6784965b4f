"""The six ways to deploy that are tried, each as the environment of azd, and what azd makes of infra/main.parameters.json there."""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.infra.bicep import INFRA

SUBSCRIPTION = "11111111-1111-1111-1111-111111111111"
TENANT = "22222222-2222-2222-2222-222222222222"
DEPLOYER = "33333333-3333-3333-3333-333333333333"
GROUP = "rg-prod"

_BASE = {
    "AZURE_ENV_NAME": "prod",
    "AZURE_LOCATION": "westeurope",
    "AZURE_PRINCIPAL_ID": DEPLOYER,
    "AZURE_SUBSCRIPTION_ID": SUBSCRIPTION,
    "KEY_VAULT_NAME": "kv-mfareset-0a1b2c3d",
    "MAIL_FROM": "mfa-reset@msp.example",
    "ALERT_MAIL": "operations@msp.example",
    "POLICY_SECRET_NAMES": "HELPDESK_SECRET,HELPDESK_CALLBACK_SECRET",
}
_PRIVATE = {"PRIVATE_NETWORKING": "true"}
_SCHEDULER = {"DURABLE_TASK_SCHEDULER": "true"}
SETS: dict[str, dict[str, str]] = {
    "plain": _BASE,
    "private": _BASE | _PRIVATE,
    "scheduler": _BASE | _SCHEDULER,
    "private-scheduler": _BASE | _PRIVATE | _SCHEDULER,
    "keys": _BASE
    | {
        "ALLOW_API_KEYS": "true",
        "VERIFIED_ID": "true",
        "PUBLIC_BASE_URL": "https://mfa.msp.example",
        "BOOTSTRAP_PASSES": "true",
    },
    "no-alerts": {name: value for name, value in _BASE.items() if name != "ALERT_MAIL"},
}
# The longest name of an environment that infra/main.bicep takes: names of resources must hold with it, too.
LONGEST = _BASE | _PRIVATE | _SCHEDULER | {"AZURE_ENV_NAME": "e" * 40}

_PLACE = re.compile(r"\$\{(\w+)(=[^}]*)?\}")


def parameter_values(environment: Mapping[str, str], file: Path = INFRA / "main.parameters.json") -> dict[str, Any]:
    """Return the parameters that azd passes on, by name.

    As azd does it (`loadParameters` and `armParameterFileValue` of its Bicep provider, version 1.31): `${NAME}` and
    `${NAME=default}` are replaced; "true" and "40" become what the template's parameter is; a text that is empty is left to the
    template's default. Raises KeyError for a variable that has no value and no default, which azd would ask for.
    """
    template = (file.parent / file.name.replace(".parameters.json", ".bicep")).read_text("utf-8")
    kinds = dict(re.findall(r"^param (\w+) (\w+)", template, re.MULTILINE))
    given = json.loads(file.read_text("utf-8"))["parameters"]
    values: dict[str, Any] = {}
    for name, entry in given.items():
        text = _PLACE.sub(lambda place: _replaced(place, environment), entry["value"])
        if text or kinds[name] != "string":
            values[name] = _typed(kinds[name], text)
    return values


def _replaced(place: re.Match[str], environment: Mapping[str, str]) -> str:
    if place[1] in environment:
        return environment[place[1]]
    if place[2] is None:
        raise KeyError(place[1])
    return place[2].removeprefix("=")


def _typed(kind: str, text: str) -> Any:
    if kind == "bool":
        return {"true": True, "false": False}[text]
    return int(text) if kind == "int" else text


def bicepparam(template: str, values: Mapping[str, Any]) -> str:
    """Return the text of a .bicepparam file that passes `values` to `template`."""
    lines = [f"param {name} = {_literal(value)}" for name, value in values.items()]
    return "\n".join([f"using '{template}'", *lines, ""])


def _literal(value: Any) -> str:
    if isinstance(value, str):
        return "'" + value.replace("\\", "\\\\").replace("'", "\\'").replace("${", "\\${") + "'"
    if isinstance(value, list):
        return "[" + ", ".join(map(_literal, value)) + "]"
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{_literal(key)}: {_literal(one)}" for key, one in value.items()) + " }"
    return json.dumps(value)
