"""The Bicep files fit each other and what azd passes on; what only the compiler sees is in test_compiled.py."""

import json
import re

from tests.infra.bicep import FILES, INFRA


def _params(text: str) -> dict[str, bool]:
    """The parameters of a file: whether each has a default."""
    return {
        m[1]: bool(m[2]) for m in re.finditer(r"^param (\w+) (?:\w+(?:\[\])?|\{.*\})(\?| =.*)?$", text, re.MULTILINE)
    }


def test_every_module_gets_the_parameters_it_has() -> None:
    for file in FILES:
        text = file.read_text("utf-8")
        for call in re.finditer(r"^module (\w+) '([\w/.]+)' = (.*?)^}", text, re.MULTILINE | re.DOTALL):
            wanted = _params((file.parent / call[2]).read_text("utf-8"))
            block = call[3][call[3].index("params:") :]
            given = set(re.findall(r"^    (\w+):", block, re.MULTILINE))
            assert given <= wanted.keys(), f"{file.name}: {call[1]} has no {given - wanted.keys()}"
            needed = {name for name, has_default in wanted.items() if not has_default}
            assert needed <= given, f"{file.name}: {call[1]} misses {needed - given}"


def test_every_output_that_is_asked_for_is_there() -> None:
    main = (INFRA / "main.bicep").read_text("utf-8")
    files = dict(re.findall(r"^module (\w+) '([\w/.]+)'", main, re.MULTILINE))
    for module, output in re.findall(r"(\w+)!?\.outputs\.(\w+)", main):
        text = (INFRA / files[module]).read_text("utf-8")
        assert re.search(rf"^output {output} ", text, re.MULTILINE), f"{module} gives no {output}"


def test_every_parameter_and_variable_is_used() -> None:
    for file in FILES:
        text = file.read_text("utf-8")
        for name in re.findall(r"^(?:param|var) (\w+)", text, re.MULTILINE):
            assert len(re.findall(rf"\b{name}\b", text)) > 1, f"{file.name}: {name}"


def test_every_parameter_of_the_whole_is_described_and_can_be_given_to_azd() -> None:
    text = (INFRA / "main.bicep").read_text("utf-8")
    params = _params(text)
    for name in params:
        assert re.search(rf"@description\('[^\n]+'\)\nparam {name} ", text), f"{name} has no description"
    given = json.loads((INFRA / "main.parameters.json").read_text("utf-8"))["parameters"]
    assert given.keys() == params.keys()
    for name, has_default in params.items():
        assert ("=" in given[name]["value"]) == has_default, f"{name}: a default in one place only"


def test_nothing_is_reached_with_a_key() -> None:
    """No resource that could take a shared key does."""
    text = "\n".join(file.read_text("utf-8") for file in FILES)
    assert "allowSharedKeyAccess: false" in text
    assert text.count("disableLocalAuth: true") == 2  # Service Bus, Log Analytics
    assert "DisableLocalAuth: true" in text  # Application Insights
    assert "enableRbacAuthorization: true" in text
    assert not re.search(r"listKeys|listAccountSas|AccountKey|SharedAccessKey", text)
