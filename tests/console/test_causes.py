"""What went wrong is said once for each cause, with what to do and the users behind it."""

from pathlib import Path

from tests.browsing import browser_client
from tests.console.pages import sign_in, text_of
from tests.console.test_says_what_is_so import words
from tests.system import system

FABRIKAM = "22222222-2222-2222-2222-222222222222"


async def test_failures_are_shown_by_cause_with_the_users_behind_each(tmp_path: Path) -> None:
    async with system(tmp_path) as it:
        it.world.tenants[FABRIKAM].consented = False
        request = str(
            (
                await it.ask(
                    contoso=["adele@contoso.com", "nobody@contoso.com"],
                    fabrikam=["alex@fabrikam.com", "lee@fabrikam.com"],
                )
            )["id"]
        )
        await it.approve(request)
        text = await text_of(it, f"requests/{request}")
        went_wrong = text.partition("What went wrong")[2]
        assert "2 users: The customer has not consented to this service yet" in went_wrong
        assert "Have the customer consent again, then retry. Show these users" in went_wrong
        assert "1 user: There is no such user in this customer." in went_wrong
        assert went_wrong.index("2 users") < went_wrong.index("1 user:")
        users = (await text_of(it, f"requests/{request}?cause=consentMissing")).rpartition("Users All")[2]
        assert "alex@fabrikam.com" in users
        assert "adele@contoso.com · " not in users
        assert "nobody@contoso.com · " not in users


async def test_nothing_is_said_of_causes_where_all_went_well(tmp_path: Path) -> None:
    async with system(tmp_path) as it:
        request = str((await it.ask(contoso=["adele@contoso.com"]))["id"])
        await it.approve(request)
        assert "What went wrong" not in await text_of(it, f"requests/{request}")


async def test_one_user_is_reset_from_the_list_and_the_choice_stays(tmp_path: Path) -> None:
    async with system(tmp_path) as it, browser_client(it.host.base_url) as http:
        await sign_in(http, "tech@msp.example")
        html = (await http.get("/console/users?search=adele&customer=contoso")).text
        (button,) = [
            part for part in html.split("<button") if 'aria-label="Reset Adele Vance, adele@contoso.com' in part
        ]
        value = button.partition('value="')[2].partition('"')[0]
        nonce = html.partition('name="nonce" value="')[2].partition('"')[0]
        chosen = f"contoso/{it.world.user('contoso', 'alex@contoso.com').id}"
        await http.post("/console/selection", data={"nonce": nonce, "user": chosen})
        answer = await http.post("/console/review", data={"nonce": nonce, "act": value})
        await it.host.idle()
        review = words((await http.get(answer.headers["Location"])).text)
        assert "1 user to reset" in review or "user to reset 1" in review
        assert "Adele Vance" in review
        assert "Alex Wilber" not in review
        assert "1 user chosen" in (await http.get("/console/users")).text
