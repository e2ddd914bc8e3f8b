"""The guard-room app's files: the page itself is asked for anew each time, what it names is kept for good."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from aiohttp import hdrs, web

from gateway.model import Words
from gateway.web.api_errors import not_found
from gateway.web.file_response import StoredFileResponse
from gateway.web.headers import IMMUTABLE
from gateway.web.pages.renderer import PageRenderer
from gateway.web.public_url import relative_root
from gateway.web.request_context import RequestContext
from gateway.web.routes import PUBLIC, Route

_HASHED = "assets/"


class ConsolePages:
    def __init__(self, rendering: PageRenderer) -> None:
        self._rendering = rendering

    def routes(self) -> tuple[Route, ...]:
        """Last in the table: it answers for every address nothing else answers for."""
        return (Route("GET", "/{path:.*}", self.serve, who=PUBLIC, page=True),)

    async def serve(self, call: RequestContext[Any]) -> web.StreamResponse:
        wanted = call.part("path")
        if wanted.startswith(("api/", "static/", "d/")):
            raise not_found(Words("这个地址", "address"))
        folder = call.services.console
        file = await asyncio.to_thread(_within, folder, wanted)
        if file is None and "." in wanted.rpartition("/")[2]:
            raise not_found(Words("这个文件", "file"))
        if file is None and wanted:
            root = relative_root(call.request, call.services.facts.public_url)  # what the page names is relative to it
            return web.Response(status=302, headers={hdrs.LOCATION: root})
        page = file or folder / "index.html"
        if not await asyncio.to_thread(page.is_file):
            return self._rendering.page(call, "unbuilt.html", status=503, language=call.language)
        caching = IMMUTABLE if wanted.startswith(_HASHED) else "no-cache"
        return StoredFileResponse(page, headers={hdrs.CACHE_CONTROL: caching})


def _within(folder: Path, wanted: str) -> Path | None:
    """The file of that name below the folder, and never one beside it."""
    if not wanted or "\0" in wanted:
        return None
    root = folder.resolve()
    try:
        path = (root / wanted).resolve()
        return path if path.is_relative_to(root) and path.is_file() else None
    except OSError:  # a name longer than the system has them
        return None
