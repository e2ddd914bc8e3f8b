"""A file as an answer. One that the other end does not read is hung up on by the kernel (links/accept.py)."""

from __future__ import annotations

from aiohttp import web
from aiohttp.abc import AbstractStreamWriter


class StoredFileResponse(web.FileResponse):
    """Its sender's timeout ends the connection, as any other end of it does."""

    async def prepare(self, request: web.BaseRequest) -> AbstractStreamWriter | None:
        try:
            return await super().prepare(request)
        except TimeoutError as error:
            raise ConnectionResetError("what was sent was not read") from error
