"""Read a small form with one file in it, as it streams in and within bounds."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from aiohttp import BodyPartReader, hdrs, web

_FIELD = 4 * 1024
_FIELDS = 10
_CHUNK = 64 * 1024


@dataclass(slots=True)
class Form:
    """`file` is empty when none was sent; `too_large` when it was larger than allowed (and is not kept)."""

    fields: dict[str, str] = field(default_factory=dict)
    file: bytes = b""
    too_large: bool = False


async def read_form(request: web.Request, *, file: str, most: int, drain: int, seconds: float) -> Form:
    """A multipart or plain form. A file beyond `most` bytes is read away up to `drain`, so that a page can say so.

    Raises an HTTPException for what is no form, too large or too slow.
    """
    try:
        async with asyncio.timeout(seconds):
            if request.content_type == "application/x-www-form-urlencoded":
                return await _plain(request)
            if request.content_type != "multipart/form-data":
                raise web.HTTPUnsupportedMediaType(reason="Send a form")
            return await _multipart(request, file, most, drain)
    except TimeoutError as error:
        raise web.HTTPRequestTimeout(reason=f"The form did not come within {seconds:g} s") from error
    except (ValueError, LookupError, EOFError) as error:
        raise web.HTTPBadRequest(reason="The form can't be read") from error


async def _plain(request: web.Request) -> Form:
    limit = _FIELD * _FIELDS
    if (request.content_length or 0) > limit:
        raise web.HTTPRequestEntityTooLarge(limit)
    posted = await request.post()
    return Form({name: value for name, value in posted.items() if isinstance(value, str)})


async def _multipart(request: web.Request, file: str, most: int, drain: int) -> Form:
    form = Form()
    reader = await request.multipart()
    for _ in range(_FIELDS):
        part = await reader.next()
        if part is None:
            return form
        if not isinstance(part, BodyPartReader):
            raise web.HTTPBadRequest(reason="A form within a form")
        if part.headers.get(hdrs.CONTENT_ENCODING) or part.headers.get(hdrs.CONTENT_TRANSFER_ENCODING):
            raise web.HTTPBadRequest(reason="A part that is encoded")
        if part.name == file:
            form.file, form.too_large = await _take(part, most, drain)
        elif part.name:
            text, _ = await _take(part, _FIELD, _FIELD)
            form.fields[part.name] = text.decode("utf-8")
    raise web.HTTPBadRequest(reason=f"More than {_FIELDS} fields")


async def _take(part: BodyPartReader, most: int, drain: int) -> tuple[bytes, bool]:
    """What the part holds, or nothing and True when that is more than `most`."""
    kept, seen = bytearray(), 0
    while chunk := await part.read_chunk(_CHUNK):
        seen += len(chunk)
        if seen > drain:
            raise web.HTTPRequestEntityTooLarge(most)
        if seen <= most:
            kept += chunk
    return (b"", True) if seen > most else (bytes(kept), False)
