"""Remuxes access units to fragmented MP4: unit by unit, or as a whole file."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from gateway.errors import BadInput
from gateway.vision.stream.fmp4.boxes import TIMESCALE, Mp4Sample, fragment, init_segment
from gateway.vision.stream.fmp4.sps import sps_info
from gateway.vision.stream.rtp.access_unit import AccessUnit, StreamFormat
from gateway.vision.stream.rtp.codec import PICTURE, RtpCodec

MIN_DURATION, MAX_DURATION, DEFAULT_DURATION = 90, 10 * TIMESCALE, TIMESCALE // 25
"""Ticks: a picture's duration is clamped to this range; the last picture of a clip gets the default."""


@dataclass(frozen=True, slots=True)
class Mp4Segment:
    """`codec` (RFC 6381) is set in an init segment, and empty in the media segments that follow it."""

    data: bytes = field(repr=False)
    codec: str = ""

    @property
    def is_init(self) -> bool:
        """Whether it is an init segment."""
        return self.codec != ""


class Remuxer:
    """For live streams. A unit goes out when the next one gives its duration. Begins at the first keyframe.

    B pictures (few cameras make them) keep their presentation times; decoding times are placed in between.
    `once` writes one init segment alone, as a file needs it: parameter sets that change later stay in the samples.
    """

    def __init__(self, *, once: bool = False) -> None:
        self._once = once
        self._format: StreamFormat | None = None
        self._pending: AccessUnit | None = None
        self._zero = 0.0
        self._number = 0
        self._decoded = 0

    def push(self, unit: AccessUnit) -> list[Mp4Segment]:
        """The segments that can go out now; none until a keyframe's parameter sets can be read."""
        previous, self._pending = self._pending, unit
        if previous is None:
            if not unit.key:
                self._pending = None
            self._zero = unit.time_s
            return []
        return self._mux(previous, unit.time_s)

    def _mux(self, unit: AccessUnit, until: float) -> list[Mp4Segment]:
        nals = unit.nals()
        if not has_picture(nals, unit.format.codec):
            return []
        init = self._init(unit)
        if self._format is None:
            return []
        # Decoding times must not decrease, even where the stream's time steps back (B pictures, a camera's clock set).
        shown = round((unit.time_s - self._zero) * TIMESCALE)
        begins = max(self._decoded, shown)
        lasts = min(max(MIN_DURATION, round((until - self._zero) * TIMESCALE) - begins), MAX_DURATION)
        self._decoded = begins + lasts
        self._number += 1
        in_init = unit.format == self._format
        if unit.key and not in_init:
            self._format = unit.format
        sample = Mp4Sample(sample_data(nals, unit.format, in_init=in_init), lasts, shown - begins, unit.key)
        return [*init, Mp4Segment(fragment(self._number, begins, [sample]))]

    def _init(self, unit: AccessUnit) -> list[Mp4Segment]:
        """The init segment for a keyframe whose parameter sets are new and can be read."""
        if not unit.key or unit.format == self._format or (self._once and self._format is not None):
            return []
        try:
            sps = sps_info(unit.format)
            segment = Mp4Segment(init_segment(unit.format, sps), sps.codec)
        except BadInput:
            return []  # the next keyframe may bring parameter sets that can be read
        self._format = unit.format
        return [segment]


def mux_clip(units: Iterable[AccessUnit]) -> bytes:
    """A complete file, with one fragment for each keyframe and the pictures that build on it.

    Raises BadInput when the units hold no keyframe, or no parameter sets that can be read.
    """
    kept = _from_key([unit for unit in units if has_picture(unit.nals(), unit.format.codec)])
    if not kept:
        raise BadInput("no keyframe came in the time of the clip", b"")
    fmt = kept[0].format
    first_shown = min(unit.time_s for unit in kept)  # B pictures after a keyframe may be shown before it
    shown = [round((unit.time_s - first_shown) * TIMESCALE) for unit in kept]
    # Decoding times are the presentation times in ascending order; composition offsets may be negative then.
    decoded = _increasing(sorted(shown))
    lasts = [later - earlier for earlier, later in pairwise(decoded)]
    lasts.append(lasts[-1] if lasts else DEFAULT_DURATION)
    samples = [
        Mp4Sample(sample_data(unit.nals(), fmt, in_init=unit.format == fmt), last, at - begins, unit.key)
        for unit, last, at, begins in zip(kept, lasts, shown, decoded, strict=True)
    ]
    out = [init_segment(fmt, sps_info(fmt), decoded[-1] + lasts[-1])]
    starts = [at for at, unit in enumerate(kept) if unit.key]
    for number, (first, end) in enumerate(pairwise([*starts, len(kept)]), 1):
        out.append(fragment(number, decoded[first], samples[first:end]))
    return b"".join(out)


def has_picture(nals: Iterable[bytes], codec: RtpCodec) -> bool:
    """Whether any slice is complete: players and FFmpeg stop at a sample without one."""
    return any(codec.inspect(nal, 0) & PICTURE for nal in nals)


def sample_data(nals: Iterable[bytes], fmt: StreamFormat, *, in_init: bool) -> bytes:
    """NAL units, each behind its length in four bytes.

    H.265 without parameter sets if the init segment has them (`in_init`): `hvc1` forbids them in samples (14496-15,
    8.3.2). After a change in the middle of a file all of them stay: a new one invalidates those that refer to it.
    """
    drop_sets = in_init and fmt.name == "hevc"
    return b"".join(
        len(nal).to_bytes(4) + nal for nal in nals if not (drop_sets and fmt.codec.parameter_set_rank(nal) is not None)
    )


def _from_key(units: Sequence[AccessUnit]) -> Sequence[AccessUnit]:
    first = next((at for at, unit in enumerate(units) if unit.key), len(units))
    return units[first:]


def _increasing(times: Iterable[int]) -> list[int]:
    """Decoding times, each at least MIN_DURATION after the one before."""
    out: list[int] = []
    for time in times:
        out.append(max(time, out[-1] + MIN_DURATION if out else time))
    return out
