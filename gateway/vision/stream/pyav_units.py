"""Converts PyAV's packets to the access units that RTSP gives, so that ring, clips and live view take them too."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator
from dataclasses import dataclass

from gateway.errors import BadInput
from gateway.vision.stream.packet import CodecParameters, Packet
from gateway.vision.stream.rtp.access_unit import AccessUnit, StreamFormat
from gateway.vision.stream.rtp.codec import KEY, RECOVERS, RtpCodec
from gateway.vision.stream.rtp.h264 import H264
from gateway.vision.stream.rtp.h265 import H265

_START_CODE = b"\0\0\1"
_CONFIGURATION = 1
"""First byte of an avcC or hvcC record (ISO/IEC 14496-15, 5.3.3.1, 8.3.3.1): NAL units have lengths, no start codes."""
_AVC_LENGTH_AT, _AVC_SETS_AT, _HEVC_LENGTH_AT, _HEVC_SETS_AT = 4, 5, 21, 22


@dataclass(frozen=True, slots=True)
class RawH264(H264):
    """NAL units as they are, without RTP around them."""

    def nals(self, packets: Iterable[bytes]) -> Iterator[bytes]:
        """The packets themselves."""
        yield from packets


@dataclass(frozen=True, slots=True)
class RawH265(H265):
    """NAL units as they are, without RTP around them."""

    def nals(self, packets: Iterable[bytes]) -> Iterator[bytes]:
        """The packets themselves."""
        yield from packets


class PyAvUnits:
    """Converts one source's packets. Raises BadInput for a codec other than H.264 and H.265."""

    def __init__(self, coding: CodecParameters) -> None:
        codecs: dict[str, RtpCodec] = {"h264": RawH264(), "hevc": RawH265()}
        extra = coding.extradata or b""
        if coding.name not in codecs:
            raise BadInput(
                f"the picture is coded as {coding.name}; only H.264 and H.265 can be kept and shown live", extra
            )
        self._length, sets = _configuration(coding.name, extra)
        self._format = StreamFormat(codecs[coding.name]).with_parameter_sets(sets)

    def access_unit(self, packet: Packet) -> AccessUnit:
        """Never raises; unreadable NAL units are left out."""
        nals = tuple(_with_lengths(packet.data, self._length) if self._length else _with_start_codes(packet.data))
        key, recovery = packet.key, 0
        if flags := self._flags(nals):
            key, recovery = True, 0 if flags & KEY else self._format.codec.pictures_to_recovery(nals)
        # Parameter sets are taken from keyframes alone.
        if key:
            self._format = self._format.with_parameter_sets(nals)
        return AccessUnit(packet.time, None, key, packet.size, 0, self._format, nals, recovery=recovery)

    def _flags(self, nals: Iterable[bytes]) -> int:
        """KEY or RECOVERS where decoding can begin here; a file's index does not always say so."""
        flags = 0
        for nal in nals:
            flags |= self._format.codec.inspect(nal, 0)
        return flags & (KEY | RECOVERS)


def _configuration(name: str, extra: bytes) -> tuple[int, list[bytes]]:
    """Bytes of a NAL unit's length field (0: start codes instead), and the parameter sets."""
    if extra[:1] != bytes((_CONFIGURATION,)):
        return 0, list(_with_start_codes(extra))
    length_at = _AVC_LENGTH_AT if name == "h264" else _HEVC_LENGTH_AT
    if len(extra) <= length_at + 1:
        raise BadInput("the stream's own description ends too soon", extra)
    return (extra[length_at] & 3) + 1, list(_avc_sets(extra) if name == "h264" else _hevc_sets(extra))


def _avc_sets(extra: bytes) -> Iterator[bytes]:
    at = _AVC_SETS_AT
    for mask in (0x1F, 0xFF):
        if at < len(extra):
            at = yield from _sets(extra, at + 1, extra[at] & mask)


def _hevc_sets(extra: bytes) -> Iterator[bytes]:
    at = _HEVC_SETS_AT + 1
    for _ in range(extra[_HEVC_SETS_AT]):
        at = yield from _sets(extra, at + 3, int.from_bytes(extra[at + 1 : at + 3]))


def _sets(extra: bytes, at: int, count: int) -> Generator[bytes, None, int]:
    """Yields `count` parameter sets, each behind its size in two bytes; returns where they end."""
    for _ in range(count):
        size = int.from_bytes(extra[at : at + 2])
        if nal := extra[at + 2 : at + 2 + size]:
            yield nal
        at += 2 + size
        if at >= len(extra):
            break
    return at


def _with_start_codes(data: bytes) -> Iterator[bytes]:
    """Trailing zeros belong to the next start code: no NAL unit ends with one (H.264 and H.265, 7.4.1)."""
    return (nal for part in data.split(_START_CODE) if (nal := part.rstrip(b"\0")))


def _with_lengths(data: bytes, length: int) -> Iterator[bytes]:
    at = 0
    while at + length < len(data):
        size = int.from_bytes(data[at : at + length])
        nal = data[at + length : at + length + size]
        if not nal:
            return
        yield nal
        at += length + size
