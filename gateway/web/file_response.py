"""A response that sends a file from disk. The kernel closes a connection that does not read it (links/accept.py)."""

from __future__ import annotations

from aiohttp import web
from aiohttp.abc import AbstractStreamWriter


class StoredFileResponse(web.FileResponse):
    """Reports the kernel's send timeout as a lost connection instead of an internal error."""

    async def prepare(self, request: web.BaseRequest) -> AbstractStreamWriter | None:
        """Send the file. Raises ConnectionResetError when the client stops reading."""
        try:
            return await super().prepare(request)
        except TimeoutError as error:
            raise ConnectionResetError("the client did not read the file") from error
