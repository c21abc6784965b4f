"""The command line in German: complete, chosen as the user says, and never in JSON."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command
from typer.testing import CliRunner

from mfa_reset_client.cards import request_card, target_card
from mfa_reset_client.cli import app
from mfa_reset_client.formatting import count_of
from mfa_reset_client.hints import next_steps
from mfa_reset_client.languages import chosen, current, known, use
from mfa_reset_client.usage_errors import translated
from scripts import client_catalogue
from tests.client.harness import Waits, command
from tests.client.test_cards import request, shown, target
from tests.system import system

GERMAN = {"MFA_RESET_LANGUAGE": "de", "COLUMNS": "80"}
COMMANDS = sorted(get_command(app).commands)  # type: ignore[attr-defined] # of a group


@pytest.fixture(autouse=True)
def english_afterwards() -> Iterator[None]:
    yield
    use("en")


def test_german_is_complete_and_compiled() -> None:
    assert [path.name for path in client_catalogue.paths()] == ["de.mo"]
    assert len(list(client_catalogue.found())) > 400
    assert client_catalogue.mistakes() == []


@pytest.mark.parametrize(
    ("arguments", "environ", "language"),
    [
        ([], {}, "en"),
        ([], {"LANG": "de_AT.UTF-8"}, "de"),
        ([], {"LANG": "de_DE", "LC_MESSAGES": "en_GB"}, "en"),
        ([], {"LANG": "en_US", "LC_MESSAGES": "en_US", "LC_ALL": "de_DE@euro"}, "de"),
        ([], {"LANG": "de_DE", "LC_ALL": "C"}, "en"),
        ([], {"LANG": "de_DE", "LC_ALL": ""}, "de"),
        ([], {"LC_ALL": "fr_FR", "MFA_RESET_LANGUAGE": "de"}, "de"),
        (["--language", "de", "list"], {"MFA_RESET_LANGUAGE": "en"}, "de"),
        (["--language=en", "list"], {"LANG": "de_DE"}, "en"),
        (["--language", "xx"], {"LANG": "de_DE"}, "en"),
        (["--language"], {}, "en"),
    ],
)
def test_the_language_is_the_one_asked_for(arguments: list[str], environ: dict[str, str], language: str) -> None:
    use(chosen(arguments, environ))
    assert current() == language


def test_a_name_of_no_language_is_none() -> None:
    assert [known(name) for name in ("de", "DE-at", "de_DE.UTF-8", "fr", "../de", "")] == ["de", "de", "de", "", "", ""]


def test_help_is_german() -> None:
    text = CliRunner(env=GERMAN).invoke(app, ["--help"]).stdout
    for part in (
        "Verwendung: mfa-reset [OPTIONS]",
        "\nOptionen:\n",
        "\nBefehle:\n",
        "Version anzeigen und beenden.",
        "Diese Hilfe anzeigen und beenden.",
        "[Variable:",
        "  request       Fordert eine Zurücksetzung an.",
    ):
        assert part in text
    assert "Standard: 20" in CliRunner(env=GERMAN).invoke(app, ["list", "--help"]).stdout
    assert "[erforderlich]" in CliRunner(env=GERMAN).invoke(app, ["users", "--help"]).stdout
    assert CliRunner(env={"COLUMNS": "80"}).invoke(app, ["--help"]).stdout.startswith("Usage: ")


@pytest.mark.parametrize("name", COMMANDS)
def test_german_help_is_readable_at_80_columns(name: str) -> None:
    text = CliRunner(env=GERMAN).invoke(app, ["--language", "de", name, "--help"]).stdout
    assert text.startswith("Verwendung: ")
    assert max(map(len, text.splitlines())) <= 80
    summary = CliRunner(env=GERMAN).invoke(app, ["--help"]).stdout
    (line,) = (line for line in summary.splitlines() if line.startswith(f"  {name} "))
    assert not line.endswith("...")


def _every_command(group: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    yield path, group
    for name, part in getattr(group, "commands", {}).items():
        yield from _every_command(part, (*path, name))


EVERY_COMMAND = dict(_every_command(get_command(app)))


def test_commands_of_commands_are_among_them() -> None:
    assert len(EVERY_COMMAND) > len(COMMANDS) + 1


@pytest.mark.parametrize("path", EVERY_COMMAND, ids=" ".join)
def test_no_help_is_left_in_english(path: tuple[str, ...]) -> None:
    """Neither the command's own texts nor those that Typer adds."""
    text = CliRunner(env=GERMAN).invoke(app, [*path, "--help"]).stdout
    parameters = EVERY_COMMAND[path].params
    english = [EVERY_COMMAND[path].help, *(each.help for each in parameters if getattr(each, "help", None))]
    assert english[0]
    for paragraph in (part for each in english for part in each.split("\n\n")):
        assert "".join(paragraph.split()) not in "".join(text.split())
    for word in (
        "Usage:",
        "Options:",
        "Commands:",
        "Arguments:",
        "[env var:",
        "[default:",
        "; default:",
        "required]",
        "this message",
    ):
        assert word not in text


