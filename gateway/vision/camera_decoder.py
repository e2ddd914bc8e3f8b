"""From units to pictures: only those that are wanted are decoded, and only who moves keeps a decoder."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

from gateway.vision.stream.decoder import DecodedFrame, PacketDecoder
from gateway.vision.stream.packet import CodecParameters, Packet
from gateway.vision.stream.rtp.access_unit import AccessUnit, StreamFormat

_IN_BAND = {"h264", "hevc"}
"""Codecs whose parameter sets may stand before a keyframe, so that one decoder serves many streams."""


class KeyframeDecoder:
    """Single keyframes of any camera; a decoder a camera would take megabytes of each. For one thread."""

    def __init__(self) -> None:
        self._decoders: dict[str, PacketDecoder] = {}

    def alone(self, units: Sequence[AccessUnit]) -> list[DecodedFrame]:
        """The picture at the last of them. More than one is needed where the picture is refreshed bit by bit."""
        coding = units[0].coding
        first, *rest = map(_packet, units)
        if coding.name not in _IN_BAND:
            decoder = PacketDecoder(coding)
        else:
            decoder = self._decoders.get(coding.name) or PacketDecoder(CodecParameters(coding.name))
            self._decoders[coding.name] = decoder
            data = (coding.extradata or b"") + first.data
            first = Packet(first.time, first.key, len(data), data)
        return list(decoder.alone(first, *rest))[-1:]


class CameraDecoder:
    """One camera's. `since` gives its units from the last keyframe at or before a time on. For one thread."""

    def __init__(self, since: Callable[[float], Sequence[AccessUnit]]) -> None:
        self._since = since
        self._going = False
        self._decoder: PacketDecoder | None = None
        self._format: StreamFormat | None = None
        self.latest: DecodedFrame | None = None
        """The newest picture while all are decoded; None otherwise."""

    def all(self, unit: AccessUnit) -> Iterator[DecodedFrame]:
        """Up to and with this one: from the last keyframe on at first, then each as it comes."""
        units = [unit] if self._going else self._up_to(unit, unit.time_s)
        self._going = True
        yield from self._decode(units)

    def back(self, unit: AccessUnit, to: float) -> Iterator[DecodedFrame]:
        """As `all`, from the last keyframe that is not after `to`."""
        self.rest()
        units = self._up_to(unit, to)
        self._going = True
        yield from self._decode(units)

    def alone(self, unit: AccessUnit, keys: KeyframeDecoder) -> list[DecodedFrame]:
        """At this unit, by nothing but what it builds on; empty where something of that is missing."""
        units = [unit] if unit.key and not unit.recovery else self._up_to(unit, unit.time_s)
        return [] if any(one.lost for one in units) else keys.alone(units)

    def rest(self) -> None:
        self._going = False
        self._decoder = self._format = self.latest = None

    def newest(self) -> DecodedFrame | None:
        """What the camera shows now, or showed last."""
        if self.latest is not None:
            return self.latest
        newest, apart = None, CameraDecoder(self._since)
        units = self._since(float("inf"))
        for newest in apart._decode(units):  # noqa: B007  the last one is wanted
            pass
        if apart._decoder is not None:
            for newest in apart._decoder.finish(units[-1].time_s):  # noqa: B007  as above
                pass
        return newest

    def _up_to(self, unit: AccessUnit, since: float) -> Sequence[AccessUnit]:
        """More may have come while this one waited."""
        units = self._since(since)
        return units[: units.index(unit) + 1] if unit in units else [unit]

    def _decode(self, units: Iterable[AccessUnit]) -> Iterator[DecodedFrame]:
        for unit in units:
            if unit.lost or unit.format != self._format:
                self._decoder = None  # what builds on what is missing waits for the next keyframe
            if self._decoder is None and unit.key and not unit.lost:
                self._decoder, self._format = PacketDecoder(unit.coding), unit.format
            if self._decoder is not None:
                for frame in self._decoder.decode(_packet(unit)):
                    self.latest = frame
                    yield frame


def _packet(unit: AccessUnit) -> Packet:
    return Packet(unit.time_s, unit.key, unit.size, unit.data)
