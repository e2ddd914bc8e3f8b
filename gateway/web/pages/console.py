"""The files of the guard-room app. The page is revalidated each time; the assets it names are cached forever."""

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

_HASHED_FOLDER = "assets/"
"""Vite puts the hash of the content into the names of these files."""


class ConsolePages:
    """Serves the built app, or a page that says that it is not built."""

    def __init__(self, renderer: PageRenderer) -> None:
        self._renderer = renderer

    def routes(self) -> tuple[Route, ...]:
        """One route that matches every path: it must come last in the table."""
        return (Route("GET", "/{path:.*}", self.serve, allowed=PUBLIC, page=True),)

    async def serve(self, context: RequestContext[Any]) -> web.StreamResponse:
        """Handler of every path that no other route serves."""
        path = context.path_param("path")
        # An unknown address of the API must be a 404, not the console's page.
        if path.startswith(("api/", "static/", "d/", "c/")):
            raise not_found(Words("这个地址", "address"))
        folder = context.services.console_folder
        file = await asyncio.to_thread(_within, folder, path)
        if file is None and "." in path.rpartition("/")[2]:
            raise not_found(Words("这个文件", "file"))
        if file is None and path:
            root = relative_root(
                context.request, context.services.compound.public_url
            )  # what the page names is relative to it
            return web.Response(status=302, headers={hdrs.LOCATION: root})
        page = file or folder / "index.html"
        if not await asyncio.to_thread(page.is_file):
            return self._renderer.page(context, "unbuilt.html", status=503, language=context.language)
        cache_control = IMMUTABLE if path.startswith(_HASHED_FOLDER) else "no-cache"
        return StoredFileResponse(page, headers={hdrs.CACHE_CONTROL: cache_control})


def _within(folder: Path, name: str) -> Path | None:
    """The file of that name inside the folder; None when there is none, or when the name leads out of the folder."""
    if not name or "\0" in name:
        return None
    root = folder.resolve()
    try:
        path = (root / name).resolve()
        return path if path.is_relative_to(root) and path.is_file() else None
    except OSError:  # the name is too long for the file system
        return None
