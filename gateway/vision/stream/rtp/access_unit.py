"""What comes out of a stream: access units, each one coded picture, as raw as they came."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from gateway.vision.stream.packet import CodecParameters
from gateway.vision.stream.rtp.codec import RtpCodec, annex_b


@dataclass(frozen=True, slots=True)
class StreamFormat:
    """How a stream is coded from some unit on. Changes with the parameter sets."""

    codec: RtpCodec
    parameters: tuple[bytes, ...] = field(default=(), repr=False)
    """NAL units: VPS (H.265), SPS, PPS; what a decoder needs before the first picture."""

    @property
    def name(self) -> str:
        return self.codec.name

    @property
    def extradata(self) -> bytes:
        return annex_b(self.parameters)

    def with_parameter_sets(self, nals: Sequence[bytes]) -> StreamFormat:
        """Of each kind among `nals` they take the place of what was known. The same object when nothing changes."""
        told = self._ranked(nals)
        ranks = {rank for rank, _ in told}
        kept = [(rank, nal) for rank, nal in self._ranked(self.parameters) if rank not in ranks]
        sets = tuple(dict.fromkeys(nal for _, nal in sorted(kept + told, key=lambda pair: pair[0])))
        return self if sets == self.parameters else StreamFormat(self.codec, sets)

    def _ranked(self, nals: Iterable[bytes]) -> list[tuple[int, bytes]]:
        return [(rank, nal) for nal in nals if nal and (rank := self.codec.rank(nal)) is not None]


@dataclass(slots=True, eq=False)
class AccessUnit:
    """One coded picture. Not to be changed; not frozen because three thousand are made in a second.

    `time_s` runs on the stream's own clock from 0 and never wraps; `wall_s` is the camera's word for
    when it was taken (seconds since 1970), None while it has sent no sender report. `size` is bytes of
    payload. `lost` packets are missing before or inside it: after that pictures may be broken
    until the next keyframe.

    `key`: decoding can begin here. `recovery`: so many pictures later the picture is right (gradual refresh:
    it builds up); 0 for one that is right at once.
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
        return list(self.format.codec.nals(self.packets))

    @property
    def data(self) -> bytes:
        """Annex B, put together on every call."""
        return annex_b(self.format.codec.nals(self.packets))

    @property
    def coding(self) -> CodecParameters:
        """For a decoder."""
        return CodecParameters(self.format.name, self.format.extradata)
