"""A picture that lies: covered, moved, frozen or dirty. Sans-I/O.

Told once it has held for a while, and `camera.restored` once it is over. What comes slowly (dusk,
a growing hedge) becomes usual; what comes at once does not.

Limits. Covered: two thirds of what can be recognised in the scene, after ten seconds; a third of it (half of the lens
covers that, on whatever side), if nothing can be recognised there, after a minute, so that a lorry may wait in front
of the camera for that long. Frozen: `frozen.py` tells what is needed. Dirty: a thread that hangs before the lens;
drops and grease only once they blur half of the scene, and then as covered.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from gateway.model import Json
from gateway.vision.motion.freeze import FreezeDetector
from gateway.vision.motion.luma import Luma, downscale
from gateway.vision.motion.reference_scene import ReferenceScene, SceneComparison


@dataclass(frozen=True, slots=True)
class TamperEvent:
    """`kind` is a signal kind: camera.covered, moved, frozen, dirty or restored."""

    kind: str
    data: Json


class TamperDetector:
    """Feed it looks `EVERY` seconds apart or more; more often than ten seconds while it is `doubtful`."""

    EVERY = 3.0
    LOOKS = 3
    """So many looks in a row must agree."""
    HOLDS, PART, FROZEN, BACK = 10.0, 60.0, 30.0, 4.0
    """Seconds it must hold: covered or moved, or a thread; covered in part; frozen; the usual again."""
    ADOPTED = 3600.0
    """Seconds after which a scene that moved is the scene."""
    _WIDTH = 120
    _LOST, _BLANK, _BLURRED = 0.35, 0.5, 0.5
    """Shares left of a scene below which it is another one, has nothing in it, or is out of focus."""
    _COVERED_PART, _TEXTURED = 0.33, 0.3
    """The share of a scene that is blank from which it is covered in part; how much of it must be recognisable."""
    _LEARNS = 120.0
    """Seconds in which two thirds of a new look are taken up."""

    def __init__(self) -> None:
        self._view: ReferenceScene | None = None
        self._frozen = FreezeDetector()
        self._time = float("-inf")
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

    def see(self, luma: Luma, time: float, *, thread: bool = False) -> Iterator[TamperEvent]:
        """One picture's brightness, of any size, and whether a thread hangs before it. What it made sure."""
        luma = downscale(luma, self._WIDTH)
        passed, self._time = time - self._time, time
        if self._view is None or not self._view.fits(luma):
            self._begin(luma)
            return
        self._frozen.see(luma)
        self._looks += 1
        state = self._judge(self._view.compare(luma), thread=thread)
        if self._how == "thread" or not (state or self._told):
            self._view.learn(luma, min(max(passed / self._LEARNS, 1 / (self._looks + 1)), 0.5))
        yield from self._hold(state, time, passed)
        if self._told == "moved" and time - self._since > self.ADOPTED:
            self._begin(luma)
            yield self._tell("", time)

    def _begin(self, luma: Luma) -> None:
        self._view, self._frozen, self._looks = ReferenceScene(luma), FreezeDetector(), 0
        self._frozen.see(luma)

    def _judge(self, now: SceneComparison, *, thread: bool) -> str:
        """What this look alone says."""
        self._how = ""
        if now.kept < self._LOST and now.lively >= self._BLANK and now.blank < (1 - now.kept) / 2:
            return "moved"
        if now.kept < self._LOST or (now.sharp < self._BLURRED and now.textured > 0):
            self._how = "blank" if now.kept < self._LOST else "blurred"
            return "covered"
        if now.blank >= self._COVERED_PART and now.textured >= self._TEXTURED:
            self._how = "part"
            return "covered"
        if self._frozen.suspected:
            return "frozen"
        self._how = "thread" if thread else ""
        return "dirty" if thread else ""

    def _hold(self, state: str, time: float, passed: float) -> Iterator[TamperEvent]:
        if state != self._suspected:
            began = time - passed if state == "frozen" else time  # of two copies, the first one
            self._suspected, self._since, self._count = state, began, 0
        self._count += 1
        certain = self._count >= self.LOOKS and (state != "frozen" or self._frozen.sure)
        if state != self._told and certain and time - self._since >= self._holds(state):
            if self._told:
                yield self._tell("", time)
            if state:
                yield self._tell(state, time)

    def _holds(self, state: str) -> float:
        if self._how == "part":
            return self.PART
        return {"": self.BACK, "frozen": self.FROZEN}.get(state, self.HOLDS)

    def _tell(self, state: str, time: float) -> TamperEvent:
        was, self._told, self._since = self._told, state, time
        self._suspected = state
        if not state:
            return TamperEvent("camera.restored", {"was": was})
        return TamperEvent(f"camera.{state}", {"how": self._how} if self._how else {})
