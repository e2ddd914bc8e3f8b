"""A body of several parts (multipart/form-data, mixed, x-mixed-replace) → its parts, bounded. No I/O.

`email` of the standard library reads line by line in Python: 4 MB of line feeds hold the loop for seconds. aiohttp's
reader wants CR LF and a boundary that is named; cameras end lines with LF, and name another boundary or none.
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
"""Bytes of a delimiter that no picture holds by chance."""
_SNIFFED = re.compile(rb"\s*--([^\r\n]{1,%d}?)[ \t]*\r?\n" % MAX_BOUNDARY_BYTES)
_HEADERS = re.compile(
    rb"(?:[A-Za-z][A-Za-z-]{0,39}[ \t]*:[^\r\n]{0,2000}\r?\n(?:[ \t][^\r\n]{0,2000}\r?\n){0,4}){1,20}(?:\r?\n|\Z)"
)


@dataclass(frozen=True, slots=True)
class BodyPart:
    """`kind` is its media type, empty where it names none; `name` of its field."""

    kind: str
    name: str
    data: bytes


def is_multipart(content_type: str, body: bytes) -> bool:
    """As it begins: some say text/plain. What says that it is and begins as something else may have a preamble."""
    if _SNIFFED.match(body):
        return True
    says_so = content_type.strip().lower().startswith("multipart/")
    return says_so and (not body.strip() or _named(content_type, body) is not None)


def parts_of(body: bytes, content_type: str) -> list[BodyPart]:
    """In order. Raises BadInput where there is no boundary, or too many parts."""
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
    """The boundary that its type names, if it stands in it."""
    head = Message()
    head["Content-Type"] = content_type.replace("\r", " ").replace("\n", " ")
    named = (head.get_boundary() or "").strip().encode("utf-8", "surrogateescape")[:MAX_BOUNDARY_BYTES]
    return named if named and b"--" + named in body else None


def _pieces(body: bytes, delimiter: bytes) -> Iterator[bytes]:
    """What stands between two delimiters, or behind the last. Each begins a line, unless it is too long to be chance:
    some firmware leaves out the line end behind a part.
    """
    stands_alone = len(delimiter) >= MIN_UNIQUE_BYTES
    begin, at = -1, body.find(delimiter)
    while at >= 0:
        after = at + len(delimiter)
        if (stands_alone or at == 0 or body[at - 1] in b"\r\n") and body[after : after + 1] in {
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
    said = (head.get("Content-Length") or "").strip()
    length = int(said) if said.isdecimal() and len(said) < len("1000000000") else None
    # Counted in characters, or before a picture was put in, a length may be wrong; line ends alone may follow it.
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
