"""Whether a stream shows anything new: pictures in their usual rhythm, and keyframes to begin with.

That packets come is not enough. A stream is lost when no picture comes for longer than it is used to, or when for long
none comes that decoding can begin with.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

from gateway.model import Words
from gateway.vision.stream.rtp.access_unit import AccessUnit


@dataclass(slots=True)
class FrameCadence:
    """How far pictures of one address are apart. Outlives the connection, so that a slow camera is not lost again.

    `patience` in seconds is how long the installer says that the camera may be silent (`cadence` in the YAML).
    """

    patience: float = 0.0
    longest: float = 0.0
    """Seconds between two pictures, lately; forgotten by a second a minute."""
    known: int = 0
    """Gaps seen."""
    first: float = field(default_factory=lambda: FrameCadence.FIRST)
    """Seconds for the next picture while the rhythm is not known."""

    LEAST: ClassVar[float] = 10.0
    FIRST: ClassVar[float] = 30.0
    FIRST_WITHOUT_ANY: ClassVar[float] = 90.0
    MOST: ClassVar[float] = 300.0
    """`first` to begin with; at most, while the camera has given no picture at all; at most, for any silence.
    The installer may allow more."""
    TIMES: ClassVar[float] = 3.0
    """So many times as long as the longest gap lately is silence."""
    ENOUGH: ClassVar[int] = 3
    """Gaps after which the rhythm is known."""
    FORGOTTEN_IN: ClassVar[float] = 60.0

    @property
    def limit(self) -> float:
        """Seconds without a picture after which the stream is lost."""
        usual = max(self.LEAST, self.TIMES * self.longest)
        if self.known < self.ENOUGH:
            usual = max(usual, self.first, self.patience)
        return min(usual, max(self.MOST, self.patience))

    def gap(self, seconds: float) -> None:
        self.longest = max(seconds, self.longest - seconds / self.FORGOTTEN_IN)
        self.known += 1

    def extend_first_timeout(self, *, has_one: bool) -> None:
        """The stream was given up for its silence: next time it has longer, should it be slow and not dead."""
        self.first = max(self.first, min(2 * self.first, self.MOST if has_one else self.FIRST_WITHOUT_ANY))


class StallDetector:
    """Of one connection, from `began` (monotonic seconds) on. Counts pictures, and whether they can be decoded."""

    KEY_LIMIT, KEY_PICTURES = 40.0, 100
    """Seconds and pictures without a keyframe to begin with, after which nobody waits for one any more: cameras with
    smart codecs send one in 30 s, one of 4 pictures a second with 100 between keyframes in 25 s."""

    def __init__(self, cadence: FrameCadence, now: float) -> None:
        self._cadence = cadence
        self._last = self._broken_since = now
        self._has_one = False
        self._is_whole = False
        self._pictures = 0
        """Since the stream is broken."""

    def came(self, units: list[AccessUnit], now: float) -> None:
        """Pictures, and when they came."""
        if self._has_one:
            self._cadence.gap(now - self._last)
        self._has_one, self._last = True, now
        for unit in units:
            if unit.lost:
                self._break(now)
            elif unit.key:
                self._is_whole = True
        if not self._is_whole:
            self._pictures += len(units)

    def _break(self, now: float) -> None:
        """What builds on what is missing can't be decoded until the next keyframe."""
        if self._is_whole:
            self._is_whole, self._broken_since, self._pictures = False, now, 0

    def fault(self, now: float, *, packets: bool, strangers: int) -> Words | None:
        """Why the stream is lost. `packets`: any came since the last picture; `strangers`: so many came of others."""
        silent, broken = now - self._last, now - self._broken_since
        if silent > FrameCadence.LEAST and silent > self._cadence.limit:
            self._cadence.extend_first_timeout(has_one=self._has_one)
            if packets:
                return _told(silent, "有数据但没有画面", "sent packets and no picture for {}", strangers)
            return _told(silent, "没有画面", "sent no packet for {}", 0)
        if not self._is_whole and broken > self.KEY_LIMIT and self._pictures >= self.KEY_PICTURES:
            return _told(broken, "没有可解码的关键帧", "sent no keyframe to begin with for {}", strangers)
        return None


def _told(seconds: float, zh: str, en: str, strangers: int) -> Words:
    others = ("，混入了其他会话的数据", ", and packets of another session instead") if strangers else ("", "")
    zh, en = f"摄像机{seconds:.0f}秒{zh}{others[0]}，请检查网络和摄像机", en.format(f"{seconds:.0f} s") + others[1]
    return Words(zh, en)
