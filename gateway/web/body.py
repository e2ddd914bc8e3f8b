"""Reads a request body within limits of size and time."""

from __future__ import annotations

import asyncio
from pathlib import Path

from aiohttp import hdrs, web

_HEAD_BYTES = 1024
"""How much of a body that is too large is passed on, for the quarantine."""
_CHUNK_BYTES = 64 * 1024


class BodyTooLarge(web.HTTPRequestEntityTooLarge):
    """A 413 response. `head` is the beginning of the body, if it was read."""

    def __init__(self, limit: int, head: bytes = b"") -> None:
        super().__init__(limit, reason=f"The body is larger than {limit} bytes")
        self.head = head


async def read_body(request: web.Request, limit: int, timeout_s: float) -> bytes:
    """The whole body. Raises an HTTPException as soon as it is too large or too slow, or when it is compressed."""
    _check_headers(request, limit)
    body = bytearray()
    try:
        async with asyncio.timeout(timeout_s):
            # A chunked body has no Content-Length: count what arrives.
            async for chunk in request.content.iter_chunked(_CHUNK_BYTES):
                body += chunk
                if len(body) > limit:
                    raise BodyTooLarge(limit, bytes(body[:_HEAD_BYTES]))
    except TimeoutError as error:
        raise web.HTTPRequestTimeout(reason=f"The body did not arrive within {timeout_s:g} s") from error
    return bytes(body)


async def save_body(request: web.Request, file: Path, limit: int, timeout_s: float) -> int:
    """Write the body to `file` as it comes, and return its length. Raises as `read_body`."""
    _check_headers(request, limit)
    size = 0
    try:
        with file.open("wb") as stream:
            async with asyncio.timeout(timeout_s):
                async for chunk in request.content.iter_chunked(_CHUNK_BYTES):
                    size += len(chunk)
                    if size > limit:
                        raise BodyTooLarge(limit)
                    stream.write(chunk)
    except TimeoutError as error:
        raise web.HTTPRequestTimeout(reason=f"The body did not arrive within {timeout_s:g} s") from error
    return size


def _check_headers(request: web.Request, limit: int) -> None:
    if (request.content_length or 0) > limit:
        raise BodyTooLarge(limit)
    if request.headers.get(hdrs.CONTENT_ENCODING, "identity") != "identity":
        raise web.HTTPUnsupportedMediaType(reason="Send the body uncompressed")
