"""Access units to frames. Only wanted pictures are decoded, and only a camera with motion keeps a decoder."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

from gateway.vision.stream.decoder import DecodedFrame, PacketDecoder
from gateway.vision.stream.packet import CodecParameters, Packet
from gateway.vision.stream.rtp.access_unit import AccessUnit, StreamFormat

_IN_BAND = {"h264", "hevc"}
"""Codecs whose parameter sets may come before a keyframe, so that one decoder serves many streams."""


class KeyframeDecoder:
    """Decodes single keyframes of any camera with one decoder; one per camera takes megabytes. For one thread."""

    def __init__(self) -> None:
        self._decoders: dict[str, PacketDecoder] = {}

    def decode(self, units: Sequence[AccessUnit]) -> list[DecodedFrame]:
        """The frame of the last unit. More than one unit is needed where the picture is refreshed gradually."""
        coding = units[0].coding
        first, *rest = map(_packet, units)
        if coding.name not in _IN_BAND:
            decoder = PacketDecoder(coding)
        else:
            decoder = self._decoders.get(coding.name) or PacketDecoder(CodecParameters(coding.name))
            self._decoders[coding.name] = decoder
            data = (coding.extradata or b"") + first.data
            first = Packet(first.time, first.key, len(data), data)
        return list(decoder.decode_alone(first, *rest))[-1:]


class CameraDecoder:
    """One camera's. `units_since` gives its units from the last keyframe at or before a time on. For one thread."""

    def __init__(self, units_since: Callable[[float], Sequence[AccessUnit]]) -> None:
        self._units_since = units_since
        self._is_continuous = False
        self._decoder: PacketDecoder | None = None
        self._format: StreamFormat | None = None
        self.latest: DecodedFrame | None = None
        """The newest frame while all are decoded; None otherwise."""

    def decode(self, unit: AccessUnit) -> Iterator[DecodedFrame]:
        """Frames up to this unit: at first from the last keyframe on, then one for each call."""
        units = [unit] if self._is_continuous else self._up_to(unit, unit.time_s)
        self._is_continuous = True
        yield from self._decode(units)

    def decode_from(self, unit: AccessUnit, time_s: float) -> Iterator[DecodedFrame]:
        """As `decode`, but begins again at the last keyframe at or before `time_s`."""
        self.reset()
        units = self._up_to(unit, time_s)
        self._is_continuous = True
        yield from self._decode(units)

    def decode_alone(self, unit: AccessUnit, keyframes: KeyframeDecoder) -> list[DecodedFrame]:
        """The frame of this unit alone, with what it builds on; empty where something of that is missing."""
        units = [unit] if unit.key and not unit.recovery else self._up_to(unit, unit.time_s)
        return [] if any(one.lost for one in units) else keyframes.decode(units)

    def reset(self) -> None:
        """Free the decoder; the next `decode` begins at a keyframe."""
        self._is_continuous = False
        self._decoder = self._format = self.latest = None

    def newest_frame(self) -> DecodedFrame | None:
        """What the camera shows now, or showed last; None when nothing can be decoded."""
        if self.latest is not None:
            return self.latest
        # A decoder of its own, so that the camera's state stays as it is.
        newest, apart = None, CameraDecoder(self._units_since)
        units = self._units_since(float("inf"))
        for newest in apart._decode(units):  # noqa: B007  the last one is wanted
            pass
        if apart._decoder is not None:
            for newest in apart._decoder.flush(units[-1].time_s):  # noqa: B007  as above
                pass
        return newest

    def _up_to(self, unit: AccessUnit, since: float) -> Sequence[AccessUnit]:
        # More units may have come while this one was pending; those are decoded in their own turn.
        units = self._units_since(since)
        return units[: units.index(unit) + 1] if unit in units else [unit]

    def _decode(self, units: Iterable[AccessUnit]) -> Iterator[DecodedFrame]:
        for unit in units:
            if unit.lost or unit.format != self._format:
                self._decoder = None  # pictures that build on a lost one would be broken up to the next keyframe
            if self._decoder is None and unit.key and not unit.lost:
                self._decoder, self._format = PacketDecoder(unit.coding), unit.format
            if self._decoder is not None:
                for frame in self._decoder.decode(_packet(unit)):
                    self.latest = frame
                    yield frame


def _packet(unit: AccessUnit) -> Packet:
    return Packet(unit.time_s, unit.key, unit.size, unit.data)
