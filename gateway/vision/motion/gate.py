"""The pixels' gate alone, for a thread that decodes everything; gives way to `gates.Gates`."""

from __future__ import annotations

from gateway.vision.motion.luma import Luma
from gateway.vision.motion.pixels import Pixels, Sensitivity
from gateway.vision.motion.stretch import Motion

__all__ = ["Motion", "PixelGate", "Sensitivity"]


class PixelGate:
    LOOK = Pixels.LOOK
    WIDTH = 192

    def __init__(self, sensitivity: Sensitivity | None = None) -> None:
        self._pixels = Pixels(sensitivity)
        self.motion: Motion | None = None

    def see(self, luma: Luma, time: float) -> Motion | None:
        """The motion that began (`end` is None) or ended with this look."""
        return self._last([told.motion for told in self._pixels.see(luma, time)])

    def finish(self) -> Motion | None:
        return self._last([told.motion for told in self._pixels.finish()])

    def _last(self, told: list[Motion]) -> Motion | None:
        if told:
            self.motion = told[-1] if told[-1].end is None else None
        return told[-1] if told else None
