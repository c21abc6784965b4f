"""Do the same for many things at once, but for so many of them at a time."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable


async def side_by_side[Item, Result](
    make: Callable[[Item], Awaitable[Result]], items: Iterable[Item], *, at_once: int
) -> list[Result]:
    """Return what `make` returns for each of the items, in their order. Raises: what `make` raises first."""
    gate = asyncio.Semaphore(at_once)

    async def one(item: Item) -> Result:
        async with gate:
            return await make(item)

    return await asyncio.gather(*map(one, items))
