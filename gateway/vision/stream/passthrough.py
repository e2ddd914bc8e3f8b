"""Packets of codecs that nothing here takes apart (a capture card's, MJPEG): in one piece, for the decoder alone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import ClassVar

from gateway.vision.stream.packet import CodecParameters, Packet
from gateway.vision.stream.rtp.access_unit import AccessUnit, StreamFormat


@dataclass(frozen=True, slots=True)
class PassthroughCodec:
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
class PassthroughUnit(AccessUnit):
    said: CodecParameters
    """How its source says it is coded."""

    @property
    def data(self) -> bytes:
        return b"".join(self.packets)

    @property
    def coding(self) -> CodecParameters:
        return self.said


class PassthroughUnits:
    """One source's; they can be decoded, and go into no clip and no live view."""

    def __init__(self, coding: CodecParameters) -> None:
        self._coding = coding
        self._format = StreamFormat(PassthroughCodec())

    def unit(self, packet: Packet) -> AccessUnit:
        data = (packet.data,)
        return PassthroughUnit(packet.time, None, packet.key, packet.size, 0, self._format, data, self._coding)
