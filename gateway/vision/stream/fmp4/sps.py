"""What a sequence parameter set tells that an MP4 file repeats: size, profile, depth."""

from __future__ import annotations

from dataclasses import dataclass

from gateway.errors import BadInput
from gateway.vision.stream.bit_reader import BitReader
from gateway.vision.stream.rtp.access_unit import StreamFormat

MAX_SIDE = 16384
MAX_DEPTH = 15
_WITH_CHROMA = {100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135}
"""Profiles of H.264 whose set tells of chroma and depth (7.3.2.1.1)."""
_SUBSAMPLING = {0: (1, 1), 1: (2, 2), 2: (2, 1), 3: (1, 1)}


@dataclass(frozen=True, slots=True)
class SpsInfo:
    """`profile` is as the sample entry has it: 3 bytes of H.264, 12 of H.265."""

    codec: str
    """As browsers call it (RFC 6381): avc1.…, hvc1.…"""
    width: int
    height: int
    chroma: int
    depth: tuple[int, int]
    profile: bytes
    layers: int = 1
    nested: bool = False


def sps_info(form: StreamFormat) -> SpsInfo:
    """Raises BadInput when there is no parameter set that can be read."""
    sps_rank, read = (0, parse_h264_sps) if form.name == "h264" else (1, parse_h265_sps)
    for nal in form.parameters:
        if form.codec.rank(nal) == sps_rank:
            shape = read(nal)
            _judge(shape, nal)
            return shape
    raise BadInput("the stream has not told its parameters (SPS) yet", b"")


def _judge(shape: SpsInfo, nal: bytes) -> None:
    if not (0 < shape.width <= MAX_SIDE and 0 < shape.height <= MAX_SIDE):
        raise BadInput(f"a picture of {shape.width} by {shape.height}", nal)
    if shape.chroma > 3 or max(shape.depth) > MAX_DEPTH:
        raise BadInput(f"a picture with chroma {shape.chroma} and {max(shape.depth)} bits", nal)


def parse_h264_sps(nal: bytes) -> SpsInfo:
    """H.264, 7.3.2.1.1."""
    bits = BitReader(nal, 1)
    profile = nal[1:4]
    bits.skip(24)
    bits.unsigned()
    chroma, depth, planes_apart = 1, (8, 8), False
    if profile[0] in _WITH_CHROMA:
        chroma = bits.unsigned()
        planes_apart = chroma == 3 and bits.flag()
        depth = 8 + bits.unsigned(), 8 + bits.unsigned()
        bits.skip(1)
        if bits.flag():
            _skip_scaling(bits, 12 if chroma == 3 else 8)
    bits.unsigned()
    _skip_order(bits)
    bits.unsigned()
    bits.skip(1)
    columns, rows, frames_only = bits.unsigned() + 1, bits.unsigned() + 1, bits.flag()
    if not frames_only:
        bits.skip(1)
    bits.skip(1)
    fields = 1 if frames_only else 2
    across, down = (1, 1) if planes_apart else _SUBSAMPLING.get(chroma, (1, 1))
    cut = _cut(bits, across, down * fields)
    width, height = 16 * columns - cut[0], 16 * rows * fields - cut[1]
    return SpsInfo(f"avc1.{profile.hex()}", width, height, chroma, depth, profile)


def parse_h265_sps(nal: bytes) -> SpsInfo:
    """H.265, 7.3.2.2 and 7.3.3."""
    bits = BitReader(nal, 2)
    bits.skip(4)
    more_layers, nested = bits.take(3), bits.flag()
    profile = bits.take(96).to_bytes(12)
    _skip_sub_layers(bits, more_layers)
    bits.unsigned()
    chroma = bits.unsigned()
    planes_apart = chroma == 3 and bits.flag()
    width, height = bits.unsigned(), bits.unsigned()
    across, down = (1, 1) if planes_apart else _SUBSAMPLING.get(chroma, (1, 1))
    cut = _cut(bits, across, down)
    depth = 8 + bits.unsigned(), 8 + bits.unsigned()
    size = width - cut[0], height - cut[1]
    return SpsInfo(_h265_name(profile), *size, chroma, depth, profile, more_layers + 1, nested)


def _cut(bits: BitReader, across: int, down: int) -> tuple[int, int]:
    """Columns and rows that are coded and not shown."""
    if not bits.flag():
        return 0, 0
    left, right, top, bottom = (bits.unsigned() for _ in range(4))
    return across * (left + right), down * (top + bottom)


def _skip_scaling(bits: BitReader, lists: int) -> None:
    """H.264, 7.3.2.1.1.1."""
    for number in range(lists):
        if not bits.flag():
            continue
        last = following = 8
        for _ in range(16 if number < 6 else 64):
            if following:
                following = (last + bits.signed()) % 256
            last = following or last


def _skip_order(bits: BitReader) -> None:
    """How H.264 counts pictures."""
    match bits.unsigned():
        case 0:
            bits.unsigned()
        case 1:
            bits.skip(1)
            bits.signed()
            bits.signed()
            for _ in range(min(bits.unsigned(), 255)):
                bits.signed()


def _skip_sub_layers(bits: BitReader, count: int) -> None:
    told = [(bits.flag(), bits.flag()) for _ in range(count)]
    if count:
        bits.skip(2 * (8 - count))
    for has_profile, has_level in told:
        bits.skip(88 * has_profile + 8 * has_level)


def _h265_name(profile: bytes) -> str:
    """ISO/IEC 14496-15, annex E."""
    space, tier, number = profile[0] >> 6, profile[0] >> 5 & 1, profile[0] & 31
    compatible = int(f"{int.from_bytes(profile[1:5]):032b}"[::-1], 2)
    constraints = profile[5:11].rstrip(b"\0")
    parts = [f"{' ABC'[space].strip()}{number}", f"{compatible:X}", f"{'LH'[tier]}{profile[11]}"]
    return ".".join(["hvc1", *parts, *(f"{byte:X}" for byte in constraints)])
