"""Plays `az`, `azd` or `make`, by the name it is started under: it notes each call, and answers from the state it is given.

The state is a JSON file that STAND_IN_STATE names: what Azure has (`vaults`, `deleted`, `site`), the azd environment
(`environment`), the calls so far (`calls`) and which commands are to fail (`failures`: the words a command begins with, and how
often). It knows the commands that scripts/azure uses, and refuses any other.
"""

import json
import os
import stat
import sys
from pathlib import Path
from typing import Any

State = dict[str, Any]
ARM = "https://management.azure.com"
PAGE = 2  # secrets to a page, so that a list has several


def main(name: str, arguments: list[str]) -> int:
    file = Path(os.environ["STAND_IN_STATE"])
    state: State = json.loads(file.read_text("utf-8"))
    words = [name, *arguments]
    state["calls"].append(words)
    try:
        answer = _failure(state, words) or _answer(state, name, arguments)
    except RefusedError as refusal:
        answer = refusal
    file.write_text(json.dumps(state, indent=1), "utf-8")
    if isinstance(answer, RefusedError):
        sys.stderr.write(f"ERROR: {answer}\n")
        return 1
    if answer is not None:
        sys.stdout.write(json.dumps(answer))
    return 0


class RefusedError(Exception):
    """What the command says as it fails."""


def _failure(state: State, words: list[str]) -> RefusedError | None:
    for beginning, times in state["failures"].items():
        if times and " ".join(words).startswith(beginning):
            state["failures"][beginning] = times - 1
            return RefusedError(f"(InternalServerError) {beginning} failed, as it was to")
    return None


def _options(arguments: list[str]) -> dict[str, str]:
    """Options by name: those without a value have an empty one."""
    options: dict[str, str] = {}
    for index, word in enumerate(arguments):
        if word.startswith("--"):
            following = arguments[index + 1] if index + 1 < len(arguments) else ""
            options[word] = "" if following.startswith("--") else following
    return options


def _answer(state: State, name: str, arguments: list[str]) -> Any:
    options = _options(arguments)
    words = [word for word in arguments if not word.startswith("--")]
    if name == "make":
        return None
    if name == "azd":
        return _azd(state, words)
    if not state["signed_in"]:
        raise RefusedError("Please run 'az login' to setup account.")
    if words[0] == "rest":
        return _rest(state, options["--method"], options["--url"])
    if options.get("--subscription") != state["subscription"]:
        raise RefusedError(f"no such subscription: {options.get('--subscription')}")
    return _az(state, words, options)


def _azd(state: State, words: list[str]) -> Any:
    match words:
        case ["env", "set", key, value, _]:
            state["environment"][key] = value
            return None
        case ["env", "get-values", "json"]:
            return state["environment"]
    raise RefusedError(f"unknown command {' '.join(words)}")


def _az(state: State, words: list[str], options: dict[str, str]) -> Any:
    match words:
        case ["account", "show", *_]:
            return {"id": state["subscription"]}
        case ["provider", "register", provider, *_]:
            state["providers"].append(provider)
        case ["keyvault", "list", *_]:
            return [{"name": key, "tags": vault["tags"]} for key, vault in state["vaults"].items()]
        case ["keyvault", "list-deleted", "vault", *_]:
            return [
                {"name": key, "properties": {"location": vault["location"], "tags": vault["tags"]}}
                for key, vault in state["deleted"].items()
            ]
        case ["deployment", "sub", "create", *_]:
            _deploy(state, options)
        case ["functionapp", "restart", *_]:
            state["site"]["restarts"] += 1
        case _:
            raise RefusedError(f"'{' '.join(words)}' is misspelled or not recognized by the system.")
    return None


def _deploy(state: State, options: dict[str, str]) -> None:
    """As Azure does with infra/secrets.bicep: the vault first, then each secret."""
    file = Path(options["--parameters"].removeprefix("@"))
    if stat.S_IMODE(file.stat().st_mode) != 0o600:
        raise RefusedError("the file with the secrets can be read by others")
    given = {key: entry["value"] for key, entry in json.loads(file.read_text("utf-8"))["parameters"].items()}
    template = Path(options["--template-file"]).read_text("utf-8")
    declared = {line.split()[1] for line in template.splitlines() if line.startswith("param ")}
    if given.keys() != declared:
        raise RefusedError(f"InvalidTemplate: parameters {given.keys() ^ declared}")
    state["deployments"].append({key: value for key, value in given.items() if key != "values"})
    name = given["vaultName"]
    if given["recover"]:
        state["vaults"][name] = state["deleted"].pop(name)
    elif name in state["deleted"]:
        raise RefusedError(f"ConflictError: A vault with the same name already exists in deleted state: {name}")
    tags = {"azd-env-name": given["environmentName"]}
    made = {"group": f"rg-{given['environmentName']}", "location": given["location"], "tags": tags, "secrets": {}}
    vault = state["vaults"].setdefault(name, made)
    for secret in given["names"]:
        kind = "placeholder" if secret in given["placeholders"] else "text/plain"
        vault["secrets"][secret] = {"value": given["values"][secret], "contentType": kind}


def _rest(state: State, method: str, url: str) -> Any:
    path, _, query = url.removeprefix(ARM).partition("?")
    if not query.startswith("api-version=") and "skip=" not in query:
        raise RefusedError("MissingApiVersionParameter")
    parts = path.strip("/").split("/")
    if method == "get" and parts[-3:-1] == ["vaults", parts[-2]] and parts[-1] == "secrets":
        return _secrets(state["vaults"][parts[-2]], path, query)
    if method == "post" and parts[-3:] == ["configreferences", "appsettings", "refresh"]:
        _require_site(state, path)["refreshes"] += 1
        return None
    if method == "get" and parts[-2:] == ["configreferences", "appsettings"]:
        return {"value": [_reference(state, one) for one in _require_site(state, path)["references"]]}
    raise RefusedError(f"NotFound: {method} {url}")


def _secrets(vault: State, path: str, query: str) -> State:
    names = sorted(vault["secrets"])
    start = int(query.partition("skip=")[2] or 0)
    page: State = {
        "value": [
            {"name": name, "properties": {"contentType": vault["secrets"][name]["contentType"]}}
            for name in names[start : start + PAGE]
        ]
    }
    if start + PAGE < len(names):
        page["nextLink"] = f"{ARM}{path}?api-version=x&skip={start + PAGE}"
    return page


def _require_site(state: State, path: str) -> State:
    site: State | None = state["site"]
    if site is None or f"/resourceGroups/{site['group']}/" not in path or f"/sites/{site['name']}/" not in path:
        raise RefusedError(f"ResourceNotFound: {path}")
    return site


def _reference(state: State, reference: State) -> State:
    """What a reference led to when it was last read, here: at this moment. `unresolved`: how often it still leads nowhere."""
    vault = state["vaults"].get(reference["vault"], {"secrets": {}})
    status = "Resolved" if reference["secret"] in vault["secrets"] else "SecretNotFound"
    if state["unresolved"]:
        state["unresolved"] -= 1
        status = "AccessToKeyVaultDenied"
    return {"name": reference["setting"], "properties": {"status": status, "details": f"secret {reference['secret']}"}}


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[0]).name, sys.argv[1:]))
