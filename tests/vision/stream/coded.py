"""Coded pictures and RTP packets that tests make themselves."""

from __future__ import annotations

import re
import struct
from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction

import av
import numpy as np

from gateway.vision.stream.rtp.access_unit import AccessUnit, StreamFormat
from gateway.vision.stream.rtp.h264 import H264
from gateway.vision.stream.rtp.h265 import H265
from gateway.vision.stream.rtp.receiver import IDLE_TIME, MediaTrack, RtpReceiver

RATE = 25
NEAR_WRAP = (1 << 32) - 20_000
STEP = 90_000 // RATE
PAYLOAD_TYPE, SOURCE = 96, 0xCAFE
QUIET = "log-level=none:repeat-headers=1:pools=none:frame-threads=1"
START_CODE = re.compile(rb"\x00\x00\x00?\x01")
FORMATS = {"h264": StreamFormat(H264()), "hevc": StreamFormat(H265())}

Nals = Sequence[bytes]


def encoded(
    codec: str = "h264",
    count: int = 50,
    *,
    size: tuple[int, int] = (320, 192),
    key_every: int = 25,
    options: Mapping[str, str] | None = None,
) -> list[Nals]:
    """Pictures with texture and something that moves; the NAL units of each access unit."""
    context = av.CodecContext.create({"h264": "libx264", "hevc": "libx265"}[codec], "w")
    assert isinstance(context, av.VideoCodecContext)
    (context.width, context.height), context.pix_fmt = size, "yuv420p"
    context.time_base, context.framerate, context.gop_size = Fraction(1, RATE), Fraction(RATE), key_every
    more = {"x265-params": QUIET} if codec == "hevc" else {}
    context.options = {"preset": "ultrafast", "tune": "zerolatency", **more, **(options or {})}
    texture = np.random.default_rng(1).integers(0, 255, (size[1], size[0], 3), dtype=np.uint8)
    units = []
    for number in range(count):
        picture = texture.copy()
        left = number * 8 % (size[0] - 40)
        picture[40:80, left : left + 40] = number * 3 % 255
        frame = av.VideoFrame.from_ndarray(picture, format="bgr24")
        frame.pts = number
        units += [nals(bytes(packet)) for packet in context.encode(frame)]
    return units + [nals(bytes(packet)) for packet in context.encode(None)]


def nals(stream: bytes) -> Nals:
    """Of Annex B, cut by other means than the sources use."""
    return [part for part in START_CODE.split(stream) if part]


def rtp(payload: bytes, sequence: int, timestamp: int, *, marker: bool = False, source: int = SOURCE) -> bytes:
    second = (128 if marker else 0) | PAYLOAD_TYPE
    return struct.pack(">BBHII", 0x80, second, sequence & 0xFFFF, timestamp & 0xFFFFFFFF, source) + payload


def payloads(codec: str, nal: bytes, mtu: int = 1000) -> list[bytes]:
    """The NAL unit whole, or in fragmentation units."""
    if len(nal) <= mtu:
        return [nal]
    head = 1 if codec == "h264" else 2
    pieces = [nal[at : at + mtu] for at in range(head, len(nal), mtu)]
    out = []
    for number, piece in enumerate(pieces):
        mark = (0x80 if number == 0 else 0) | (0x40 if number == len(pieces) - 1 else 0)
        if codec == "h264":
            front = bytes((nal[0] & 0xE0 | 28, mark | nal[0] & 31))
        else:
            front = bytes((nal[0] & 0x81 | 49 << 1, nal[1], mark | nal[0] >> 1 & 63))
        out.append(front + piece)
    return out


def packed(
    codec: str,
    units: Iterable[Nals],
    *,
    sequence: int = 65_000,
    timestamp: int = (1 << 32) - 20_000,
    marked: bool = True,
) -> list[bytes]:
    """RTP packets of access units, `STEP` ticks apart; numbers and timestamps wrap on the way."""
    packets: list[bytes] = []
    for number, unit in enumerate(units):
        pieces = [piece for nal in unit for piece in payloads(codec, nal)]
        for at, piece in enumerate(pieces):
            marker = marked and at == len(pieces) - 1
            packets.append(rtp(piece, sequence + len(packets), timestamp + number * STEP, marker=marker))
    return packets


def received(codec: str, packets: Sequence[bytes]) -> list[AccessUnit]:
    """All of them, and then nothing for a moment."""
    receiver = RtpReceiver(media(codec))
    return receiver.feed(packets, 0.0) + receiver.idle(IDLE_TIME)


def media(codec: str = "h264") -> MediaTrack:
    return MediaTrack(FORMATS[codec], PAYLOAD_TYPE, 90_000, "rtsp://camera/track1")


def unit(time_s: float, size: int, *, key: bool = False, lost: int = 0) -> AccessUnit:
    """One without a picture in it, for who only counts."""
    packets = (rtp(bytes((0x65 if key else 0x41,)) + bytes(size - 1), 0, 0),)
    return AccessUnit(time_s, None, key, size, lost, FORMATS["h264"], packets)
