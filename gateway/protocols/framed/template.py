"""Frames to send, as the YAML has them: `"{address} 82 {sequence} 'OK'"`.

Two hexadecimal digits are a byte, text in quotes is text, and `{name}` is a field of the received frame that is
replied to, or an argument of the command. In addition:

    {length}      the length field, if frames have one
    {count:u16}   a number that increases with every frame sent, of type u8 or u16

Start bytes, length, checksum, end bytes and escapes are added automatically. `{raw: "06"}` is sent unchanged.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import BeforeValidator, PlainSerializer, WithJsonSchema

from gateway.protocols.framed.hex_bytes import parse_hex
from gateway.settings.mend import Wrong

LENGTH, COUNT = "length", "count"
_PLACEHOLDER = re.compile(r"\{\s*(\w+)\s*(?::\s*(\w+)\s*)?\}")


@dataclass(frozen=True, slots=True)
class Placeholder:
    """A value to fill in: a field, an argument, `length` or `count`. `type` is the type of `count`, else empty."""

    name: str
    type: str = ""


@dataclass(frozen=True, slots=True)
class Template:
    """A parsed template. With `raw` nothing is added around it."""

    text: str
    parts: tuple[bytes | Placeholder, ...]
    raw: bool = False

    def placeholders(self) -> Iterator[Placeholder]:
        """Return its placeholders in order."""
        return (part for part in self.parts if isinstance(part, Placeholder))

    def render(self, fill: Callable[[Placeholder], bytes]) -> bytes:
        """Return the bytes, with `fill` called for each placeholder."""
        return b"".join(fill(part) if isinstance(part, Placeholder) else part for part in self.parts)

    def as_written(self) -> Any:
        """Return it as it was in the YAML."""
        return {"raw": self.text} if self.raw else self.text


def parse_template(value: object) -> Template:
    """Parse a template as it is in the YAML. Raises Wrong if it is malformed."""
    if isinstance(value, Template):
        return value
    raw = isinstance(value, Mapping) and set(value) == {"raw"}
    text = value["raw"] if raw and isinstance(value, Mapping) else value
    if not isinstance(text, str):
        raise Wrong(
            f"{value!r} is no template of a frame", "write its bytes in quotes, such as '{address} 82', or raw: '06'"
        )
    parts: list[bytes | Placeholder] = []
    at = 0
    for found in _PLACEHOLDER.finditer(text):
        parts += [parse_hex(text[at : found.start()]), _parse_placeholder(found)]
        at = found.end()
    parts.append(parse_hex(text[at:]))
    # Between two placeholders, or at either end, there may be no bytes.
    return Template(text, tuple(part for part in parts if part), raw=raw)


def _parse_placeholder(found: re.Match[str]) -> Placeholder:
    name, kind = found[1], found[2] or ""
    if kind and (name != COUNT or kind not in {"u8", "u16"}):
        raise Wrong(f"{found[0]!r} is not understood", "only {count:u8} and {count:u16} have a type")
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
