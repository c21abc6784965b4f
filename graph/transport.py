"""How calls travel: httpx's interface on aiohttp's connections.

httpx's own connections look at every connection of the pool for every call and parse in Python; with eighty calls under way
that is more CPU than all the rest of a call. aiohttp's pool is a dictionary and its parser is C. [measured: 3.5 ms against
1.2 ms a call at eighty connections]
"""

from collections.abc import AsyncGenerator, Mapping
from types import TracebackType
from typing import Self, override

import aiohttp
import httpx
from yarl import URL

# What aiohttp sets by itself, from the URL and the body.
_ITS_OWN = {"host", "content-length", "connection", "transfer-encoding"}


class AiohttpTransport(httpx.AsyncBaseTransport):
    """Belongs to the event loop in which it is first used. Answers are read whole: those of Graph are small.

    A process that ends need not close it: its connections are closed when the loop shuts down its asynchronous generators, as
    `asyncio.run` does in every host.
    """

    def __init__(self, *, connections: int, timeout: httpx.Timeout) -> None:
        self._connections = connections
        self._timeout = aiohttp.ClientTimeout(
            total=None, connect=timeout.pool, sock_connect=timeout.connect, sock_read=timeout.read
        )
        self._session: aiohttp.ClientSession | None = None
        self._held: AsyncGenerator[None] | None = None

    async def send(self, method: str, url: str, headers: Mapping[str, str], content: bytes | None) -> httpx.Response:
        """Send a call and return its whole response. `url` is sent as it is, its escapes included.

        Raises: httpx.TransportError.
        """
        try:
            async with (await self._open()).request(
                method, URL(url, encoded=True), headers=headers, data=content or None, allow_redirects=False
            ) as answer:
                body = await answer.read()
        except aiohttp.ServerTimeoutError as error:
            raise httpx.ReadTimeout(str(error)) from error
        except aiohttp.ClientConnectorError as error:
            raise httpx.ConnectError(str(error)) from error
        except aiohttp.InvalidURL as error:
            raise httpx.UnsupportedProtocol(str(error)) from error
        except ValueError as error:  # a control character in a link or a token that came from the other side
            raise httpx.LocalProtocolError(str(error)) from error
        except (aiohttp.ClientError, OSError) as error:
            raise httpx.RemoteProtocolError(str(error)) from error
        return httpx.Response(answer.status, headers=list(answer.raw_headers), content=body)

    @override
    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        headers = {name: value for name, value in request.headers.items() if name not in _ITS_OWN}
        try:
            response = await self.send(request.method, str(request.url), headers, await request.aread())
        except httpx.TransportError as error:
            error.request = request
            raise
        response.request = request
        return response

    async def _open(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=self._connections),
                timeout=self._timeout,
                cookie_jar=aiohttp.DummyCookieJar(),
                auto_decompress=False,  # httpx does it, by the headers that it gets
                skip_auto_headers={"User-Agent", "Accept", "Accept-Encoding", "Content-Type"},
            )
            # aiohttp sends a DELETE again by itself when a kept connection ends under it. Whether a removal is asked for
            # twice is for the caller to decide, who looks first; aiohttp's own tests switch it off the same way.
            self._session._retry_connection = False  # noqa: SLF001
            self._held = _hold(self._session)
            await anext(self._held)
        return self._session

    async def aclose(self) -> None:
        if self._held is not None:
            await self._held.aclose()
            self._session = self._held = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None = None,
        exc_value: BaseException | None = None,
        traceback: TracebackType | None = None,
    ) -> None:
        await self.aclose()


async def _hold(session: aiohttp.ClientSession) -> AsyncGenerator[None]:
    """Close the session when the generator is closed: by `aclose`, or else at the end of the loop."""
    try:
        yield
    finally:
        await session.close()