WRONG = {
    ("list", "--status", "xx"): "Ungültiger Wert für '--status': 'xx' ist keiner der Werte 'planning', 'planned'",
    ("list", "--limit", "0"): "Ungültiger Wert für '--limit': Der Wert muss mindestens 1 sein.",
    ("list", "--limit", "a"): "Ungültiger Wert für '--limit': Der Wert muss eine ganze Zahl sein.",
    ("list", "--limit"): "Die Option '--limit' erfordert einen Wert.",
    ("list", "--json=1"): "Die Option '--json' nimmt keinen Wert an.",
    ("list", "--limt", "3"): "Die Option --limt gibt es nicht. (Mögliche Optionen: --limit)",
    ("--nope",): "Die Option --nope gibt es nicht.",
    ("lst",): "Den Befehl 'lst' gibt es nicht.",
    ("customers", "discove"): "Den Befehl 'discove' gibt es nicht. Meinten Sie 'discover'?",
    (
        "list",
        "--auth",
        "x",
    ): "Ungültiger Wert für '--auth' (Variable: 'MFA_RESET_AUTH'): 'x' ist keiner der Werte 'default'",
    ("status",): "Das Argument 'ID' fehlt.",
    ("status", "a", "b"): "Unerwartete zusätzliche Argumente: b",
    ("users",): "Die Option '--customer' fehlt.",
    ("completion",): "Das Argument 'SHELL' fehlt. Möglich sind:",
    ("delegation", "--until", "x"): "Ungültiger Wert für '--until': ist keine Zeitangabe wie 2026-12-24T08:00:00Z",
    (
        "request",
        "--timeout",
        "zz",
    ): "Ungültiger Wert für '--timeout': 'zz' ist keine Dauer: Schreiben Sie 90s, 30m, 24h oder 2d.",
    ("request", "--file", "/nowhere/x"): "x kann nicht gelesen werden: Datei oder Ordner nicht vorhanden",
    ("request", "--user", "x"): "Geben Sie --customer und --user zusammen an.",
    ("list", "--url", "ftp://x", "--key", "k"): "Die Basis-URL muss die Form https://host haben.",
    ("list", "--key", "k"): "Geben Sie --url an, oder legen Sie MFA_RESET_URL fest.",
}


@pytest.mark.parametrize("arguments", WRONG, ids=" ".join)
def test_what_is_wrong_with_a_command_line_is_said_in_german(arguments: tuple[str, ...]) -> None:
    done = CliRunner(env=GERMAN).invoke(app, arguments)
    assert done.exit_code == 2
    assert f"Fehler: {WRONG[arguments]}" in done.stderr
    for word in ("Usage:", "Try ", "Error:", "error:", "Missing", "Invalid", "Value error", "Input should"):
        assert word not in done.stderr


def test_a_text_of_the_parser_that_is_not_known_stays_as_it_is() -> None:
    use("de")
    assert translated("Something new of Typer.") == "Something new of Typer."
    assert translated("Invalid value for 'ID': Something new.") == "Ungültiger Wert für 'ID': Something new."


def test_json_says_mistakes_in_english() -> None:
    done = CliRunner(env=GERMAN).invoke(app, ["list", "--url", "ftp://x", "--key", "k", "--json"])
    assert json.loads(done.stdout)["error"]["errors"][0]["detail"] == "The base URL must look like https://host."
    assert "Die Basis-URL muss" in done.stderr


def test_cards_and_hints_are_german() -> None:
    asked = request("awaitingApproval", requester="tech@msp.example", retryOf="r0")
    use("de")
    text = shown(request_card(asked))
    for part in ("Wartet auf Genehmigung", "angefordert von tech@msp.example", "Wiederholung von r0", "3 Benutzer: "):
        assert part in text
    assert "Anmeldesitzungen: beendet" in shown(target_card(target()))
    assert "Hardwaretoken" in shown(target_card(target()))
    assert next_steps(asked) == [
        "mfa-reset wait r1  (auf das Ergebnis warten)",
        "mfa-reset remind r1  (die Genehmigenden erinnern)",
        "mfa-reset cancel r1  (die Anforderung abbrechen)",
    ]
    assert count_of(10_000, "user") == "10.000 Benutzer"


async def test_json_is_the_same_in_every_language(tmp_path: Path) -> None:
    async with system(tmp_path) as it:
        waits = Waits(it)
        made = await it.ask(contoso=["adele@contoso.com"])
        runs = [
            await command(waits, *language, *what, "--json")
            for what in (["status", made["id"]], ["targets", made["id"]], ["audit", made["id"]], ["status", "unknown"])
            for language in ([], ["--language", "de"])
        ]
        for english, german in zip(runs[::2], runs[1::2], strict=True):
            assert (english.out, english.code) == (german.out, german.code)
            json.loads(german.out)
        text = (await command(waits, "status", made["id"], env={"LANG": "de_DE.UTF-8"})).out
        assert "Wartet bis " in text
        assert " auf Genehmigung durch owner@contoso.com" in text
        missing = await command(waits, "--language", "de", "status", "unknown")
        assert missing.err.startswith("Fehler: ")
