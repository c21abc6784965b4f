import httpx

from localhost.simulator import World


async def test_every_answer_can_be_traced(graph: httpx.AsyncClient) -> None:
    replies = [await graph.get(path) for path in ("/v1.0/organization", "/v1.0/x", "/mailbox", "/simulator/calls")]
    replies.append(await graph.get("/v1.0/organization", headers={"client-request-id": "mine"}))
    for reply in replies:
        assert reply.headers["date"] == "Mon, 02 Mar 2026 09:00:00 GMT"
        assert reply.headers["request-id"]
    assert replies[-1].headers["client-request-id"] == "mine"
    assert len({reply.headers["request-id"] for reply in replies}) == 5


async def test_a_body_that_is_too_large(graph: httpx.AsyncClient) -> None:
    reply = await graph.post("/v1.0/$batch", content=b"x" * (4 * 1024 * 1024 + 1))
    assert reply.status_code == 413


async def test_the_call_log_is_bounded(world: World, graph: httpx.AsyncClient) -> None:
    await graph.get("/v1.0/organization")
    record = next(iter(world.calls))
    for _ in range(20_005):
        world.calls.record(record)
    assert len(world.calls) == 20_000
    assert world.calls.counts["GET", "/v1.0/organization", 200] == 20_006
