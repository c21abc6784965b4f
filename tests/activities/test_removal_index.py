"""Every removal of ours is in the index before it is asked for, and each target once."""

from typing import Any

import pytest

from graph.client import GraphClient
from graph.responses import Response
from records.errors import StoreUnavailableError
from records.removals import Removals
from tests.activities.conftest import CONTOSO, Works

APP: tuple[str, dict[str, Any]] = ("microsoftAuthenticator", {})
TOKEN: tuple[str, dict[str, Any]] = ("softwareOath", {})


async def test_a_removal_is_in_the_index_before_it_is_asked_for(works: Works, monkeypatch: pytest.MonkeyPatch) -> None:
    user = works.user(APP, TOKEN)
    await works.planned(user)
    send, indexed = GraphClient.send_once, list[int]()

    async def sent(self: GraphClient, method: str, path: str, **more: Any) -> Response:
        if method == "DELETE":
            indexed.append(len(await works.services.removals.of_user(CONTOSO, user.id)))
        return await send(self, method, path, **more)

    monkeypatch.setattr(GraphClient, "send_once", sent)
    begun = works.clock()
    await works.reset()
    assert indexed == [1, 1]
    [removal] = await works.services.removals.of_user(CONTOSO, user.id)
    assert (removal.request_id, removal.number, removal.begun_at, removal.entries) == ("r1", 0, begun, {})


async def test_nothing_is_removed_while_the_index_cannot_be_written(
    works: Works, monkeypatch: pytest.MonkeyPatch
) -> None:
    user = works.user(APP)
    await works.planned(user)

    async def is_away(*_: object) -> None:
        raise StoreUnavailableError("away")

    with monkeypatch.context() as patch:
        patch.setattr(Removals, "begin", is_away)
        with pytest.raises(StoreUnavailableError):
            await works.once()
    assert works.deletes(user) == []
    await works.reset()
    assert len(works.deletes(user)) == 1


async def test_who_had_nothing_to_remove_is_not_in_the_index(works: Works) -> None:
    user = works.user()
    await works.planned(user)
    await works.reset()
    assert await works.services.removals.of_user(CONTOSO, user.id) == []
