"""The motions in a whole file, as `anju try motion` shows them."""

from __future__ import annotations

from gateway.vision.motion.gate import Motion, PixelGate, Sensitivity
from gateway.vision.stream.picture import looks


def motions(file: str, sensitivity: Sensitivity | None = None) -> list[Motion]:
    """Raises BadInput when the file can't be read."""
    gate = PixelGate(sensitivity)
    changes = [gate.see(frame.luma(gate.WIDTH), frame.time) for frame in looks(file, gate.LOOK)]
    return [motion for motion in (*changes, gate.finish()) if motion and motion.end is not None]
