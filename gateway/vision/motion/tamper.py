"""Tamper detection: a camera that is covered, moved, frozen or dirty. Sans-I/O.

Reported once it has held for a while, and `camera.restored` once it is over. Slow changes (dusk, a growing hedge)
are learned; sudden ones are not.

Limits. Covered: two thirds of the recognisable scene, after ten seconds; a third of it (half of the lens covers
that, on whatever side), if nothing is recognisable there, after a minute, so that a lorry may wait in front of the
camera for that long. Frozen: see `freeze.py`. Dirty: a spider's thread on the lens; drops and grease only once they
blur half of the scene, and then as covered.
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
    """Feed it frames `INTERVAL` seconds apart or more, and within ten seconds while it `is_doubtful`."""

    INTERVAL = 3.0
    MIN_FRAMES = 3
    """Consecutive frames that must agree."""
    CONFIRM_SECONDS, PARTIAL_SECONDS, FROZEN_SECONDS, RESTORE_SECONDS = 10.0, 60.0, 30.0, 4.0
    """Seconds that a state must hold: covered, moved or dirty; partly covered; frozen; back to normal."""
    ADOPT_SECONDS = 3600.0
    """Seconds after which the scene of a moved camera becomes the reference."""
    _WIDTH = 120
    _MIN_KEPT, _MIN_CONTRAST, _MIN_SHARPNESS = 0.35, 0.5, 0.5
    """Shares of the reference below which it is another scene, has no contrast, or is out of focus."""
    _MIN_BLANK_SHARE, _MIN_TEXTURED_SHARE = 0.33, 0.3
    """Blank share from which the scene is partly covered, and the share that must be recognisable for this test."""
    _UPDATE_SECONDS = 120.0
    """Time constant of the reference, in seconds."""

    def __init__(self) -> None:
        self._scene: ReferenceScene | None = None
        self._freeze = FreezeDetector()
        self._time = float("-inf")
        self._frames = 0
        self._suspected = self._reported = ""
        self._since, self._count = 0.0, 0
        self._reason = ""

    @property
    def is_doubtful(self) -> bool:
        """Whether the last frame differs from the reported state, so that the next one should come soon."""
        return self._suspected != self._reported

    def is_due(self, time: float) -> bool:
        """Whether INTERVAL has passed since the last frame, or time has jumped back."""
        return not 0 <= time - self._time < self.INTERVAL

    def update(self, luma: Luma, time: float, *, cobweb: bool = False) -> Iterator[TamperEvent]:
        """Feed one luma plane of any size; `cobweb`: a thread is on the lens. Yields confirmed changes."""
        # coarse, since only tiles are compared; noise remains visible for the freeze detector
        luma = downscale(luma, self._WIDTH)
        elapsed, self._time = time - self._time, time
        if self._scene is None or not self._scene.matches_size(luma):
            self._reset(luma)
            return
        self._freeze.update(luma)
        self._frames += 1
        state = self._classify(self._scene.compare(luma), cobweb=cobweb)
        # A covered or moved view must not be learned, or it would become the reference within minutes.
        if self._reason == "thread" or not (state or self._reported):
            self._scene.learn(luma, min(max(elapsed / self._UPDATE_SECONDS, 1 / (self._frames + 1)), 0.5))
        yield from self._confirm(state, time, elapsed)
        if self._reported == "moved" and time - self._since > self.ADOPT_SECONDS:
            self._reset(luma)
            yield self._report("", time)

    def _reset(self, luma: Luma) -> None:
        self._scene, self._freeze, self._frames = ReferenceScene(luma), FreezeDetector(), 0
        self._freeze.update(luma)

    def _classify(self, comparison: SceneComparison, *, cobweb: bool) -> str:
        """The state that this frame alone suggests; "" is normal."""
        self._reason = ""
        if (
            comparison.kept < self._MIN_KEPT
            and comparison.contrast >= self._MIN_CONTRAST
            and comparison.blank < (1 - comparison.kept) / 2
        ):
            return "moved"
        if comparison.kept < self._MIN_KEPT or (comparison.sharp < self._MIN_SHARPNESS and comparison.textured > 0):
            self._reason = "blank" if comparison.kept < self._MIN_KEPT else "blurred"
            return "covered"
        if comparison.blank >= self._MIN_BLANK_SHARE and comparison.textured >= self._MIN_TEXTURED_SHARE:
            self._reason = "part"
            return "covered"
        if self._freeze.is_suspected:
            return "frozen"
        self._reason = "thread" if cobweb else ""
        return "dirty" if cobweb else ""

    def _confirm(self, state: str, time: float, elapsed: float) -> Iterator[TamperEvent]:
        if state != self._suspected:
            began = time - elapsed if state == "frozen" else time  # of two copies, the first one
            self._suspected, self._since, self._count = state, began, 0
        self._count += 1
        certain = self._count >= self.MIN_FRAMES and (state != "frozen" or self._freeze.is_certain)
        if state != self._reported and certain and time - self._since >= self._confirm_seconds(state):
            if self._reported:
                yield self._report("", time)
            if state:
                yield self._report(state, time)

    def _confirm_seconds(self, state: str) -> float:
        if self._reason == "part":
            return self.PARTIAL_SECONDS
        return {"": self.RESTORE_SECONDS, "frozen": self.FROZEN_SECONDS}.get(state, self.CONFIRM_SECONDS)

    def _report(self, state: str, time: float) -> TamperEvent:
        previous, self._reported, self._since = self._reported, state, time
        self._suspected = state
        if not state:
            return TamperEvent("camera.restored", {"was": previous})
        return TamperEvent(f"camera.{state}", {"how": self._reason} if self._reason else {})
