"""H.264 clips, split into RTP payloads once (RFC 6184, packetization mode 1), so that serving is only copying."""

from __future__ import annotations

import base64
import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property

CLOCK = 90_000
"""RTP ticks a second of any video (RFC 6184, 8.2.1)."""
PAYLOAD_TYPE = 96
MTU = 1400
IDR, SEI, SPS, PPS, DELIMITER, FU_A = 5, 6, 7, 8, 9, 28
_RECOVERY_POINT = 6
"""The SEI message where decoding of a stream without IDR pictures can begin (H.264, D.1.8)."""
_START_CODE = re.compile(rb"\x00\x00\x00?\x01")


def split_nals(stream: bytes) -> Iterator[bytes]:
    """The NAL units of an Annex B byte stream."""
    for part in _START_CODE.split(stream):
        if part:
            # Trailing zeros belong to the next start code; a NAL of zeros alone keeps one byte.
            yield part.rstrip(b"\x00") or part[:1]


@dataclass(frozen=True, slots=True)
class PacketizedPicture:
    """One picture as RTP payloads, the last of which carries the marker. `is_key`: decoding can begin here."""

    payloads: tuple[bytes, ...]
    is_key: bool


@dataclass(frozen=True)
class RtpClip:
    """Access units in order, beginning with a keyframe, at a steady rate."""

    fps: int
    pictures: tuple[PacketizedPicture, ...]
    sps: bytes = field(repr=False)
    pps: bytes = field(repr=False)

    @classmethod
    def of(cls, stream: bytes, fps: int) -> RtpClip:
        """From Annex B whose access units begin with a delimiter; raises ValueError for anything else."""
        units: list[list[bytes]] = []
        parameters: dict[int, bytes] = {}
        for nal in split_nals(stream):
            kind = nal[0] & 31
            if kind == DELIMITER:
                units.append([])
                continue
            if not units:
                raise ValueError("the stream does not begin with an access unit delimiter")
            units[-1].append(nal)
            parameters.setdefault(kind, nal)
        if SPS not in parameters or PPS not in parameters:
            raise ValueError("the stream has no SPS and PPS")
        return cls(fps, tuple(map(_packetize, units)), parameters[SPS], parameters[PPS])

    @cached_property
    def sdp(self) -> bytes:
        """For the response to DESCRIBE."""
        sets = ",".join(base64.b64encode(nal).decode() for nal in (self.sps, self.pps))
        level = self.sps[1:4].hex()
        lines = (
            "v=0",
            "o=- 1 1 IN IP4 127.0.0.1",
            "s=Anju simulator",
            "c=IN IP4 0.0.0.0",
            "t=0 0",
            "a=control:*",
            f"m=video 0 RTP/AVP {PAYLOAD_TYPE}",
            f"a=rtpmap:{PAYLOAD_TYPE} H264/{CLOCK}",
            f"a=fmtp:{PAYLOAD_TYPE} packetization-mode=1;profile-level-id={level};sprop-parameter-sets={sets}",
            f"a=framerate:{self.fps}",
            "a=control:track1",
        )
        return "".join(f"{line}\r\n" for line in lines).encode()


def _packetize(unit: list[bytes]) -> PacketizedPicture:
    payloads = tuple(payload for nal in unit for payload in _fragment(nal))
    return PacketizedPicture(
        payloads, any(nal[0] & 31 == IDR or nal[:2] == bytes((SEI, _RECOVERY_POINT)) for nal in unit)
    )


def _fragment(nal: bytes) -> Iterator[bytes]:
    """The NAL unit whole, or in fragmentation units FU-A (RFC 6184, 5.8)."""
    if len(nal) <= MTU:
        yield nal
        return
    indicator, kind = nal[0] & 0xE0 | FU_A, nal[0] & 31
    step = MTU - 2
    # Each fragment carries the NAL type in its own header, so the NAL's first byte is left out.
    for start in range(1, len(nal), step):
        first, last = start == 1, start + step >= len(nal)
        yield bytes((indicator, first << 7 | last << 6 | kind)) + nal[start : start + step]


def pack_interleaved(picture: PacketizedPicture, sequence: int, timestamp: int, ssrc: int, channel: int = 0) -> bytes:
    """The access unit's packets as sent over the RTSP connection (RFC 2326, 10.12)."""
    out = bytearray()
    last = len(picture.payloads) - 1
    for index, payload in enumerate(picture.payloads):
        marker = 0x80 if index == last else 0
        out += struct.pack(
            ">cBHBBHII",
            b"$", channel, 12 + len(payload),
            0x80, marker | PAYLOAD_TYPE, (sequence + index) & 0xFFFF, timestamp & 0xFFFFFFFF, ssrc,
        )  # fmt: skip
        out += payload
    return bytes(out)
