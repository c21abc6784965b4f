"""A short soak: a dozen requests one after another. The long one: `python -m bench.load --soak 3600 --rate 5`."""

from bench.load import loading

# What a leak of 4 MiB a request comes to. A request takes about 20 KiB; caches and the allocator take some MiB at first.
_MOST = 48.0


async def test_a_dozen_requests_all_end_and_memory_stays_where_it_was() -> None:
    async with loading(users=2) as load:
        before = 0.0
        for number in range(14):
            took = await load.run(rate=1, seconds=1)
            assert not took.bad
            assert len(took.requests) == 1
            assert await load.all_ended(took.requests, 60)
            if number == 1:  # what is made at the first calls is there by then
                before = load.memory()
        assert load.memory() - before < _MOST
