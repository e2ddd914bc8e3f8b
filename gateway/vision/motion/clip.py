"""The motions in a whole file, as `anju try motion` shows them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from math import inf

from gateway.vision.motion.gate import Motion, PixelGate, Sensitivity
from gateway.vision.stream.decoder import Decoder, Frame
from gateway.vision.stream.pyav import PyAvSource

_SLACK = 1e-3
"""Stamps are rounded; without it every fifth frame would become every sixth."""


def motions(file: str, sensitivity: Sensitivity | None = None) -> list[Motion]:
    """Raises LinkLost when the file can't be read."""
    gate = PixelGate(sensitivity)
    changes = [gate.see(frame.luma(gate.WIDTH), frame.time) for frame in _looks(file, gate.LOOK)]
    return [motion for motion in (*changes, gate.finish()) if motion and motion.end is not None]


def _looks(file: str, every: float) -> Iterator[Frame]:
    due = -inf
    with closing(PyAvSource(file)) as source:
        decoder = Decoder(source.coding)
        for packet in source.packets():
            for frame in decoder.decode(packet):
                if frame.time >= due:
                    due = frame.time + every - _SLACK
                    yield frame
