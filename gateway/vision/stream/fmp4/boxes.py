"""Writes the boxes of a fragmented MP4 file with one video track (ISO/IEC 14496-12; -15 for the sample entries)."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass

from gateway.errors import BadInput
from gateway.vision.stream.fmp4.sps import SpsInfo
from gateway.vision.stream.rtp.access_unit import StreamFormat

TIMESCALE = 90_000
TRACK = 1
"""The track's number."""
_KEY, _OTHER = 0x02000000, 0x01010000
"""Sample flags (8.8.3.1): depends on no other sample; depends on others and is no sync sample."""
_MATRIX = struct.pack(">9i", 0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)
_MAX_SETS = 31
"""Parameter sets of one kind; the count has five bits (14496-15, 5.3.3.1)."""
_HIGH_PROFILES = (100, 110, 122, 144)
"""Profiles whose avcC record also holds chroma format and bit depth (14496-15, 5.3.3.1.2)."""


@dataclass(frozen=True, slots=True)
class Mp4Sample:
    """One coded picture. `duration` and `shift` (presentation minus decoding time) in ticks of `TIMESCALE`."""

    data: bytes
    duration: int
    shift: int
    key: bool


def box(kind: str, *parts: bytes) -> bytes:
    """A box (4.2): size, four-character type, body."""
    body = b"".join(parts)
    return struct.pack(">I4s", 8 + len(body), kind.encode()) + body


def full_box(kind: str, version: int, flags: int, *parts: bytes) -> bytes:
    """A FullBox (4.2): a box that begins with a version and 24 bits of flags."""
    return box(kind, struct.pack(">I", version << 24 | flags), *parts)


def init_segment(fmt: StreamFormat, sps: SpsInfo, duration: int = 0) -> bytes:
    """Ftyp and moov. `duration` in ticks for a file, 0 for live. Raises BadInput for parameter sets that don't fit."""
    extends = full_box("trex", 0, 0, struct.pack(">5I", TRACK, 1, 0, 0, 0))
    length = full_box("mehd", 1, 0, struct.pack(">Q", duration)) if duration else b""
    header = full_box(
        "mvhd", 0, 0, struct.pack(">4IIH10x", 0, 0, TIMESCALE, 0, 0x10000, 0x100), _MATRIX, bytes(24), _u32(2)
    )
    movie = box("moov", header, _track(fmt, sps), box("mvex", length, extends))
    return box("ftyp", b"iso5", _u32(512), b"iso5iso6mp41") + movie


def fragment(number: int, begins: int, samples: Sequence[Mp4Sample]) -> bytes:
    """Moof and mdat. `begins` is the decoding time of the first sample, in ticks."""
    # The data offset has a fixed width, so a first pass with 0 tells the size.
    size = len(_moof(number, begins, samples, 0))
    data = b"".join(sample.data for sample in samples)
    return _moof(number, begins, samples, size + 8) + box("mdat", data)


def _moof(number: int, begins: int, samples: Sequence[Mp4Sample], offset: int) -> bytes:
    # trun: data offset, and for each sample duration, size, flags and composition offset (8.8.8.1).
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


def _track(fmt: StreamFormat, sps: SpsInfo) -> bytes:
    enabled_in_movie = 3  # tkhd flags (8.3.2.3)
    header = full_box(
        "tkhd", 0, enabled_in_movie,
        struct.pack(">5I8x4H", 0, 0, TRACK, 0, 0, 0, 0, 0, 0), _MATRIX,
        struct.pack(">II", sps.width << 16, sps.height << 16),
    )  # fmt: skip
    undetermined = 0x55C4  # the language "und" in three times five bits (8.4.2.3)
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
                full_box("stsd", 0, 0, _u32(1), _entry(fmt, sps)),
                full_box("stts", 0, 0, bytes(4)),
                full_box("stsc", 0, 0, bytes(4)),
                full_box("stsz", 0, 0, bytes(8)),
                full_box("stco", 0, 0, bytes(4)),
            ),
        ),
    )
    return box("trak", header, media)


def _entry(fmt: StreamFormat, sps: SpsInfo) -> bytes:
    """A VisualSampleEntry: 72 dpi, one picture a sample, 24 bits, no colour table."""
    fixed = struct.pack(
        ">6xH16xHHIIIH32xHh",
        1, sps.width, sps.height, 72 << 16, 72 << 16, 0, 1, 24, -1,
    )  # fmt: skip
    if fmt.name == "h264":
        return box("avc1", fixed, box("avcC", _avc(fmt, sps)))
    return box("hvc1", fixed, box("hvcC", _hevc(fmt, sps)))


def _avc(fmt: StreamFormat, sps: SpsInfo) -> bytes:
    """AVCDecoderConfigurationRecord (14496-15, 5.3.3.1)."""
    sets: list[list[bytes]] = [[], []]
    for nal in fmt.parameters:
        if (rank := fmt.codec.parameter_set_rank(nal)) is not None:
            sets[rank].append(nal)
    sequence, picture = (_sized(of_kind) for of_kind in sets)
    # Version 1; 0xFF: reserved bits and NAL unit lengths of four bytes; 0xE0: reserved bits before the count.
    out = b"\x01" + sps.profile + b"\xff" + bytes((0xE0 | len(sets[0]),)) + sequence
    out += bytes((len(sets[1]),)) + picture
    if sps.profile[0] in _HIGH_PROFILES:
        out += bytes((0xFC | sps.chroma, 0xF8 | sps.depth[0] - 8, 0xF8 | sps.depth[1] - 8, 0))
    return out


def _hevc(fmt: StreamFormat, sps: SpsInfo) -> bytes:
    """HEVCDecoderConfigurationRecord (14496-15, 8.3.3.1)."""
    depth = bytes((0xFC | sps.chroma, 0xF8 | sps.depth[0] - 8, 0xF8 | sps.depth[1] - 8))
    layers = bytes((sps.layers << 3 | sps.nested << 2 | 3,))
    # 0xF000: no restriction on segmentation; 0xFC: unknown parallelism; two bytes 0: unknown frame rate.
    out = b"\x01" + sps.profile + b"\xf0\x00" + b"\xfc" + depth + bytes(2) + layers
    arrays: dict[int, list[bytes]] = {}
    # One array for each kind of parameter set.
    for nal in fmt.parameters:
        arrays.setdefault(nal[0] >> 1 & 0x3F, []).append(nal)
    out += bytes((len(arrays),))
    for kind, nals in arrays.items():
        complete = 0x80  # all parameter sets of this kind are here, none in the samples
        out += struct.pack(">BH", complete | kind, len(nals)) + _sized(nals)
    return out


def _sized(nals: Sequence[bytes]) -> bytes:
    if len(nals) > _MAX_SETS or any(len(nal) > 0xFFFF for nal in nals):
        raise BadInput("parameter sets that no file can hold", nals[0])
    return b"".join(len(nal).to_bytes(2) + nal for nal in nals)


def _u32(number: int) -> bytes:
    return number.to_bytes(4)
