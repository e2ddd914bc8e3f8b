"""Templates filled in and made into frames, as they go over the wire."""

from __future__ import annotations

from collections.abc import Mapping

from gateway.protocols.framed.fields import NUMBERS, Value
from gateway.protocols.framed.settings import FramedSettings
from gateway.protocols.framed.template import COUNT, LENGTH, Placeholder, Template


class FrameBuilder:
    """Numbers what it sends: `count` is the number of the last frame."""

    def __init__(self, settings: FramedSettings) -> None:
        self._settings = settings
        self.count = 0

    def made(self, template: Template, given: Mapping[str, bytes] | None = None) -> bytes:
        """`given` are the bytes of the template's names. Raises KeyError for one that is not given."""
        self.count = self.count + 1 & 0xFFFF
        body = template.filled(lambda hole: self._fill(hole, given or {}))
        frame = self._settings.frame
        return body if template.raw else frame.sent(frame.whole(body))

    def counted(self, width: int) -> int:
        """The number of the last frame, as far as a field of that many bytes holds it."""
        return self.count & (1 << 8 * width) - 1

    def _fill(self, hole: Placeholder, given: Mapping[str, bytes]) -> bytes:
        settings = self._settings
        if hole.name == COUNT:
            width = NUMBERS[hole.type]
            return self.counted(width).to_bytes(width, settings.order)
        if hole.name == LENGTH and settings.frame.length:
            return bytes(settings.frame.length.width)
        return given[hole.name]

    def answering(self, template: Template, values: Mapping[str, Value | None]) -> bytes | None:
        """A frame made of the fields of another; None when one of them can't be told."""
        given: dict[str, bytes] = {}
        for hole in template.holes():
            field, value = self._settings.fields.get(hole.name), values.get(hole.name)
            if field is None:
                continue
            if value is None:
                return None
            given[hole.name] = field.write(value, self._settings.order)
        return self.made(template, given)
