"""The texts of problems are in the language that the caller accepts; what programs read is the same in each."""

import asyncio
import json
from pathlib import Path

from tests.client.harness import Waits, command
from tests.system import system

BODY = {
    "targets": [{"customer": "contoso", "users": []}, {"customer": 7, "users": ["a\u202eb@contoso.com"]}, {}],
    "methods": ["phone", "carrierPigeon"],
    "dryRun": "yes",
    "more": 1,
}
ENGLISH = {
    "/targets/0/users": "List should have at least 1 item after validation, not 0",
    "/targets/1/customer": "Input should be a valid string",
    "/targets/1/users/0": "has characters that no user name has",
    "/targets/2/customer": "Field required",
    "/targets/2/users": "Field required",
    "/dryRun": "Input should be a valid boolean",
    "/more": "is not a field of this object",
}
GERMAN = {
    "/targets/0/users": "muss mindestens 1 Elemente haben, nicht 0",
    "/targets/1/customer": "muss eine Zeichenfolge sein",
    "/targets/1/users/0": "enthält Zeichen, die in keinem Benutzernamen vorkommen",
    "/targets/2/customer": "Feld erforderlich",
    "/targets/2/users": "Feld erforderlich",
    "/dryRun": "muss true oder false sein",
    "/more": "ist kein Feld dieses Objekts",
}


async def test_a_problem_is_in_the_language_that_the_caller_accepts(tmp_path: Path) -> None:
    async with system(tmp_path) as it:
        for accepted, language, title, mistakes in (
            (None, "en", "The request is not valid", ENGLISH),
            ("fr", "en", "The request is not valid", ENGLISH),
            ("de-AT, en;q=0.5", "de", "Die Anforderung ist ungültig", GERMAN),
        ):
            headers = {"Accept-Language": accepted} if accepted else {}
            answer = await it.http.post("/api/reset-requests", json=BODY, headers=headers)
            problem = answer.json()
            assert answer.headers["Content-Language"] == language
            assert answer.headers["Vary"] == "Accept-Language"
            assert (answer.status_code, problem["status"], problem["type"]) == (
                400,
                400,
                "urn:mfareset:problem:invalidInput",
            )
            assert problem["title"] == title
            found = {error["pointer"]: error["detail"] for error in problem["errors"]}
            assert found.items() >= mistakes.items()


async def test_values_stand_in_a_translated_problem(tmp_path: Path) -> None:
    async with system(tmp_path) as it:
        body = {"targets": [{"customer": "nowhere", "users": ["a"]}], "reason": "x"}
        answer = await it.http.post("/api/reset-requests", json=body, headers={"Accept-Language": "de"})
        (mistake,) = answer.json()["errors"]
        assert mistake["detail"].startswith("unter 'nowhere' ist kein Kunde bekannt: ")


async def test_a_successful_response_is_the_same_in_every_language(tmp_path: Path) -> None:
    async with system(tmp_path) as it:
        answers = [
            (await it.http.get("/api/customers", headers={"Accept-Language": language})).json()
            for language in ("en", "de")
        ]
        assert answers[0] == answers[1]


async def test_two_callers_at_once_have_their_own_language(tmp_path: Path) -> None:
    async with system(tmp_path) as it:
        answers = await asyncio.gather(
            *(
                it.http.get("/api/reset-requests/none", headers={"Accept-Language": language})
                for language in ("en", "de", "en", "de")
            )
        )
        assert [answer.json()["detail"] for answer in answers] == [
            "There is no such request.",
            "Diese Anforderung gibt es nicht.",
        ] * 2


async def test_the_command_line_asks_for_its_language_and_json_stays_english(tmp_path: Path) -> None:
    async with system(tmp_path) as it:
        waits = Waits(it)
        german = await command(waits, "--language", "de", "status", "none")
        assert german.err == "Fehler: Nicht gefunden (HTTP 404): Diese Anforderung gibt es nicht.\n"
        as_json = await command(waits, "--language", "de", "status", "none", "--json")
        assert json.loads(as_json.out)["error"]["detail"] == "There is no such request."
        wrong = await command(waits, "--language", "de", "status", "none", "--key", "wrong")
        assert wrong.err == (
            "Fehler: HTTP 401 (HTTP 401): Der Funktionsschlüssel fehlt oder ist falsch. "
            "Überprüfen Sie --key oder MFA_RESET_KEY.\n"
        )
