"""A transport for HTTP that bounds what a service may send."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import httpx2 as httpx


def bounded(inner: httpx.AsyncHTTPTransport, limit: int) -> httpx.AsyncBaseTransport:
    """A transport that breaks off replies of more than `limit` bytes: an endless one would fill the memory."""
    import httpx2 as httpx

    class Stream(httpx.AsyncByteStream):
        def __init__(self, stream: Any) -> None:
            self._stream = stream

        async def __aiter__(self) -> AsyncIterator[bytes]:
            size = 0
            async for part in self._stream:
                size += len(part)
                if size > limit:
                    raise httpx.RemoteProtocolError(f"the reply is longer than {limit:,} bytes (max_answer_bytes)")
                yield part

        async def aclose(self) -> None:
            """Give the connection back, also where the reply was broken off."""
            await self._stream.aclose()

    class Bounded(httpx.AsyncBaseTransport):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            """The reply of `inner`; reading on past the limit raises RemoteProtocolError."""
            response = await inner.handle_async_request(request)
            response.stream = Stream(response.stream)
            return response

        async def aclose(self) -> None:
            """Close the connections of `inner`."""
            await inner.aclose()

    return Bounded()
