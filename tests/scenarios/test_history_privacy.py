"""Nothing personal stays in durable history: it is kept by the engine, shown by its tools, and purged by other rules."""

from pathlib import Path

import pytest
from google.protobuf.json_format import MessageToJson

from tests.system import HELPDESK_SECRET, system


@pytest.mark.azure_storage
async def test_history_of_a_finished_request_holds_nothing_personal(tmp_path: Path) -> None:
    async with system(tmp_path) as it:
        more = {"reason": "Lost at the Oktoberfest", "requester": "tech@msp.example"}
        request = await it.ask(
            contoso=["adele@contoso.com", "isaiah@contoso.com"], fabrikam=["alex@fabrikam.com"], more=more
        )
        tokens = [link.rpartition("/")[2] for link in it.links(request["id"]).values()]
        await it.approve(request["id"])
        assert (await it.shown(request["id"]))["status"] == "completed"
        instances = it.host.instance_ids()
        history = "\n".join(MessageToJson(event) for name in instances for event in it.host.history(name)).lower()

        # The history is really there, and really that of this request.
        assert request["id"] in history
        assert "reset_target" in history
        personal = {
            "oktoberfest",
            "inc0012345",
            "tech@msp.example",
            "lead@msp.example",
            "owner@contoso.com",
            HELPDESK_SECRET,
        }
        personal |= set(tokens)
        for target in await it.targets(request["id"]):
            user = it.world.user(target["tenantId"], target["userId"])
            personal |= {user.upn, user.name, user.id, *user.name.split()}
            personal |= {method["label"] for method in target["methods"]}
            # The fixed ids of phones are the same for everybody, yet they tell what somebody had.
            personal |= {method["id"] for method in target["methods"]}
            personal |= {mail for mail in [user.mail] if mail}
        personal |= {number for method in ("+1", "+49") for number in [method + " "]}
        found = [text for text in personal if text.lower() in history]
        assert found == []
