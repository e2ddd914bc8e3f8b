"""The boxes of a fragmented MP4 file with one picture track (ISO/IEC 14496-12; 14496-15 for the sample entries)."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass

from gateway.errors import BadInput
from gateway.vision.stream.fmp4.sps import SpsInfo
from gateway.vision.stream.rtp.access_unit import StreamFormat

TIMESCALE = 90_000
TRACK = 1
_KEY, _OTHER = 0x02000000, 0x01010000
"""Sample flags (8.8.3.1): depends on no other; depends on others and is no sync sample."""
_MATRIX = struct.pack(">9i", 0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)
_MOST_SETS = 31
"""Of one kind; the number has five bits (14496-15, 5.3.3.1)."""
_FULL_PROFILES = (100, 110, 122, 144)


@dataclass(frozen=True, slots=True)
class Mp4Sample:
    """`duration` and `shift` (shown so much after it is decoded) in ticks of `TIMESCALE`."""

    data: bytes
    duration: int
    shift: int
    key: bool


def box(kind: str, *parts: bytes) -> bytes:
    body = b"".join(parts)
    return struct.pack(">I4s", 8 + len(body), kind.encode()) + body


def full_box(kind: str, version: int, flags: int, *parts: bytes) -> bytes:
    return box(kind, struct.pack(">I", version << 24 | flags), *parts)


def init_segment(form: StreamFormat, shape: SpsInfo, duration: int = 0) -> bytes:
    """`duration` in ticks where it is known: a file's; 0 for live. Raises BadInput for parameters that don't fit."""
    extends = full_box("trex", 0, 0, struct.pack(">5I", TRACK, 1, 0, 0, 0))
    length = full_box("mehd", 1, 0, struct.pack(">Q", duration)) if duration else b""
    header = full_box(
        "mvhd", 0, 0, struct.pack(">4IIH10x", 0, 0, TIMESCALE, 0, 0x10000, 0x100), _MATRIX, bytes(24), _u32(2)
    )
    movie = box("moov", header, _track(form, shape), box("mvex", length, extends))
    return box("ftyp", b"iso5", _u32(512), b"iso5iso6mp41") + movie


def fragment(number: int, begins: int, samples: Sequence[Mp4Sample]) -> bytes:
    """`begins` is the decoding time of the first sample, in ticks."""
    size = len(_moof(number, begins, samples, 0))
    data = b"".join(sample.data for sample in samples)
    return _moof(number, begins, samples, size + 8) + box("mdat", data)


def _moof(number: int, begins: int, samples: Sequence[Mp4Sample], offset: int) -> bytes:
    base_is_moof, fields = 0x020000, 0x000F01
    run = struct.pack(">Ii", len(samples), offset)
    for sample in samples:
        run += struct.pack(">3Ii", sample.duration, len(sample.data), _KEY if sample.key else _OTHER, sample.shift)
    return box(
        "moof",
        full_box("mfhd", 0, 0, _u32(number)),
        box(
            "traf",
            full_box("tfhd", 0, base_is_moof, _u32(TRACK)),
            full_box("tfdt", 1, 0, struct.pack(">Q", begins)),
            full_box("trun", 1, fields, run),
        ),
    )


def _track(form: StreamFormat, shape: SpsInfo) -> bytes:
    enabled_in_movie = 3
    header = full_box(
        "tkhd", 0, enabled_in_movie,
        struct.pack(">5I8x4H", 0, 0, TRACK, 0, 0, 0, 0, 0, 0), _MATRIX,
        struct.pack(">II", shape.width << 16, shape.height << 16),
    )  # fmt: skip
    undetermined = 0x55C4
    media = box(
        "mdia",
        full_box("mdhd", 0, 0, struct.pack(">4IHH", 0, 0, TIMESCALE, 0, undetermined, 0)),
        full_box("hdlr", 0, 0, bytes(4), b"vide", bytes(12), b"camera\0"),
        box(
            "minf",
            full_box("vmhd", 0, 1, bytes(8)),
            box("dinf", full_box("dref", 0, 0, _u32(1), full_box("url ", 0, 1))),
            box(
                "stbl",
                full_box("stsd", 0, 0, _u32(1), _entry(form, shape)),
                full_box("stts", 0, 0, bytes(4)),
                full_box("stsc", 0, 0, bytes(4)),
                full_box("stsz", 0, 0, bytes(8)),
                full_box("stco", 0, 0, bytes(4)),
            ),
        ),
    )
    return box("trak", header, media)


def _entry(form: StreamFormat, shape: SpsInfo) -> bytes:
    """A VisualSampleEntry: 72 dpi, one picture a sample, 24 bits, no colour table."""
    fixed = struct.pack(
        ">6xH16xHHIIIH32xHh",
        1, shape.width, shape.height, 72 << 16, 72 << 16, 0, 1, 24, -1,
    )  # fmt: skip
    if form.name == "h264":
        return box("avc1", fixed, box("avcC", _avc(form, shape)))
    return box("hvc1", fixed, box("hvcC", _hevc(form, shape)))


def _avc(form: StreamFormat, shape: SpsInfo) -> bytes:
    """AVCDecoderConfigurationRecord (14496-15, 5.3.3.1)."""
    sets: list[list[bytes]] = [[], []]
    for nal in form.parameters:
        if (rank := form.codec.rank(nal)) is not None:
            sets[rank].append(nal)
    sequence, picture = (_sized(of_kind) for of_kind in sets)
    out = b"\x01" + shape.profile + b"\xff" + bytes((0xE0 | len(sets[0]),)) + sequence
    out += bytes((len(sets[1]),)) + picture
    if shape.profile[0] in _FULL_PROFILES:
        out += bytes((0xFC | shape.chroma, 0xF8 | shape.depth[0] - 8, 0xF8 | shape.depth[1] - 8, 0))
    return out


def _hevc(form: StreamFormat, shape: SpsInfo) -> bytes:
    """HEVCDecoderConfigurationRecord (14496-15, 8.3.3.1)."""
    depth = bytes((0xFC | shape.chroma, 0xF8 | shape.depth[0] - 8, 0xF8 | shape.depth[1] - 8))
    layers = bytes((shape.layers << 3 | shape.nested << 2 | 3,))
    out = b"\x01" + shape.profile + b"\xf0\x00" + b"\xfc" + depth + bytes(2) + layers
    arrays: dict[int, list[bytes]] = {}
    for nal in form.parameters:
        arrays.setdefault(nal[0] >> 1 & 0x3F, []).append(nal)
    out += bytes((len(arrays),))
    for kind, nals in arrays.items():
        complete = 0x80
        out += struct.pack(">BH", complete | kind, len(nals)) + _sized(nals)
    return out


def _sized(nals: Sequence[bytes]) -> bytes:
    if len(nals) > _MOST_SETS or any(len(nal) > 0xFFFF for nal in nals):
        raise BadInput("parameter sets that no file can hold", nals[0])
    return b"".join(len(nal).to_bytes(2) + nal for nal in nals)


def _u32(number: int) -> bytes:
    return number.to_bytes(4)
