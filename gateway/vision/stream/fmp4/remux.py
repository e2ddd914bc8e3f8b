"""Access units to fragmented MP4: live, unit by unit, and as a file."""

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
"""Ticks a picture may last; what a last picture is taken to last."""


@dataclass(frozen=True, slots=True)
class Mp4Segment:
    """`codec` (RFC 6381) is told by an init segment, and is empty in the fragments that follow it."""

    data: bytes = field(repr=False)
    codec: str = ""

    @property
    def is_init(self) -> bool:
        return self.codec != ""


class Remuxer:
    """Live. A unit goes out when the next one tells how long it lasts. Begins at the first keyframe it is given.

    Pictures shown out of the order they come in (B pictures; few cameras make them) keep their time, their
    decoding times are squeezed in between. `once`: a file has one init segment, so that parameters which
    change later stay in the stream.
    """

    def __init__(self, *, once: bool = False) -> None:
        self._once = once
        self._format: StreamFormat | None = None
        self._waiting: AccessUnit | None = None
        self._zero = 0.0
        self._number = 0
        self._decoded = 0

    def push(self, unit: AccessUnit) -> list[Mp4Segment]:
        """What can go out now. A stream whose parameters can't be read is waited for, quietly."""
        before, self._waiting = self._waiting, unit
        if before is None:
            if not unit.key:
                self._waiting = None
            self._zero = unit.time_s
            return []
        return self._out(before, unit.time_s)

    def _out(self, unit: AccessUnit, until: float) -> list[Mp4Segment]:
        nals = unit.nals()
        if not has_picture(nals, unit.format.codec):
            return []
        opening = self._opening(unit)
        if self._format is None:
            return []
        shown = round((unit.time_s - self._zero) * TIMESCALE)
        begins = max(self._decoded, shown)
        lasts = min(max(MIN_DURATION, round((until - self._zero) * TIMESCALE) - begins), MAX_DURATION)
        self._decoded = begins + lasts
        self._number += 1
        told = unit.format == self._format
        if unit.key and not told:
            self._format = unit.format
        sample = Mp4Sample(sample_data(nals, unit.format, told=told), lasts, shown - begins, unit.key)
        return [*opening, Mp4Segment(fragment(self._number, begins, [sample]))]

    def _opening(self, unit: AccessUnit) -> list[Mp4Segment]:
        """The init segment that a keyframe needs, if its parameters are not told yet and can be."""
        if not unit.key or unit.format == self._format or (self._once and self._format is not None):
            return []
        try:
            shape = sps_info(unit.format)
            segment = Mp4Segment(init_segment(unit.format, shape), shape.codec)
        except BadInput:
            return []
        self._format = unit.format
        return [segment]


def mux_clip(units: Iterable[AccessUnit]) -> bytes:
    """A file that plays by itself; a fragment for each keyframe and what builds on it.

    Raises BadInput when the units hold no keyframe, or no parameters that can be read.
    """
    kept = _from_key([unit for unit in units if has_picture(unit.nals(), unit.format.codec)])
    if not kept:
        raise BadInput("no keyframe came in the time of the clip", b"")
    form = kept[0].format
    begins_at = min(unit.time_s for unit in kept)  # pictures behind a keyframe may be shown before it
    shown = [round((unit.time_s - begins_at) * TIMESCALE) for unit in kept]
    decoded = _increasing(sorted(shown))
    lasts = [later - earlier for earlier, later in pairwise(decoded)]
    lasts.append(lasts[-1] if lasts else DEFAULT_DURATION)
    samples = [
        Mp4Sample(sample_data(unit.nals(), form, told=unit.format == form), last, at - begins, unit.key)
        for unit, last, at, begins in zip(kept, lasts, shown, decoded, strict=True)
    ]
    out = [init_segment(form, sps_info(form), decoded[-1] + lasts[-1])]
    starts = [at for at, unit in enumerate(kept) if unit.key]
    for number, (first, end) in enumerate(pairwise([*starts, len(kept)]), 1):
        out.append(fragment(number, decoded[first], samples[first:end]))
    return b"".join(out)


def has_picture(nals: Iterable[bytes], codec: RtpCodec) -> bool:
    """Whether any slice of it has come whole: a sample without one ends players, and FFmpeg's reading of a file."""
    return any(codec.look(nal, 0) & PICTURE for nal in nals)


def sample_data(nals: Iterable[bytes], form: StreamFormat, *, told: bool) -> bytes:
    """NAL units behind their lengths.

    Of H.265 without parameter sets, if these are told: `hvc1` has them apart (14496-15, 8.3.2). Those of a change
    in the middle of a file stay, all of them: a new one voids those that build on it.
    """
    apart = told and form.name == "hevc"
    return b"".join(len(nal).to_bytes(4) + nal for nal in nals if not (apart and form.codec.rank(nal) is not None))


def _from_key(units: Sequence[AccessUnit]) -> Sequence[AccessUnit]:
    first = next((at for at, unit in enumerate(units) if unit.key), len(units))
    return units[first:]


def _increasing(times: Iterable[int]) -> list[int]:
    """Decoding times, none twice."""
    out: list[int] = []
    for time in times:
        out.append(max(time, out[-1] + MIN_DURATION if out else time))
    return out
