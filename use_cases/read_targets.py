"""Page through the targets of a request."""

from collections.abc import AsyncIterator

from domain.request.target import Target
from records.targets import StoredTarget
from services import Services

# Targets per read of the records: a page of 500 with their methods is well under a second and a few megabytes.
_PAGE = 500


async def target_pages(services: Services, request_id: str) -> AsyncIterator[list[StoredTarget]]:
    """Yield the targets of a request as they were read, in their order, page by page."""
    start = 0
    while page := await services.targets.range(request_id, start, _PAGE):
        yield page
        start += len(page)


async def all_targets(services: Services, request_id: str) -> AsyncIterator[Target]:
    """Yield every target of a request, in its order."""
    async for page in target_pages(services, request_id):
        for kept in page:
            yield kept.target
