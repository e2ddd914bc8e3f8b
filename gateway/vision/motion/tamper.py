"""A picture that lies: covered, moved or frozen. Sans-I/O.

Told once it has held for a while, and `camera.restored` once it is over. What comes slowly (dusk,
a growing hedge) becomes usual; what comes at once does not.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np

from gateway.model import Json
from gateway.vision.motion.luma import Luma, small
from gateway.vision.motion.view import Comparison, View


@dataclass(frozen=True, slots=True)
class Verdict:
    """`kind` is a signal kind: camera.covered, moved, frozen or restored."""

    kind: str
    data: Json


class Tamper:
    """Feed it looks `EVERY` seconds apart or more; more often than ten seconds while it is `doubtful`."""

    EVERY = 3.0
    LOOKS = 3
    """So many looks in a row must agree."""
    HOLDS, FROZEN, BACK = 10.0, 30.0, 4.0
    """Seconds it must hold: covered or moved; frozen; the return to what is usual."""
    ADOPTED = 3600.0
    """Seconds after which a scene that moved is the scene."""
    _WIDTH = 120
    _LOST, _BLANK, _BLURRED = 0.35, 0.5, 0.5
    """Shares left of a scene below which it is another one, has nothing in it, or is out of focus."""
    _LEARNS = 120.0
    """Seconds in which two thirds of a new look are taken up."""
    _FIRST = 4
    _DEAD, _STILL, _GRAIN = 0.05, 0.25, 0.1
    """Grey levels a pixel below which a picture is dead, if they are also less than this share of how it trembles
    while nothing happens, and the least of that trembling that can be judged. Noise of 0.7 grey levels through x264
    at 300 kbit/s or crf 24 leaves 0.09 to 0.6 between keyframes; one and the same picture, 0.00 to 0.01."""

    def __init__(self) -> None:
        self._view: View | None = None
        self._before: Luma | None = None
        self._time = float("-inf")
        self._trembling = 0.0
        self._looks = 0
        self._suspected = self._told = ""
        self._since, self._count = 0.0, 0
        self._how = ""

    @property
    def doubtful(self) -> bool:
        """Whether the next look should come soon."""
        return self._suspected != self._told

    def due(self, time: float) -> bool:
        return not 0 <= time - self._time < self.EVERY

    def see(self, luma: Luma, time: float) -> Iterator[Verdict]:
        """One picture's brightness, of any size. What it made sure."""
        luma = small(luma, self._WIDTH)
        passed, self._time = time - self._time, time
        if self._view is None or self._before is None or not self._view.fits(luma):
            self._begin(luma)
            return
        trembled = float(np.abs(cv2.subtract(luma, self._before, dtype=cv2.CV_16S)).mean())
        self._before = luma
        self._looks += 1
        state = self._judge(self._view.compare(luma), trembled)
        if not state and not self._told:
            self._learn(luma, trembled, passed)
        yield from self._hold(state, time)
        if self._told == "moved" and time - self._since > self.ADOPTED:
            self._begin(luma)
            yield self._tell("", time)

    def _begin(self, luma: Luma) -> None:
        self._view, self._before, self._looks, self._trembling = View(luma), luma, 0, 0.0

    def _judge(self, now: Comparison, trembled: float) -> str:
        """What this look alone says."""
        self._how = ""
        if now.kept < self._LOST and now.lively >= self._BLANK:
            return "moved"
        if now.kept < self._LOST or (now.sharp < self._BLURRED and now.textured > 0):
            self._how = "blank" if now.kept < self._LOST else "blurred"
            return "covered"
        known = self._looks > self._FIRST and self._trembling >= self._GRAIN
        return "frozen" if known and trembled < min(self._DEAD, self._STILL * self._trembling) else ""

    def _learn(self, luma: Luma, trembled: float, passed: float) -> None:
        assert self._view is not None, "there was a first look"
        self._view.learn(luma, min(max(passed / self._LEARNS, 1 / (self._looks + 1)), 0.5))
        self._learn_calm(trembled)

    def _learn_calm(self, trembled: float) -> None:
        """How it trembles while nothing happens: what people and cars stir up hardly raises it, and calm lowers it."""
        if self._looks == 1:
            self._trembling = trembled
        elif trembled < self._trembling:
            self._trembling += (trembled - self._trembling) / 2
        else:
            self._trembling += (min(trembled, 2 * self._trembling) - self._trembling) * 0.02

    def _hold(self, state: str, time: float) -> Iterator[Verdict]:
        if state != self._suspected:
            self._suspected, self._since, self._count = state, time, 0
        self._count += 1
        holds = {"": self.BACK, "frozen": self.FROZEN}.get(state, self.HOLDS)
        if state != self._told and self._count >= self.LOOKS and time - self._since >= holds:
            if self._told:
                yield self._tell("", time)
            if state:
                yield self._tell(state, time)

    def _tell(self, state: str, time: float) -> Verdict:
        was, self._told, self._since = self._told, state, time
        self._suspected = state
        if not state:
            return Verdict("camera.restored", {"was": was})
        return Verdict(f"camera.{state}", {"how": self._how} if self._how else {})
