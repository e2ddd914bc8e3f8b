"""Templates and their few files, read once; every address of a file carries the hash of its content."""

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
class _File:
    content: bytes
    type: str
    mark: str


class PageRenderer:
    def __init__(self) -> None:
        self._files: Mapping[str, _File] = {path.name: _read(path) for path in sorted((_HERE / "static").iterdir())}
        self._templates = Environment(
            loader=FileSystemLoader(_HERE / "templates"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._templates.globals["file"] = self.address

    def address(self, name: str) -> str:
        return f"static/{self._files[name].mark}/{name}"

    def text(self, template: str, **values: Any) -> str:
        return self._templates.get_template(template).render(**values)

    def page(self, call: RequestContext[Any], template: str, *, status: int = 200, **values: Any) -> web.Response:
        root = f"{path_prefix(call.services.facts.public_url)}/"
        return web.Response(text=self.text(template, root=root, **values), status=status, content_type="text/html")

    async def serve(self, call: RequestContext[Any]) -> web.Response:
        file = self._files.get(call.part("name"))
        if file is None:
            raise not_found(Words("这个文件", "file"))
        return web.Response(body=file.content, headers={hdrs.CONTENT_TYPE: file.type, hdrs.CACHE_CONTROL: IMMUTABLE})

    def routes(self) -> tuple[Route, ...]:
        return (Route("GET", "/static/{mark}/{name}", self.serve, who=PUBLIC, page=True),)


def _read(path: Path) -> _File:
    content = path.read_bytes()
    guessed = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    charset = "; charset=utf-8" if guessed.startswith("text/") else ""
    return _File(content, guessed + charset, hashlib.sha256(content).hexdigest()[:12])
