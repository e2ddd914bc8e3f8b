"""Packets of codecs that nothing here takes apart (a capture card's, MJPEG): in one piece, for the decoder alone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import ClassVar

from gateway.vision.stream.rtp.access_unit import AccessUnit, Format
from gateway.vision.stream.packet import Coding, Packet


@dataclass(frozen=True, slots=True)
class Opaque:
    """A codec of which nothing is known."""

    name: ClassVar[str] = "opaque"

    def look(self, packet: bytes, at: int) -> int:  # noqa: ARG002  the Codec's, which looks into nothing here
        return 0

    def recovery(self, packets: Iterable[bytes]) -> int:  # noqa: ARG002  as above
        return 0

    def nals(self, packets: Iterable[bytes]) -> Iterator[bytes]:
        yield from packets

    def rank(self, nal: bytes) -> int | None:  # noqa: ARG002  as above
        return None


@dataclass(slots=True, eq=False)
class OpaqueUnit(AccessUnit):
    said: Coding
    """How its source says it is coded."""

    @property
    def data(self) -> bytes:
        return b"".join(self.packets)

    @property
    def coding(self) -> Coding:
        return self.said


class OpaqueUnits:
    """One source's; they can be decoded, and go into no clip and no live view."""

    def __init__(self, coding: Coding) -> None:
        self._coding = coding
        self._format = Format(Opaque())

    def unit(self, packet: Packet) -> AccessUnit:
        data = (packet.data,)
        return OpaqueUnit(packet.time, None, packet.key, packet.size, 0, self._format, data, self._coding)
