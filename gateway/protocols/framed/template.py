"""Frames to send, as the YAML has them: `"{address} 82 {sequence} 'OK'"`.

Two hexadecimal digits are a byte, text in quotes is text, and `{name}` is a field of the frame that is
answered, or an argument of the command. Besides:

    {length}      where the length goes, if the frame has one
    {count:u16}   a number that goes up with every frame we send, of type u8 or u16

Start bytes, length, checksum, end bytes and escapes are put around by themselves. `{raw: "06"}` is sent as it is.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import BeforeValidator, PlainSerializer, WithJsonSchema

from gateway.protocols.framed.fields import FieldSettings, Value
from gateway.protocols.framed.hex_bytes import parse_hex
from gateway.settings.mend import Wrong

LENGTH, COUNT = "length", "count"
_HOLE = re.compile(r"\{\s*(\w+)\s*(?::\s*(\w+)\s*)?\}")


@dataclass(frozen=True, slots=True)
class Placeholder:
    """Where something is filled in; `type` only where it was written."""

    name: str
    type: str = ""


@dataclass(frozen=True, slots=True)
class Template:
    text: str
    pieces: tuple[bytes | Placeholder, ...]
    raw: bool = False

    def holes(self) -> Iterator[Placeholder]:
        return (piece for piece in self.pieces if isinstance(piece, Placeholder))

    def filled(self, fill: Callable[[Placeholder], bytes]) -> bytes:
        return b"".join(fill(piece) if isinstance(piece, Placeholder) else piece for piece in self.pieces)

    def as_written(self) -> Any:
        return {"raw": self.text} if self.raw else self.text


def parse_template(value: object) -> Template:
    """Raises Wrong for what is no template."""
    if isinstance(value, Template):
        return value
    raw = isinstance(value, Mapping) and set(value) == {"raw"}
    text = value["raw"] if raw and isinstance(value, Mapping) else value
    if not isinstance(text, str):
        raise Wrong(f"{value!r} is no frame to send", "write its bytes in quotes, such as '{address} 82', or raw: '06'")
    pieces: list[bytes | Placeholder] = []
    at = 0
    for hole in _HOLE.finditer(text):
        pieces += [parse_hex(text[at : hole.start()]), _hole(hole)]
        at = hole.end()
    pieces.append(parse_hex(text[at:]))
    return Template(text, tuple(piece for piece in pieces if piece), raw=raw)


def _hole(found: re.Match[str]) -> Placeholder:
    name, kind = found[1], found[2] or ""
    if kind and (name != COUNT or kind not in {"u8", "u16"}):
        raise Wrong(f"{found[0]!r} is not understood", "only {count:u8} and {count:u16} have a type here")
    return Placeholder(name, kind or ("u8" if name == COUNT else ""))


TemplateText = Annotated[
    Template,
    BeforeValidator(parse_template),
    PlainSerializer(Template.as_written, when_used="json"),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "string", "examples": ["{address} 82 {sequence}"]},
                {"type": "object", "properties": {"raw": {"type": "string"}}, "required": ["raw"]},
            ]
        }
    ),
]

Fields = Mapping[str, FieldSettings]
Values = Mapping[str, Value | None]
