"""While the plan is made, the page promises only what it does: without scripts it does not go on by itself."""

from pathlib import Path

from domain.outcomes import RequestStatus
from tests.console.pages import fetched
from tests.system import system


async def test_only_a_script_tells_that_the_page_goes_on(tmp_path: Path) -> None:
    async with system(tmp_path) as it:
        request = (await it.ask(contoso=["adele@contoso.com"], more={"dryRun": True}))["id"]
        planning = {"status": RequestStatus.PLANNING, "source": "console", "requested_by_id": "test:tech@msp.example"}
        await it.services.requests.update(request, lambda r: r.model_copy(update=planning))
        page = await fetched(it, f"reviews/{request}")
        (promise,) = [attributes for attributes in page.all("span") if "data-beat" in attributes]
        assert "hidden" in promise
        assert page.all("noscript")
        assert "Refresh to see whether it is ready." in page.text
