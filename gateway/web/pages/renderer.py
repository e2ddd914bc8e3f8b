"""Renders the page templates and serves their static files. A file's address contains the hash of its content."""

from __future__ import annotations

import hashlib
import mimetypes
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aiohttp import hdrs, web
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from gateway.model import Words
from gateway.web.api_errors import not_found
from gateway.web.headers import IMMUTABLE
from gateway.web.public_url import path_prefix
from gateway.web.request_context import RequestContext
from gateway.web.routes import PUBLIC, Route

_HERE = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class _StaticFile:
    content: bytes
    content_type: str
    hash: str


class PageRenderer:
    """Reads templates and files once, when the gateway starts."""

    def __init__(self) -> None:
        self._files: Mapping[str, _StaticFile] = {
            path.name: _read(path) for path in sorted((_HERE / "static").iterdir())
        }
        self._templates = Environment(
            loader=FileSystemLoader(_HERE / "templates"),
            autoescape=True,
            undefined=StrictUndefined,  # a misspelt name fails a test instead of rendering nothing
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._templates.globals["file"] = self.address

    def address(self, name: str) -> str:
        """The address of a static file, relative to the root. Available to templates as `file(name)`."""
        return f"static/{self._files[name].hash}/{name}"

    def text(self, template: str, **values: Any) -> str:
        """The rendered template."""
        return self._templates.get_template(template).render(**values)

    def page(self, context: RequestContext[Any], template: str, *, status: int = 200, **values: Any) -> web.Response:
        """The rendered template as a response. Templates get `root`, the path below which we are published."""
        root = f"{path_prefix(context.services.compound.public_url)}/"
        return web.Response(text=self.text(template, root=root, **values), status=status, content_type="text/html")

    async def serve(self, context: RequestContext[Any]) -> web.Response:
        """Handler of static files. The hash in the path is for the browser's cache only and is not checked."""
        file = self._files.get(context.path_param("name"))
        if file is None:
            raise not_found(Words("这个文件", "file"))
        return web.Response(
            body=file.content, headers={hdrs.CONTENT_TYPE: file.content_type, hdrs.CACHE_CONTROL: IMMUTABLE}
        )

    def routes(self) -> tuple[Route, ...]:
        """The route of static files."""
        return (Route("GET", "/static/{mark}/{name}", self.serve, allowed=PUBLIC, page=True),)


def _read(path: Path) -> _StaticFile:
    content = path.read_bytes()
    guessed = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    charset = "; charset=utf-8" if guessed.startswith("text/") else ""
    return _StaticFile(content, guessed + charset, hashlib.sha256(content).hexdigest()[:12])
