"""Splits a body of several parts (multipart/form-data, mixed, x-mixed-replace), bounded. No I/O.

`email` of the standard library reads line by line in Python: 4 MB of line feeds block the loop for seconds. aiohttp's
reader requires CR LF and the boundary that the header names; cameras end lines with LF, and name another boundary or
none.
"""

from __future__ import annotations

import binascii
import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import Message
from email.parser import HeaderParser

from gateway.errors import BadInput
from gateway.model import Words

MAX_PARTS = 32
MAX_BOUNDARY_BYTES = 200
MIN_UNIQUE_BYTES = 8
"""A delimiter of so many bytes does not occur in a picture by chance."""
_SNIFFED = re.compile(rb"\s*--([^\r\n]{1,%d}?)[ \t]*\r?\n" % MAX_BOUNDARY_BYTES)
_HEADERS = re.compile(
    rb"(?:[A-Za-z][A-Za-z-]{0,39}[ \t]*:[^\r\n]{0,2000}\r?\n(?:[ \t][^\r\n]{0,2000}\r?\n){0,4}){1,20}(?:\r?\n|\Z)"
)


@dataclass(frozen=True, slots=True)
class BodyPart:
    """One part. `kind` is its media type, `name` that of its form field; both empty where there is none."""

    kind: str
    name: str
    data: bytes


def is_multipart(content_type: str, body: bytes) -> bool:
    """Whether the body has several parts. Its beginning decides, for some devices send text/plain."""
    if _SNIFFED.match(body):
        return True
    # A multipart type and another beginning: there may be a preamble before the first delimiter.
    is_declared = content_type.strip().lower().startswith("multipart/")
    return is_declared and (not body.strip() or _named(content_type, body) is not None)


def parts_of(body: bytes, content_type: str) -> list[BodyPart]:
    """The parts in order. Raises BadInput where there is no boundary, or too many parts."""
    boundary = _boundary(body, content_type)
    pieces = list(itertools.islice(_pieces(body, b"--" + boundary), MAX_PARTS + 1))
    if len(pieces) > MAX_PARTS:
        raise BadInput(Words(f"超过 {MAX_PARTS} 个部分", f"more than {MAX_PARTS} parts"), body)
    return [_part(piece) for piece in pieces]


def _boundary(body: bytes, content_type: str) -> bytes:
    if named := _named(content_type, body):
        return named
    found = _SNIFFED.match(body)
    if found is None:
        raise BadInput(Words("找不到各部分的分隔符 boundary", "its parts have no boundary"), body)
    return found[1]


def _named(content_type: str, body: bytes) -> bytes | None:
    """The boundary that the content type names, if it occurs in the body."""
    head = Message()
    head["Content-Type"] = content_type.replace("\r", " ").replace("\n", " ")
    named = (head.get_boundary() or "").strip().encode("utf-8", "surrogateescape")[:MAX_BOUNDARY_BYTES]
    return named if named and b"--" + named in body else None


def _pieces(body: bytes, delimiter: bytes) -> Iterator[bytes]:
    """What is between two delimiters, or after the last one.

    A delimiter begins a line. A long one may also be in the middle: some firmware omits the line end after a part.
    """
    is_unique = len(delimiter) >= MIN_UNIQUE_BYTES
    begin, at = -1, body.find(delimiter)
    while at >= 0:
        after = at + len(delimiter)
        if (is_unique or at == 0 or body[at - 1] in b"\r\n") and body[after : after + 1] in {
            b"\r",
            b"\n",
            b"-",
            b" ",
            b"\t",
            b"",
        }:
            if begin >= 0:
                yield body[begin:at]
            begin = -1 if body.startswith(b"--", after) else after
            if begin < 0:
                return
        at = body.find(delimiter, after)
    if begin >= 0:
        yield body[begin:]


def _part(piece: bytes) -> BodyPart:
    piece = piece.lstrip(b" \t\r\n")
    found = _HEADERS.match(piece)
    if found is None:
        return BodyPart("", "", _without_line_end(piece))
    head = HeaderParser().parsestr(found[0].decode("utf-8", "replace").replace("\r\n", "\n"))
    data = piece[found.end() :]
    declared = (head.get("Content-Length") or "").strip()
    length = int(declared) if declared.isdecimal() and len(declared) < len("1000000000") else None
    # Some devices count characters, or before they insert a picture. The length is right if only line ends follow it.
    fits = length is not None and length <= len(data) and not data[length:].strip(b"\r\n")
    data = data[:length] if fits else _without_line_end(data)
    if (head.get("Content-Transfer-Encoding") or "").strip().lower() == "base64":
        data = _from_base64(data)
    kind = head.get_content_type() if "Content-Type" in head else ""
    name = head.get_param("name", "", "Content-Disposition")
    return BodyPart(kind, name if isinstance(name, str) else "", data)


def _without_line_end(data: bytes) -> bytes:
    return data.removesuffix(b"\n").removesuffix(b"\r")


def _from_base64(data: bytes) -> bytes:
    try:
        return binascii.a2b_base64(data)
    except binascii.Error:
        return data
