"""Bytes as manuals print them: `AA 55`, in any case, with or without blanks, or `'text'` in quotes."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import BeforeValidator, PlainSerializer, WithJsonSchema

from gateway.settings.mend import Wrong

_TOKEN = re.compile(r"\s+|'(?P<text>[^']*)'|(?P<hex>(?:[0-9A-Fa-f]{2})+)(?![0-9A-Fa-f])")


def parse_hex(value: object) -> bytes:
    """Parse `"AA 55 'OK'"` to bytes. Raises Wrong for anything else."""
    if isinstance(value, bytes):
        return value
    if not isinstance(value, str):
        raise Wrong(f"{value!r} is not a list of bytes", "write them as hexadecimal digits in quotes, such as 'AA 55'")
    found, at = b"", 0
    while at < len(value):
        token = _TOKEN.match(value, at)
        if token is None:
            raise Wrong(
                f"{value!r} is not a list of bytes: {value[at:]!r}",
                "write two hexadecimal digits a byte, such as 'AA 55'",
            )
        found += _token_bytes(token)
        at = token.end()
    return found


def _token_bytes(token: re.Match[str]) -> bytes:
    if token["text"] is not None:
        return encode_ascii(token["text"])
    return bytes.fromhex(token["hex"] or "")


def encode_ascii(text: str) -> bytes:
    """Return the bytes of a text. Raises Wrong if it is not ASCII."""
    try:
        return text.encode("ascii")
    except UnicodeEncodeError:
        raise Wrong(f"{text!r} is not ASCII", "write its bytes as hexadecimal digits") from None


def to_hex(data: bytes) -> str:
    """Return bytes as manuals print them: `AA 55`."""
    return data.hex(" ").upper()


HexBytes = Annotated[
    bytes,
    BeforeValidator(parse_hex),
    PlainSerializer(to_hex, return_type=str, when_used="json"),
    WithJsonSchema({"type": "string", "examples": ["AA 55", "'OK' 0D"]}),
]


def _parse_byte(value: object) -> object:
    parsed = parse_hex(value)
    if len(parsed) != 1:
        raise Wrong(f"{value!r} is not one byte", "write two hexadecimal digits, such as '7D'")
    return parsed


HexByte = Annotated[HexBytes, BeforeValidator(_parse_byte)]
