"""Reads a small form with one file in it from the stream, within limits of size and time."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from aiohttp import BodyPartReader, hdrs, web

_MAX_FIELD_BYTES = 4 * 1024
_MAX_FIELDS = 10
_CHUNK_BYTES = 64 * 1024


@dataclass(slots=True)
class Form:
    """The fields and the file. `file` is empty when none was sent or when it was `too_large`."""

    fields: dict[str, str] = field(default_factory=dict)
    file: bytes = b""
    too_large: bool = False


async def read_form(request: web.Request, *, file: str, max_bytes: int, drain_bytes: int, timeout_s: float) -> Form:
    """A multipart or urlencoded form. `file` is the name of the file's field.

    A file larger than `max_bytes` is read up to `drain_bytes` and dropped: a browser that is cut off while it sends
    shows an error of its own instead of our page. Raises an HTTPException for what is no form, too large or too slow.
    """
    try:
        async with asyncio.timeout(timeout_s):
            if request.content_type == "application/x-www-form-urlencoded":
                return await _urlencoded(request)
            if request.content_type != "multipart/form-data":
                raise web.HTTPUnsupportedMediaType(reason="Send a form")
            return await _multipart(request, file, max_bytes, drain_bytes)
    except TimeoutError as error:
        raise web.HTTPRequestTimeout(reason=f"The form did not arrive within {timeout_s:g} s") from error
    except (ValueError, LookupError, EOFError) as error:
        raise web.HTTPBadRequest(reason="The form can't be read") from error


async def _urlencoded(request: web.Request) -> Form:
    limit = _MAX_FIELD_BYTES * _MAX_FIELDS
    if (request.content_length or 0) > limit:
        raise web.HTTPRequestEntityTooLarge(limit)
    posted = await request.post()
    return Form({name: value for name, value in posted.items() if isinstance(value, str)})


async def _multipart(request: web.Request, file: str, max_bytes: int, drain_bytes: int) -> Form:
    form = Form()
    reader = await request.multipart()
    for _ in range(_MAX_FIELDS):
        part = await reader.next()
        if part is None:
            return form
        if not isinstance(part, BodyPartReader):
            raise web.HTTPBadRequest(reason="A form within a form")
        if part.headers.get(hdrs.CONTENT_ENCODING) or part.headers.get(hdrs.CONTENT_TRANSFER_ENCODING):
            # A small compressed part can unpack to gigabytes, and browsers never send one.
            raise web.HTTPBadRequest(reason="A part that is encoded")
        if part.name == file:
            form.file, form.too_large = await _read_part(part, max_bytes, drain_bytes)
        elif part.name:
            text, _ = await _read_part(part, _MAX_FIELD_BYTES, _MAX_FIELD_BYTES)
            form.fields[part.name] = text.decode("utf-8")
    raise web.HTTPBadRequest(reason=f"More than {_MAX_FIELDS} fields")


async def _read_part(part: BodyPartReader, max_bytes: int, drain_bytes: int) -> tuple[bytes, bool]:
    """The content of a part and False, or nothing and True when it is larger than `max_bytes`."""
    content, size = bytearray(), 0
    while chunk := await part.read_chunk(_CHUNK_BYTES):
        size += len(chunk)
        if size > drain_bytes:
            raise web.HTTPRequestEntityTooLarge(max_bytes)
        if size <= max_bytes:
            content += chunk
    return (b"", True) if size > max_bytes else (bytes(content), False)
