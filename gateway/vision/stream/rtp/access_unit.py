"""Access units: coded pictures as raw as they came, with their time and format."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from gateway.vision.stream.packet import CodecParameters
from gateway.vision.stream.rtp.codec import RtpCodec, annex_b


@dataclass(frozen=True, slots=True)
class StreamFormat:
    """Codec and parameter sets of a stream, from some unit on. Replaced when the parameter sets change."""

    codec: RtpCodec
    parameters: tuple[bytes, ...] = field(default=(), repr=False)
    """NAL units (VPS of H.265, SPS, PPS) that a decoder needs before the first picture."""

    @property
    def name(self) -> str:
        """FFmpeg's name of the codec."""
        return self.codec.name

    @property
    def extradata(self) -> bytes:
        """The parameter sets with start codes, for a decoder."""
        return annex_b(self.parameters)

    def with_parameter_sets(self, nals: Sequence[bytes]) -> StreamFormat:
        """A format with the parameter sets in `nals` in place of those of the same kind; itself if nothing changes."""
        new = self._ranked(nals)
        ranks = {rank for rank, _ in new}
        kept = [(rank, nal) for rank, nal in self._ranked(self.parameters) if rank not in ranks]
        # Ordered by kind, and without repetitions: cameras send the same sets several times.
        sets = tuple(dict.fromkeys(nal for _, nal in sorted(kept + new, key=lambda pair: pair[0])))
        return self if sets == self.parameters else StreamFormat(self.codec, sets)

    def _ranked(self, nals: Iterable[bytes]) -> list[tuple[int, bytes]]:
        return [(rank, nal) for nal in nals if nal and (rank := self.codec.parameter_set_rank(nal)) is not None]


@dataclass(slots=True, eq=False)
class AccessUnit:
    """One coded picture. Do not change it; not frozen only because three thousand are made in a second.

    `time_s` runs on the stream's own clock from 0 and never wraps; `wall_s` is when it was taken by the camera's clock
    (seconds since 1970), None without a sender report. `size` is bytes of payload. `lost` packets are missing before
    or inside it: pictures may be broken from there to the next keyframe.

    `key`: decoding can begin here. `recovery`: so many pictures later the picture is complete (gradual refresh); 0 if
    it is complete at once.
    """

    time_s: float
    wall_s: float | None
    key: bool
    size: int
    lost: int
    format: StreamFormat
    packets: Sequence[bytes] = field(repr=False)
    """RTP packets as they came."""
    recovery: int = field(default=0, kw_only=True)

    def nals(self) -> list[bytes]:
        """Assembled on every call."""
        return list(self.format.codec.nals(self.packets))

    @property
    def data(self) -> bytes:
        """Annex B byte stream, assembled on every call."""
        return annex_b(self.format.codec.nals(self.packets))

    @property
    def coding(self) -> CodecParameters:
        """For a decoder."""
        return CodecParameters(self.format.name, self.format.extradata)
