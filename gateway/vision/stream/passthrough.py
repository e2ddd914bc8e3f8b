"""Access units of codecs that are not parsed (MJPEG, a capture card's): packets pass unchanged to the decoder."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import ClassVar

from gateway.vision.stream.packet import CodecParameters, Packet
from gateway.vision.stream.rtp.access_unit import AccessUnit, StreamFormat


@dataclass(frozen=True, slots=True)
class PassthroughCodec:
    """An `RtpCodec` that reports nothing about its packets."""

    name: ClassVar[str] = "opaque"

    def inspect(self, packet: bytes, at: int) -> int:  # noqa: ARG002  the protocol's signature
        """No flags."""
        return 0

    def pictures_to_recovery(self, packets: Iterable[bytes]) -> int:  # noqa: ARG002  as above
        """No recovery points."""
        return 0

    def nals(self, packets: Iterable[bytes]) -> Iterator[bytes]:
        """The packets themselves."""
        yield from packets

    def parameter_set_rank(self, nal: bytes) -> int | None:  # noqa: ARG002  as above
        """No parameter sets."""
        return None


@dataclass(slots=True, eq=False)
class PassthroughUnit(AccessUnit):
    """One packet, with the codec parameters that its source gave."""

    parameters: CodecParameters

    @property
    def data(self) -> bytes:
        """The packet, without start codes."""
        return b"".join(self.packets)

    @property
    def coding(self) -> CodecParameters:
        """For a decoder."""
        return self.parameters


class PassthroughUnits:
    """Makes one source's access units. They can be decoded, but not recorded or viewed live."""

    def __init__(self, coding: CodecParameters) -> None:
        self._coding = coding
        self._format = StreamFormat(PassthroughCodec())

    def access_unit(self, packet: Packet) -> AccessUnit:
        """Never raises."""
        data = (packet.data,)
        return PassthroughUnit(packet.time, None, packet.key, packet.size, 0, self._format, data, self._coding)
