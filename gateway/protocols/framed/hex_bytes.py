"""Bytes as a manual prints them: `AA 55`, in any case, with or without blanks; or `'text'` in quotes."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import BeforeValidator, PlainSerializer, WithJsonSchema

from gateway.settings.mend import Wrong

_PIECE = re.compile(r"\s+|'(?P<text>[^']*)'|(?P<hex>(?:[0-9A-Fa-f]{2})+)(?![0-9A-Fa-f])")


def parse_hex(value: object) -> bytes:
    """`"AA 55 'OK'"` → bytes; raises Wrong."""
    if isinstance(value, bytes):
        return value
    if not isinstance(value, str):
        raise Wrong(f"{value!r} are no bytes", "write them as hexadecimal digits in quotes, such as 'AA 55'")
    found, at = b"", 0
    while at < len(value):
        piece = _PIECE.match(value, at)
        if piece is None:
            raise Wrong(
                f"{value!r} are no bytes: {value[at:]!r}", "write two hexadecimal digits a byte, such as 'AA 55'"
            )
        found += _octets(piece)
        at = piece.end()
    return found


def _octets(piece: re.Match[str]) -> bytes:
    if piece["text"] is not None:
        return encode_ascii(piece["text"])
    return bytes.fromhex(piece["hex"] or "")


def encode_ascii(text: str) -> bytes:
    try:
        return text.encode("ascii")
    except UnicodeEncodeError:
        raise Wrong(f"{text!r} is not ASCII", "write its bytes as hexadecimal digits") from None


def to_hex(data: bytes) -> str:
    """As a manual prints them."""
    return data.hex(" ").upper()


HexBytes = Annotated[
    bytes,
    BeforeValidator(parse_hex),
    PlainSerializer(to_hex, return_type=str, when_used="json"),
    WithJsonSchema({"type": "string", "examples": ["AA 55", "'OK' 0D"]}),
]


def _one(value: object) -> object:
    octets = parse_hex(value)
    if len(octets) != 1:
        raise Wrong(f"{value!r} is not one byte", "write two hexadecimal digits, such as '7D'")
    return octets


HexByte = Annotated[HexBytes, BeforeValidator(_one)]
