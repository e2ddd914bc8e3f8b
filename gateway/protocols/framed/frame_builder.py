"""Builds the frames to send from templates."""

from __future__ import annotations

from collections.abc import Mapping

from gateway.protocols.framed.fields import NUMBERS, Value
from gateway.protocols.framed.settings import FramedSettings
from gateway.protocols.framed.template import COUNT, LENGTH, Placeholder, Template


class FrameBuilder:
    """Renders templates and numbers the frames; `count` is the number of the last one, 1 to 65535, then 0."""

    def __init__(self, settings: FramedSettings) -> None:
        self._settings = settings
        self.count = 0

    def build(self, template: Template, values: Mapping[str, bytes] | None = None) -> bytes:
        """Return the bytes to send. `values` fills the placeholders; raises KeyError for one that is missing."""
        self.count = self.count + 1 & 0xFFFF
        body = template.render(lambda placeholder: self._fill(placeholder, values or {}))
        frame = self._settings.frame
        return body if template.raw else frame.to_wire(frame.build(body))

    def build_reply(self, template: Template, values: Mapping[str, Value | None]) -> bytes | None:
        """Return a frame filled with the fields of a received frame; None if one of them could not be read."""
        fields: dict[str, bytes] = {}
        for placeholder in template.placeholders():
            field, value = self._settings.fields.get(placeholder.name), values.get(placeholder.name)
            if field is None:  # {count} or {length}
                continue
            if value is None:
                return None
            fields[placeholder.name] = field.write(value, self._settings.order)
        return self.build(template, fields)

    def sequence_number(self, width: int) -> int:
        """Return the number of the last frame, truncated to a field of `width` bytes."""
        return self.count & (1 << 8 * width) - 1

    def _fill(self, placeholder: Placeholder, values: Mapping[str, bytes]) -> bytes:
        settings = self._settings
        if placeholder.name == COUNT:
            width = NUMBERS[placeholder.type]
            return self.sequence_number(width).to_bytes(width, settings.order)
        if placeholder.name == LENGTH and settings.frame.length:
            return bytes(settings.frame.length.width)  # zeros: `FrameFormat.build` writes the length over them
        return values[placeholder.name]
