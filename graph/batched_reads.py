"""Batched reads: many coroutines read for themselves, and what they ask for at the same moment is one batch."""

import asyncio

from graph.batch import Part, ask, whole_list
from graph.client import GraphClient
from graph.errors import GraphError
from graph.responses import Response


class BatchedReads:
    """Reads of one client and API version. Each is answered by itself: one that is asked for again keeps no other waiting."""

    def __init__(self, client: GraphClient, version: str = "v1.0") -> None:
        self._client = client
        self._version = version
        self._waiting: list[tuple[Part, asyncio.Future[Response | GraphError]]] = []
        self._sending: set[asyncio.Task[None]] = set()

    async def read(self, part: Part) -> Response:
        """Return the answer, whatever its status. A list is whole.

        Raises: GraphError where there is no answer.
        """
        answer: asyncio.Future[Response | GraphError] = asyncio.get_running_loop().create_future()
        self._waiting.append((part, answer))
        if len(self._waiting) == 1:  # what else is asked for before this task runs goes with it
            sending = asyncio.create_task(self._send())
            self._sending.add(sending)
            sending.add_done_callback(self._sending.discard)
        found = await answer
        if isinstance(found, GraphError):
            raise found
        return await whole_list(self._client, part, found, self._version)

    async def _send(self) -> None:
        asked, self._waiting = self._waiting, []
        parts, answers = [part for part, _ in asked], [answer for _, answer in asked]

        def settle(number: int, answer: Response | GraphError) -> None:
            if not answers[number].done():  # it is, where the reader was cancelled
                answers[number].set_result(answer)

        try:
            await ask(self._client, parts, self._version, settle)
        except Exception as error:
            for answer in answers:
                if not answer.done():
                    answer.set_exception(error)
            raise
