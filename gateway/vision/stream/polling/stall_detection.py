"""Detects a stream that stopped showing anything new: no pictures for too long, or no keyframe to begin with.

That packets arrive is not enough. A stream counts as lost when no picture comes for much longer than usual, or when
for a long time none comes with which decoding can begin.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

from gateway.model import Words
from gateway.vision.stream.rtp.access_unit import AccessUnit


@dataclass(slots=True)
class FrameCadence:
    """How far apart the pictures of one address are. Outlives its connections, so that a slow camera is lost once only.

    `max_gap` is how long the installer says that the camera may send nothing, in seconds (`cadence` in the YAML).
    """

    max_gap: float = 0.0
    longest_gap: float = 0.0
    """Seconds between two pictures, lately; decreases by a second a minute."""
    gaps: int = 0
    """Gaps seen."""
    first_timeout: float = field(default_factory=lambda: FrameCadence.FIRST_TIMEOUT)
    """Seconds to wait for the next picture while the cadence is not known."""

    MIN_TIMEOUT: ClassVar[float] = 10.0
    FIRST_TIMEOUT: ClassVar[float] = 30.0
    FIRST_TIMEOUT_WITHOUT_PICTURE: ClassVar[float] = 90.0
    MAX_TIMEOUT: ClassVar[float] = 300.0
    """Seconds: the initial `first_timeout`; its maximum while the camera has given no picture at all; the maximum of
    any timeout, unless the installer allows more."""
    GAP_FACTOR: ClassVar[float] = 3.0
    """A stream is lost after so many times its longest recent gap."""
    MIN_GAPS: ClassVar[int] = 3
    """Gaps after which the cadence is known."""
    DECAY_S: ClassVar[float] = 60.0
    """Seconds in which `longest_gap` decreases by one."""

    @property
    def timeout(self) -> float:
        """Seconds without a picture after which the stream is lost."""
        usual = max(self.MIN_TIMEOUT, self.GAP_FACTOR * self.longest_gap)
        if self.gaps < self.MIN_GAPS:
            usual = max(usual, self.first_timeout, self.max_gap)
        return min(usual, max(self.MAX_TIMEOUT, self.max_gap))

    def record_gap(self, seconds: float) -> None:
        """Between two pictures."""
        # One long gap (a camera that restarted) raises the timeout only for a while.
        self.longest_gap = max(seconds, self.longest_gap - seconds / self.DECAY_S)
        self.gaps += 1

    def extend_first_timeout(self, *, has_picture: bool) -> None:
        """The stream was lost for its silence: wait longer the next time, in case that it is slow and not dead."""
        limit = self.MAX_TIMEOUT if has_picture else self.FIRST_TIMEOUT_WITHOUT_PICTURE
        self.first_timeout = max(self.first_timeout, min(2 * self.first_timeout, limit))


class StallDetector:
    """Of one connection, from `now` (monotonic seconds) on. Counts pictures, and whether they can be decoded."""

    KEY_TIMEOUT, KEY_PICTURES = 40.0, 100
    """Seconds and pictures without a usable keyframe after which the stream is lost: cameras with smart codecs send one
    in 30 s; one with 4 pictures a second and 100 of them between keyframes, one in 25 s."""

    def __init__(self, cadence: FrameCadence, now: float) -> None:
        self._cadence = cadence
        self._last_picture = self._broken_since = now
        self._has_picture = False
        self._is_decodable = False
        """Whether a keyframe came and nothing was lost since."""
        self._broken_pictures = 0
        """Pictures since the stream is not decodable."""

    def pictures_received(self, units: list[AccessUnit], now: float) -> None:
        """Record pictures and the time at which they came."""
        if self._has_picture:
            self._cadence.record_gap(now - self._last_picture)
        self._has_picture, self._last_picture = True, now
        for unit in units:
            if unit.lost:
                self._break(now)
            elif unit.key:
                self._is_decodable = True
        if not self._is_decodable:
            self._broken_pictures += len(units)

    def _break(self, now: float) -> None:
        # What builds on a lost packet can't be decoded until the next keyframe.
        if self._is_decodable:
            self._is_decodable, self._broken_since, self._broken_pictures = False, now, 0

    def check(self, now: float, *, packets: bool, foreign_packets: int) -> Words | None:
        """Why the stream is lost; None while it is not.

        `packets`: any came since the last picture; `foreign_packets`: so many came of other sources.
        """
        silent, broken = now - self._last_picture, now - self._broken_since
        if silent > FrameCadence.MIN_TIMEOUT and silent > self._cadence.timeout:
            self._cadence.extend_first_timeout(has_picture=self._has_picture)
            if packets:
                return _reason(silent, "有数据但没有画面", "sent packets and no picture for {}", foreign_packets)
            return _reason(silent, "没有画面", "sent no packet for {}", 0)
        if not self._is_decodable and broken > self.KEY_TIMEOUT and self._broken_pictures >= self.KEY_PICTURES:
            return _reason(broken, "没有可解码的关键帧", "sent no keyframe to begin with for {}", foreign_packets)
        return None


def _reason(seconds: float, zh: str, en: str, foreign_packets: int) -> Words:
    mixed = ("，混入了其他会话的数据", ", and packets of another session instead") if foreign_packets else ("", "")
    zh, en = f"摄像机{seconds:.0f}秒{zh}{mixed[0]}，请检查网络和摄像机", en.format(f"{seconds:.0f} s") + mixed[1]
    return Words(zh, en)
