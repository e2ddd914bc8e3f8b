"""Parses sequence parameter sets (SPS) for what an MP4 file must repeat: size, profile, bit depth."""

from __future__ import annotations

from dataclasses import dataclass

from gateway.errors import BadInput
from gateway.vision.stream.bit_reader import BitReader
from gateway.vision.stream.rtp.access_unit import StreamFormat

MAX_SIDE = 16384
MAX_DEPTH = 15
_WITH_CHROMA = {100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135}
"""Profiles of H.264 whose SPS holds chroma format and bit depth (7.3.2.1.1)."""
_SUBSAMPLING = {0: (1, 1), 1: (2, 2), 2: (2, 1), 3: (1, 1)}


@dataclass(frozen=True, slots=True)
class SpsInfo:
    """`profile` as the sample entry repeats it: 3 bytes for H.264, 12 for H.265."""

    codec: str
    """RFC 6381: avc1.…, hvc1.…"""
    width: int
    height: int
    chroma: int
    depth: tuple[int, int]
    profile: bytes
    layers: int = 1
    nested: bool = False


def sps_info(fmt: StreamFormat) -> SpsInfo:
    """From the first SPS of the format. Raises BadInput when there is none that can be read."""
    sps_rank, parse = (0, parse_h264_sps) if fmt.name == "h264" else (1, parse_h265_sps)
    for nal in fmt.parameters:
        if fmt.codec.parameter_set_rank(nal) == sps_rank:
            info = parse(nal)
            _check(info, nal)
            return info
    raise BadInput("the stream has not sent its parameter set (SPS) yet", b"")


def _check(info: SpsInfo, nal: bytes) -> None:
    if not (0 < info.width <= MAX_SIDE and 0 < info.height <= MAX_SIDE):
        raise BadInput(f"a picture of {info.width} by {info.height}", nal)
    if info.chroma > 3 or max(info.depth) > MAX_DEPTH:
        raise BadInput(f"a picture with chroma {info.chroma} and {max(info.depth)} bits", nal)


def parse_h264_sps(nal: bytes) -> SpsInfo:
    """H.264, 7.3.2.1.1. Raises BadInput when it is cut off."""
    bits = BitReader(nal, 1)
    profile = nal[1:4]
    bits.skip(24)  # profile_idc, constraint flags, level_idc
    bits.read_ue()  # seq_parameter_set_id
    chroma, depth, separate_planes = 1, (8, 8), False
    if profile[0] in _WITH_CHROMA:
        chroma = bits.read_ue()
        separate_planes = chroma == 3 and bits.read_flag()
        depth = 8 + bits.read_ue(), 8 + bits.read_ue()
        bits.skip(1)  # qpprime_y_zero_transform_bypass_flag
        if bits.read_flag():  # seq_scaling_matrix_present_flag
            _skip_scaling_lists(bits, 12 if chroma == 3 else 8)
    bits.read_ue()  # log2_max_frame_num_minus4
    _skip_picture_order(bits)
    bits.read_ue()  # max_num_ref_frames
    bits.skip(1)  # gaps_in_frame_num_value_allowed_flag
    # Sizes are in macroblocks of 16 × 16; of interlaced video the rows are those of one field.
    columns, rows, frames_only = bits.read_ue() + 1, bits.read_ue() + 1, bits.read_flag()
    if not frames_only:
        bits.skip(1)  # mb_adaptive_frame_field_flag
    bits.skip(1)  # direct_8x8_inference_flag
    fields = 1 if frames_only else 2
    across, down = (1, 1) if separate_planes else _SUBSAMPLING.get(chroma, (1, 1))
    cropped = _cropping(bits, across, down * fields)
    width, height = 16 * columns - cropped[0], 16 * rows * fields - cropped[1]
    return SpsInfo(f"avc1.{profile.hex()}", width, height, chroma, depth, profile)


def parse_h265_sps(nal: bytes) -> SpsInfo:
    """H.265, 7.3.2.2 and 7.3.3. Raises BadInput when it is cut off."""
    bits = BitReader(nal, 2)
    bits.skip(4)  # sps_video_parameter_set_id
    more_layers, nested = bits.read(3), bits.read_flag()
    profile = bits.read(96).to_bytes(12)  # the general part of profile_tier_level, with the level
    _skip_sub_layers(bits, more_layers)
    bits.read_ue()  # sps_seq_parameter_set_id
    chroma = bits.read_ue()
    separate_planes = chroma == 3 and bits.read_flag()
    width, height = bits.read_ue(), bits.read_ue()
    across, down = (1, 1) if separate_planes else _SUBSAMPLING.get(chroma, (1, 1))
    cropped = _cropping(bits, across, down)
    depth = 8 + bits.read_ue(), 8 + bits.read_ue()
    size = width - cropped[0], height - cropped[1]
    return SpsInfo(_h265_codec(profile), *size, chroma, depth, profile, more_layers + 1, nested)


def _cropping(bits: BitReader, across: int, down: int) -> tuple[int, int]:
    """Columns and rows that are coded and not shown (the cropping or conformance window)."""
    # 1080 rows are no multiple of 16, so nearly every full-HD camera codes 1088 and crops 8.
    if not bits.read_flag():
        return 0, 0
    left, right, top, bottom = (bits.read_ue() for _ in range(4))
    return across * (left + right), down * (top + bottom)


def _skip_scaling_lists(bits: BitReader, lists: int) -> None:
    """Scaling lists (H.264, 7.3.2.1.1.1): not needed, but in front of the size."""
    for number in range(lists):
        if not bits.read_flag():
            continue
        last = following = 8
        for _ in range(16 if number < 6 else 64):
            if following:
                following = (last + bits.read_se()) % 256
            last = following or last


def _skip_picture_order(bits: BitReader) -> None:
    """pic_order_cnt_type and its fields (H.264, 7.3.2.1.1)."""
    match bits.read_ue():
        case 0:
            bits.read_ue()  # log2_max_pic_order_cnt_lsb_minus4
        case 1:
            bits.skip(1)  # delta_pic_order_always_zero_flag
            bits.read_se()  # offset_for_non_ref_pic
            bits.read_se()  # offset_for_top_to_bottom_field
            # num_ref_frames_in_pic_order_cnt_cycle is 255 at most (7.4.2.1.1).
            for _ in range(min(bits.read_ue(), 255)):
                bits.read_se()


def _skip_sub_layers(bits: BitReader, count: int) -> None:
    present = [(bits.read_flag(), bits.read_flag()) for _ in range(count)]
    if count:
        bits.skip(2 * (8 - count))  # reserved_zero_2bits, up to eight layers
    # A sub-layer's profile has 88 bits, its level 8.
    for has_profile, has_level in present:
        bits.skip(88 * has_profile + 8 * has_level)


def _h265_codec(profile: bytes) -> str:
    """The codec string (ISO/IEC 14496-15, annex E)."""
    space, tier, number = profile[0] >> 6, profile[0] >> 5 & 1, profile[0] & 31
    # The compatibility flags are written in reverse bit order, and trailing zero bytes of the constraints left out.
    compatible = int(f"{int.from_bytes(profile[1:5]):032b}"[::-1], 2)
    constraints = profile[5:11].rstrip(b"\0")
    parts = [f"{' ABC'[space].strip()}{number}", f"{compatible:X}", f"{'LH'[tier]}{profile[11]}"]
    return ".".join(["hvc1", *parts, *(f"{byte:X}" for byte in constraints)])
